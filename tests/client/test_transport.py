"""Signed requests over HTTP, repeated where that is safe."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard import errors
from modelyard.client.data_science import DataScienceClient
from modelyard.client.retries import NEVER, RetryPolicy
from modelyard.client.transport import Request
from modelyard.resources.project import CreateProjectDetails
from modelyard.wire.signing import Verifier

FAULT = {"content-type": "application/json"}


def fault(code: str, message: str = "no") -> bytes:
    return json.dumps({"code": code, "message": message}).encode()


def test_every_request_is_signed_and_numbered(script: Any, make_transport: Any, key: Any, say: Any) -> None:
    transport = make_transport(script.endpoint)
    transport.send(Request(method="GET", path="/20190101/models", query={"compartmentId": "a b&c"}))
    transport.send(Request(method="POST", path="/20190101/models", body=b'{"x": 1}'))
    verifier = Verifier({"ocid1.tenancy.oc98..t/ocid1.user.oc98..u/aa:bb": key.public_pem})
    for seen in script.seen:
        verifier.check(method=seen.method, target=seen.target, headers=seen.headers, body=seen.body, now=time.time())
        assert len(seen.headers["opc-request-id"]) == 32


def test_a_connection_is_kept(script: Any, make_transport: Any) -> None:
    transport = make_transport(script.endpoint)
    for _ in range(5):
        transport.send(Request(method="GET", path="/"))
    assert len({seen.peer for seen in script.seen}) == 1


def test_a_busy_service_is_asked_again_after_as_long_as_it_says(script: Any, make_transport: Any, say: Any) -> None:
    script.answers = [
        say(503, fault("ServiceUnavailable"), {"retry-after": "2"}),
        say(429, fault("TooManyRequests")),
        say(200),
    ]
    pauses: list[float] = []
    answer = make_transport(script.endpoint, pauses=pauses).send(Request(method="POST", path="/", body=b"{}"))
    assert answer.status == 200
    assert pauses[0] >= 2
    assert len(script.seen) == 3


def test_a_service_that_is_being_started_again_is_waited_for(script: Any, make_transport: Any, say: Any) -> None:
    script.answers = [*[say(503, fault("ServiceUnavailable"), {"retry-after": "1"})] * 15, say(200)]
    pauses: list[float] = []
    answer = make_transport(script.endpoint, pauses=pauses).send(Request(method="POST", path="/", body=b"{}"))
    assert answer.status == 200
    assert len(script.seen) == 16
    assert all(1 <= pause <= 1.25 for pause in pauses)


def test_a_service_that_stays_away_is_given_up_after_half_a_minute(script: Any, make_transport: Any, say: Any) -> None:
    script.answers = [say(503, fault("ServiceUnavailable"), {"retry-after": "1"})]
    pauses: list[float] = []
    with pytest.raises(errors.ServiceUnavailable):
        make_transport(script.endpoint, pauses=pauses).send(Request(method="POST", path="/", body=b"{}"))
    assert 30 <= sum(pauses) < 31.25


def test_who_does_not_say_when_to_come_back_is_asked_a_few_times(script: Any, make_transport: Any, say: Any) -> None:
    script.answers = [say(503, fault("ServiceUnavailable"))]
    with pytest.raises(errors.ServiceUnavailable):
        make_transport(script.endpoint, attempts=4).send(Request(method="POST", path="/", body=b"{}"))
    assert len(script.seen) == 4


@pytest.mark.parametrize("status", [400, 401, 404, 409, 412, 500, 504])
def test_other_faults_are_raised_at_once(script: Any, make_transport: Any, say: Any, status: int) -> None:
    script.answers = [say(status, fault("X", "because"))]
    with pytest.raises(errors.WireError, match="because"):
        make_transport(script.endpoint).send(Request(method="GET", path="/"))
    assert len(script.seen) == 1


def test_a_fault_comes_back_as_the_class_that_the_service_raised(script: Any, make_transport: Any, say: Any) -> None:
    script.answers = [say(412, fault("NoEtagMatch", "changed"), {"opc-request-id": "R1"})]
    with pytest.raises(errors.EtagMismatch, match="changed") as caught:
        make_transport(script.endpoint).send(Request(method="GET", path="/"))
    assert caught.value.request_id == "R1"


def test_an_answer_that_is_no_fault_is_still_an_error(script: Any, make_transport: Any, say: Any) -> None:
    script.answers = [say(502, b"<html>bad gateway")]
    with pytest.raises(errors.InternalServerError, match="bad gateway"):
        make_transport(script.endpoint).send(Request(method="GET", path="/"))


def test_reading_is_repeated_when_the_connection_breaks(
    script: Any, make_transport: Any, say: Any, hang_up: Any
) -> None:
    script.answers = [hang_up, hang_up, say(200, b"ok")]
    assert make_transport(script.endpoint).send(Request(method="GET", path="/")).body == b"ok"


def test_a_create_is_repeated_with_the_token_it_had(script: Any, make_transport: Any, say: Any, hang_up: Any) -> None:
    project = {
        "id": "p",
        "timeCreated": "2026-01-01T00:00:00Z",
        "displayName": "x",
        "compartmentId": "c",
        "createdBy": "u",
        "lifecycleState": "ACTIVE",
    }
    script.answers = [hang_up, say(200, json.dumps(project).encode())]
    transport = make_transport(script.endpoint)
    made = DataScienceClient(transport.profile, transport=transport).create_project(
        CreateProjectDetails(compartment_id="c")
    )
    assert made.id == "p"
    tokens = [seen.headers["opc-retry-token"] for seen in script.seen]
    assert len(tokens) == 2
    assert len(set(tokens)) == 1


def test_a_change_is_not_repeated_when_somebody_may_have_seen_it(
    script: Any, make_transport: Any, hang_up: Any
) -> None:
    script.answers = [hang_up]
    with pytest.raises(errors.ServiceUnreachable):
        make_transport(script.endpoint).send(Request(method="POST", path="/", body=b"{}"))
    assert len(script.seen) == 1


def test_nobody_there_is_an_error_that_says_what_to_run(make_transport: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}"
        pauses: list[float] = []
        with pytest.raises(errors.ServiceUnreachable, match="modelyard up"):
            make_transport(endpoint, attempts=3, pauses=pauses).send(Request(method="POST", path="/", body=b"{}"))
        assert len(pauses) == 2


def test_an_id_cannot_leave_its_place_in_the_path(script: Any, make_transport: Any, say: Any) -> None:
    script.answers = [say(404, fault("NotAuthorizedOrNotFound"))]
    transport = make_transport(script.endpoint)
    with pytest.raises(errors.NotFound):
        DataScienceClient(transport.profile, transport=transport).get_model("../projects?x=1")
    assert script.seen[0].target == "/20190101/models/..%2Fprojects%3Fx%3D1"


def test_an_answer_of_another_version_says_what_it_is(script: Any, make_transport: Any, say: Any) -> None:
    script.answers = [say(200, b'{"id": 7}')]
    transport = make_transport(script.endpoint)
    with pytest.raises(errors.InternalServerError, match="not what this version"):
        DataScienceClient(transport.profile, transport=transport).get_model("m")


@given(
    attempt=st.integers(1, 100),
    chance=st.floats(0, 1),
    waited=st.floats(0, 100),
    retry_after=st.one_of(st.none(), st.text(max_size=5), st.sampled_from(["0", "1", "99999"])),
)
def test_a_pause_is_never_long_and_there_is_an_end(
    attempt: int, chance: float, waited: float, retry_after: str | None
) -> None:
    policy = RetryPolicy(attempts=10)
    pause = policy.pause(attempt=attempt, chance=chance, waited=waited, retry_after=retry_after)
    if attempt < 10:
        assert pause is not None
    if attempt >= 10 and (waited >= policy.patience or retry_after is None):
        assert pause is None
    assert pause is None or 0 < pause <= policy.longest_pause


def test_one_attempt_is_one_attempt() -> None:
    assert NEVER.pause(attempt=1, chance=0, retry_after="1") is None
