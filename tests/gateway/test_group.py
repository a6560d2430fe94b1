"""Deployments of several models: a header says which, and a swap of all of them fails nothing."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest

from modelyard.lifecycle import DeploymentState
from modelyard.resources.routes import DeploymentRoute, ReplicaRoute

OCID = "ocid1.datasciencemodeldeployment.oc98.local-1.aaaa"


def member(route: ReplicaRoute, model_id: str) -> ReplicaRoute:
    return msgspec.structs.replace(route, model_id=model_id)


def write(
    yard: Any, names: dict[str, str], *replicas: ReplicaRoute, default: str | None = None, state: str = "ACTIVE"
) -> None:
    route = DeploymentRoute(
        state=DeploymentState(state), replicas=list(replicas), models=names, default_model_id=default
    )
    yard.write_routes({OCID: route})


@pytest.fixture
def names() -> dict[str, str]:
    """What two models are called."""
    return {"red": "m1", "m1": "m1", "blue": "m2", "m2": "m2"}


def test_a_header_says_which_model_answers(yard: Any, names: dict[str, str]) -> None:
    red, blue = member(yard.replica("return 'red'"), "m1"), member(yard.replica("return 'blue'"), "m2")
    write(yard, names, red, blue)
    gateway = yard.gateway()
    for header in ("model-ocid", "inference-key", "model-name", "Model-OCID"):
        assert gateway.predict(headers={header: "red"}).body == b'"red"'
        assert gateway.predict(headers={header: "m2"}).body == b'"blue"'
    assert gateway.predict(headers={"model-ocid": "m1", "model-name": "blue"}).body == b'"red"'
    assert gateway.predict(headers={"model-ocid": "m1"}).headers["x-version"] == "v1"


def test_a_name_that_no_model_has_is_a_404_that_lists_those_there_are(yard: Any, names: dict[str, str]) -> None:
    write(yard, names, member(yard.replica(), "m1"), member(yard.replica(), "m2"))
    gateway = yard.gateway()
    for name in ("green", "RED", "m3", "../red", "r" * 5000, "é"):
        reply = gateway.predict(headers={"inference-key": name})
        assert (reply.status, reply.code) == (404, "NotAuthorizedOrNotFound")
        assert reply.message.endswith("there are blue, m1, m2, red.")
    nameless = gateway.predict()
    assert (nameless.status, nameless.code) == (400, "MissingParameter")
    assert "There are blue, m1, m2, red." in nameless.message
    assert gateway.predict(headers={"model-ocid": ""}).status == 400


def test_a_request_without_a_name_goes_to_the_default(yard: Any, names: dict[str, str]) -> None:
    write(yard, names, member(yard.replica("return 1"), "m1"), member(yard.replica("return 2"), "m2"), default="m2")
    gateway = yard.gateway()
    assert gateway.predict().body == b"2"
    assert gateway.predict(headers={"model-name": "red"}).body == b"1"


def test_a_model_without_a_replica_is_a_503_and_the_others_answer(yard: Any, names: dict[str, str]) -> None:
    write(yard, names, member(yard.replica("return 1"), "m1"), state="UPDATING")
    gateway = yard.gateway()
    assert gateway.predict(headers={"model-ocid": "m1"}).status == 200
    assert gateway.predict(headers={"model-ocid": "m2"}).status == 503
    write(yard, names, state="INACTIVE")
    gateway = yard.gateway()
    assert gateway.predict(headers={"model-ocid": "m1"}).status == 409


def test_a_single_model_takes_no_notice_of_the_headers(yard: Any) -> None:
    yard.route(yard.replica("return 1"))
    assert yard.gateway().predict(headers={"model-ocid": "anything"}).body == b"1"


def test_swaps_of_a_whole_group_under_load_fail_nothing(yard: Any, until: Any) -> None:
    """Each name gets another model each time, while more requests wait than there are workers."""
    slow = "time.sleep(0.005)\nreturn {}"
    made = [member(yard.replica(slow.format(number), workers=1), f"m{number}") for number in range(4)]
    gateway = None
    traffics = []
    order = random.Random(7)
    for _ in range(12):
        kept = order.sample(made, 2)
        names = {name: replica.model_id for name, replica in zip(("red", "blue"), kept, strict=True)}
        write(yard, names, *kept)
        if gateway is None:
            gateway = yard.gateway()
            traffics = [yard.traffic(gateway, 5, headers={"inference-key": name}) for name in ("red", "blue")]
        for traffic in traffics:
            seen = len(traffic.answers)
            until(lambda traffic=traffic, seen=seen: len(traffic.answers) > seen + 20 or traffic.failures)
    for traffic in traffics:
        traffic.stop()
        assert traffic.failures == []
        assert set(traffic.answers) == {b"0", b"1", b"2", b"3"}


def test_what_waits_for_a_name_that_is_gone_is_told_so(yard: Any, until: Any) -> None:
    slow = member(yard.replica("time.sleep(1.0)\nreturn 1", workers=1), "m1")
    other = member(yard.replica("return 2"), "m2")
    write(yard, {"red": "m1"}, slow)
    gateway = yard.gateway()
    wires = [gateway.wire().send(gateway.request(headers={"inference-key": "red"})) for _ in range(3)]
    until(lambda: gateway.predict(headers={"inference-key": "none"}).status == 404)
    write(yard, {"blue": "m2"}, other)
    statuses = sorted(wire.reply().status for wire in wires)
    assert statuses == [200, 404, 404]  # the one that a worker held is answered
