"""Heads of answers: what a worker says, and nothing where it says nothing."""

from __future__ import annotations

import asyncio

from modelyard.gateway.answers import head_until_length
from modelyard.gateway.endpoint import Endpoint
from modelyard.gateway.workers import WorkerConnection


def test_an_answer_without_a_content_type_gets_none() -> None:
    assert head_until_length(status=204, content_type=b"", headers={"a": "b"}) == (
        b"HTTP/1.1 204 No Content\r\na: b\r\n"
    )
    assert b"content-type: x/y\r\n" in head_until_length(status=599, content_type=b"x/y", headers={})


def test_content_types_that_differ_each_time_are_not_all_kept() -> None:
    async def heads() -> WorkerConnection:
        connection = WorkerConnection(Endpoint(), {}, replica_id="r")
        for number in range(1000):
            assert b"boundary=%d\r\n" % number in connection.head(200, b"multipart/mixed; boundary=%d" % number)
        return connection

    assert len(asyncio.run(heads())._heads) <= 100
