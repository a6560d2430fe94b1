"""Answers that have no body: they say no length, and the connection goes on."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from modelyard.resources.routes import ReplicaRoute
from modelyard.serving import frames


@contextlib.contextmanager
def worker(path: str, status: int) -> Iterator[None]:
    """Be a worker that answers every request with a status and nothing else."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(path)
        listener.listen()

        def serve() -> None:
            sock, _ = listener.accept()
            decoder = frames.Decoder()
            with sock:
                sock.sendall(frames.encode(frames.Frame(frames.HELLO, frames.VERSION, 1)))
                while data := sock.recv(1 << 16):
                    for request in decoder.feed(data):
                        sock.sendall(frames.encode(frames.Frame(frames.ANSWER, request.id, status)))

        thread = threading.Thread(target=serve)
        thread.start()
        yield
    thread.join()


@pytest.mark.parametrize(("status", "length"), [(204, None), (304, None), (205, "0"), (200, "0")])
def test_only_an_answer_that_may_have_a_body_says_its_length(yard: Any, status: int, length: str | None) -> None:
    path = str(yard.settings.sockets / "w")
    with worker(path, status):
        yard.route(ReplicaRoute(id="r", sockets=[path], headers={}))
        gateway = yard.gateway()
        wire = gateway.wire()
        for _ in range(3):
            reply = wire.send(gateway.request()).reply()
            assert (reply.status, reply.headers.get("content-length")) == (status, length)
        gateway.process.terminate()
        gateway.process.wait()
