"""Waiting for work requests."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modelyard.client.data_science import DataScienceClient
from modelyard.client.waiters import wait_for_work_request
from modelyard.errors import WaitTimeout, WorkRequestFailed


def work_request(status: str, percent: float = 50) -> bytes:
    return json.dumps(
        {
            "id": "w",
            "operationType": "MODEL_DEPLOYMENT_CREATE",
            "status": status,
            "compartmentId": "c",
            "percentComplete": percent,
            "resources": [],
            "timeAccepted": "2026-01-01T00:00:00Z",
        }
    ).encode()


def rows(*messages: str) -> bytes:
    return json.dumps(
        [{"code": "X", "message": text, "timestamp": "2026-01-01T00:00:00Z"} for text in messages]
    ).encode()


class Time:
    """A clock that moves when somebody pauses."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def client(script: Any, make_transport: Any) -> DataScienceClient:
    transport = make_transport(script.endpoint)
    return DataScienceClient(transport.profile, transport=transport)


def test_it_is_asked_often_at_first_and_then_every_second(script: Any, say: Any, client: DataScienceClient) -> None:
    script.answers = [*[say(200, work_request("IN_PROGRESS"))] * 60, say(200, work_request("SUCCEEDED", 100))]
    time = Time()
    done = wait_for_work_request(client, "w", poll_interval=10, clock=time.clock, sleep=time.sleep)
    assert done.percent_complete == 100
    assert time.pauses[0] <= 0.05
    assert time.pauses == sorted(time.pauses)
    assert time.pauses[-1] == 1.0
    for place, pause in enumerate(time.pauses):  # the end is heard of soon, however short the work is
        assert pause <= max(0.02, 0.1 * sum(time.pauses[:place])) + 1e-9


def test_a_failure_says_what_the_service_says(script: Any, say: Any, client: DataScienceClient) -> None:
    script.answers = [say(200, work_request("FAILED")), say(200, rows("Traceback …\nKeyError: 'x'"))]
    with pytest.raises(WorkRequestFailed, match="KeyError: 'x'"):
        wait_for_work_request(client, "w")


def test_a_cancelled_one_is_a_failure(script: Any, say: Any, client: DataScienceClient) -> None:
    script.answers = [say(200, work_request("CANCELED"))]
    with pytest.raises(WorkRequestFailed, match="cancelled"):
        wait_for_work_request(client, "w")


def test_each_line_of_the_log_is_told_once(script: Any, say: Any, client: DataScienceClient) -> None:
    script.answers = [
        say(200, rows("one")),
        say(200, work_request("IN_PROGRESS", 10)),
        say(200, rows("one")),  # the last line comes between this and the next
        say(200, work_request("SUCCEEDED", 100)),
        say(200, rows("one", "two")),
    ]
    told: list[tuple[str, float]] = []
    wait_for_work_request(
        client, "w", watcher=lambda message, percent: told.append((message, percent)), sleep=lambda _: None
    )
    assert told == [("one", 10), ("two", 100)]


def test_waiting_ends_in_time_and_says_how_to_go_on(script: Any, say: Any, client: DataScienceClient) -> None:
    script.answers = [say(200, work_request("IN_PROGRESS"))]
    time = Time()
    with pytest.raises(WaitTimeout, match=r"goes on.*work request w"):
        wait_for_work_request(client, "w", max_wait_time=3, clock=time.clock, sleep=time.sleep)
    assert time.now == pytest.approx(3)


def test_no_time_at_all_looks_once(script: Any, say: Any, client: DataScienceClient) -> None:
    script.answers = [say(200, work_request("IN_PROGRESS"))]
    with pytest.raises(WaitTimeout):
        wait_for_work_request(client, "w", max_wait_time=0)
    assert len(script.seen) == 1
