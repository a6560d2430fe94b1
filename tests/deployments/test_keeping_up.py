"""The loop while nobody asks for anything: replicas die, drivers fail, and what serves goes on."""

from __future__ import annotations

import threading

import msgspec

from modelyard.deployments.driver import Phase, Replica


def test_a_replica_that_dies_is_replaced_and_gets_no_traffic_meanwhile(yard) -> None:
    id = yard.deploy(yard.model(), count=2)
    yard.settle()
    dead = yard.of(id)[0].id
    yard.driver.kill(dead)
    yard.look()
    assert dead not in {replica.id for replica in yard.routes().deployments[id].replicas}
    assert len(yard.routed(id)) == 1
    yard.settle()
    assert len(yard.routed(id)) == 2
    assert yard.state(id) == "ACTIVE"


def test_a_deployment_whose_replicas_keep_dying_needs_attention_and_recovers(yard) -> None:
    model = yard.model()
    id = yard.deploy(model)
    yard.settle()
    yard.driver.kinds[model] = "dies"
    yard.driver.kill(yard.of(id)[0].id)
    for _ in range(20):
        yard.look()
        yard.driver.move_on()
        yard.pass_time(1)
    assert yard.state(id) == "NEEDS_ATTENTION"
    assert yard.get(id).lifecycle_details == "The replica died without a word."
    yard.driver.kinds[model] = "good"
    yard.pass_time(30)
    yard.settle()
    assert yard.state(id) == "ACTIVE"
    assert yard.get(id).lifecycle_details is None


def test_replicas_of_no_deployment_are_stopped(yard) -> None:
    id = yard.deploy(yard.model())
    yard.settle()
    request = yard.driver.requests[0]
    yard.driver.start(msgspec.structs.replace(request, id="stray", deployment_id="another"))
    yard.settle()
    assert [replica.deployment_id for replica in yard.driver.replicas.values()] == [id]


def test_a_driver_that_fails_for_one_deployment_does_not_hold_up_the_others(yard) -> None:
    model = yard.model()
    ids = sorted([yard.deploy(model), yard.deploy(model)])
    real = yard.driver.start

    def start(request) -> None:
        if request.deployment_id == ids[0]:
            raise OSError(28, "No space left on device")
        real(request)

    yard.driver.start = start
    for _ in range(5):
        yard.look()
        yard.driver.move_on()
        yard.pass_time(1)
    assert [yard.state(id) for id in ids] == ["CREATING", "ACTIVE"]
    yard.driver.start = real
    yard.settle()
    assert [yard.state(id) for id in ids] == ["ACTIVE", "ACTIVE"]


# ── the loop ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_loop_wakes_up_for_news_and_stops_when_told(yard) -> None:
    active = threading.Event()
    real = yard.driver.list

    def look() -> list[Replica]:
        yard.driver.move_on()
        if any(replica.phase is Phase.READY for replica in real()):
            active.set()
        return real()

    yard.driver.list = look
    thread = threading.Thread(target=yard.reconciler.run)
    thread.start()
    try:
        yard.deploy(yard.model())
        assert active.wait(20)
    finally:
        yard.reconciler.stop()
        thread.join(20)
    assert not thread.is_alive()


def test_the_loop_outlives_whatever_goes_wrong_in_a_look(yard) -> None:
    looked = threading.Event()
    real = yard.driver.list
    failures = [OSError("once"), RuntimeError("twice")]

    def look() -> list[Replica]:
        if failures:
            yard.news.set()
            raise failures.pop()
        looked.set()
        return real()

    yard.driver.list = look
    thread = threading.Thread(target=yard.reconciler.run)
    thread.start()
    try:
        assert looked.wait(20)
    finally:
        yard.reconciler.stop()
        thread.join(20)
