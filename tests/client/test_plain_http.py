"""Many bytes over plain HTTP: the same answers, faults and repeats as any request, and the shortest way."""

from __future__ import annotations

import dataclasses
import json
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelyard import errors
from modelyard.client.transport import Request, Transport

PIECE = os.urandom(300_000)


def sending(count: int) -> Request:
    return Request(
        method="PUT",
        path="/segment",
        stream=lambda: iter([PIECE] * count),
        length=count * len(PIECE),
        is_idempotent=True,
        is_bulk=True,
    )


def fetching(path: str = "/") -> Request:
    return Request(method="GET", path=path, is_bulk=True)


def test_what_is_sent_arrives_signed_and_whole(script: Any, make_transport: Any) -> None:
    make_transport(script.endpoint).send(sending(5))
    (seen,) = script.seen
    assert seen.body == PIECE * 5
    assert seen.headers["host"] == script.endpoint.removeprefix("http://")
    assert seen.headers["authorization"].startswith("Signature ")


def test_an_answer_of_many_pieces_is_whole(script: Any, make_transport: Any, say: Any) -> None:
    script.answers = [say(206, PIECE * 9)]
    with make_transport(script.endpoint).stream(fetching()) as response:
        assert b"".join(bytes(piece) for piece in response.iter_raw()) == PIECE * 9


def test_a_connection_is_kept_until_an_answer_is_not_read(script: Any, make_transport: Any, say: Any) -> None:
    script.answers = [say(204), say(206, PIECE), say(206, PIECE * 20)]
    transport = make_transport(script.endpoint)
    transport.send(sending(1))
    transport.send(fetching())
    with transport.stream(fetching()):
        pass
    transport.send(sending(1))
    first, second, third, fourth = (seen.peer for seen in script.seen)
    assert first == second == third != fourth


def test_a_kept_connection_that_was_closed_is_not_used(script: Any, make_transport: Any, say: Any) -> None:
    script.answers = [say(204, headers={"connection": "close"}), say(204)]
    transport = make_transport(script.endpoint, attempts=1)
    for _ in range(3):
        transport.send(Request(method="POST", path="/", is_bulk=True))
    assert len(script.seen) == 3


def test_a_fault_is_the_same_exception_as_ever(script: Any, make_transport: Any, say: Any) -> None:
    script.answers = [say(409, json.dumps({"code": "IncorrectState", "message": "it has one"}).encode())]
    with pytest.raises(errors.IncorrectState, match="it has one"):
        make_transport(script.endpoint).send(sending(2))


def test_what_breaks_is_sent_again(script: Any, make_transport: Any, say: Any, hang_up: Any) -> None:
    script.answers = [hang_up, say(503), say(204)]
    make_transport(script.endpoint).send(sending(3))
    assert [seen.body for seen in script.seen] == [PIECE * 3] * 3


def test_an_answer_that_ends_too_early_is_said(script: Any, make_transport: Any, say: Any) -> None:
    script.answers = [say(206, PIECE * 4, cut=700_000)]
    with (
        pytest.raises(errors.ServiceUnreachable, match="too early"),
        make_transport(script.endpoint).stream(fetching()) as response,
    ):
        list(response.iter_raw())


def test_what_the_source_raises_is_raised(script: Any, make_transport: Any) -> None:
    def blocks() -> Iterator[bytes]:
        yield PIECE
        raise FileNotFoundError("gone")

    request = dataclasses.replace(sending(3), stream=blocks)
    with pytest.raises(FileNotFoundError, match="gone"):
        make_transport(script.endpoint).send(request)


# ── the service's own socket ─────────────────────────────────────────────────────────────────────────────────────────


def refuse(listener: socket.socket) -> None:
    """Answer the first request when its head was read, and read no more."""
    connection, _ = listener.accept()
    with connection:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 413 no\r\ncontent-length: 2\r\n\r\n{}")


def at(transport: Transport, path: Path) -> Transport:
    transport.profile = dataclasses.replace(transport.profile, service_socket=path)
    return transport


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Path]:
    """A Unix socket with somebody who takes no large requests."""
    path = Path(os.path.relpath(tmp_path / "s"))  # the whole path may be too long for a socket
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=refuse, args=(listener,))
        thread.start()
        yield path
        thread.join(timeout=20)


def test_an_answer_before_all_was_sent_is_read(script: Any, make_transport: Any, here: Path) -> None:
    with pytest.raises(errors.PayloadTooLarge):
        at(make_transport(script.endpoint), here).send(sending(50))
    assert script.seen == []


def test_where_nobody_listens_the_request_goes_to_the_endpoint(
    script: Any, make_transport: Any, tmp_path: Path
) -> None:
    at(make_transport(script.endpoint), tmp_path / "nobody").send(sending(1))
    assert len(script.seen) == 1
