"""Parts of the house are killed while predictions run."""

from __future__ import annotations

import os
import signal

import pytest


def pids(house):
    """Return the process ids of the replicas' servers."""
    return sorted(state["pid"] for state in house.replica_states())


def test_predictions_go_on_while_the_service_is_killed_and_what_comes_back_adopts_the_replicas(house, load_on):
    deployment = house.deploy(house.save(factor=2))
    before = pids(house)
    with load_on(deployment, 2) as load:
        for _ in range(3):
            killed = house.kill("service")
            load.wait_for(50)
            wait_for_another(house, "service", killed)
            load.wait_for(50)
    assert load.failures == []
    assert pids(house) == before
    house.swap(deployment, house.save(factor=3))  # and it is in charge of them


def test_a_killed_worker_takes_with_it_what_it_held_and_is_replaced(house, load_on):
    deployment = house.deploy(house.save(factor=2))
    kills = 3
    with load_on(deployment, 2) as load:
        for _ in range(kills):
            (state,) = house.replica_states()
            worker = state["workers"][0]["pid"]
            os.kill(worker, signal.SIGKILL)
            wait_for(house, lambda state, gone=worker: gone not in {one["pid"] for one in state["workers"]})
            load.wait_for(30)
    assert len(load.failures) <= kills  # one request at a time is in a worker's hands
    assert all("status 503" in failure for failure in load.failures)


def test_a_killed_replica_is_replaced_and_the_other_goes_on(house, load_on):
    deployment = house.deploy(house.save(factor=2), instances=2)
    with load_on(deployment, 2) as load:
        victim = pids(house)[0]
        os.kill(victim, signal.SIGKILL)
        wait_for_pids(house, lambda found: victim not in found and len(found) == 2)
        load.wait_for(50)
    assert len(load.failures) <= 2  # what its two workers held, if they went with it


def test_what_comes_up_after_all_but_the_replicas_was_killed_adopts_them(house, load_on):
    deployment = house.deploy(house.save(factor=2))
    before = pids(house)
    status = house.status()
    for pid in (status["pid"], *(process["pid"] for process in status["processes"])):
        os.kill(int(pid), signal.SIGKILL)
    house.up()
    with load_on(deployment, 2) as load:
        load.wait_for(50)
    assert load.failures == []
    assert pids(house) == before


def test_a_killed_supervisor_leaves_everything_serving_and_up_takes_over(house, load_on):
    deployment = house.deploy(house.save(factor=2))
    before = pids(house)
    with load_on(deployment, 2) as load:
        os.kill(int(house.status()["pid"]), signal.SIGKILL)
        load.wait_for(100)
    assert load.failures == []
    house.up()
    with load_on(deployment, 2) as load:
        load.wait_for(50)
    assert load.failures == []
    assert pids(house) == before


@pytest.mark.parametrize("step", ["started", "deployed"])
def test_a_service_killed_in_the_middle_of_a_deployment_finishes_it(house, step):
    model = house.save(factor=2, load="import time; time.sleep(1)")
    import threading

    deployed: list[str] = []
    thread = threading.Thread(target=lambda: deployed.append(house.deploy(model)))
    thread.start()
    if step == "deployed":
        wait_for_pids(house, lambda found: len(found) == 1)
    house.kill("service")
    thread.join()
    with house.client as client:
        assert client.get_model_deployment(deployed[0]).lifecycle_state == "ACTIVE"


def wait_for_another(house, name, pid):
    """Wait until a process is there again under another pid, and answers."""
    from modelyard.errors import ModelyardError

    def answers():
        with house.client as client:
            try:
                list(client.list_model_deployment_shapes(_compartment(house)))
            except ModelyardError:
                return False
        return house.pid_of(name) != pid

    _wait_until(answers, what=f"another {name}")


def wait_for(house, condition):
    """Wait until the only replica's state fulfils a condition."""
    _wait_until(lambda: any(condition(state) for state in house.replica_states()), what="the replica's state")


def wait_for_pids(house, condition):
    """Wait until the replicas' servers fulfil a condition."""
    _wait_until(lambda: condition(pids(house)), what="the replicas")


def _compartment(house):
    from modelyard.server.installation import load

    return load(house.settings).compartment_id


def _wait_until(condition, *, what):
    import threading
    import time

    until = time.monotonic() + 60
    pause = threading.Event()
    while time.monotonic() < until:
        if condition():
            return
        pause.wait(0.02)
    raise AssertionError(f"not within a minute: {what}")
