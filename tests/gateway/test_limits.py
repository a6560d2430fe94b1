"""Clients that would hold up more than themselves, and a machine that has run out of descriptors."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import socket
from collections.abc import Callable, Coroutine, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from modelyard.errors import TooManyRequests, WireError
from modelyard.gateway.door import Door
from modelyard.gateway.endpoint import LONGEST_QUEUE, Endpoint, Worker
from modelyard.gateway.protocol import HEAD_TIMEOUT, WRITE_TIMEOUT, ClientConnection
from modelyard.gateway.routes import RoutesFile
from modelyard.gateway.workers import WorkerLink
from modelyard.serving import frames
from modelyard.settings import Settings

OCID = b"ocid1.datasciencemodeldeployment.oc98.local-1.aaaa"
UNSIGNED = b"POST /" + OCID + b"/predict HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n"


@pytest.fixture
def door(tmp_path: Path) -> Door:
    """What one gateway process shares, in a home without anything."""
    return Door(Settings(home=tmp_path))


@contextlib.contextmanager
def no_descriptor_left() -> Iterator[None]:
    """Have used up what descriptors there are."""
    free = os.dup(0)
    os.close(free)
    before, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before, most))


async def turn(times: int = 20) -> None:
    """Let the loop do what there is to do."""
    for _ in range(times):
        await asyncio.sleep(0)


async def until(condition: Callable[[], object]) -> None:
    """Let the loop turn until a condition holds."""

    async def wait() -> None:
        for _ in iter(lambda: bool(condition()), True):
            await asyncio.sleep(0)

    await asyncio.wait_for(wait(), 20)


def with_client(door: Door, talk: Callable[[ClientConnection, socket.socket], Coroutine[Any, Any, None]]) -> None:
    """Let a client talk to a connection of a gateway, whose clock is the door's."""

    async def run() -> None:
        near, client = socket.socketpair()
        client.setblocking(False)
        connection = ClientConnection(door)
        await asyncio.get_running_loop().connect_accepted_socket(lambda: connection, near)
        with client:
            await talk(connection, client)
        await until(lambda: not door.connections)

    asyncio.run(run())


# ── clients that do not read ─────────────────────────────────────────────────────────────────────────────────────────


def test_answers_that_nobody_reads_are_not_made_ahead(yard: Any) -> None:
    yard.route(yard.replica("return 'x' * 1_000_000"))
    gateway = yard.gateway()
    other = gateway.wire()
    assert other.send(gateway.request()).reply().status == 200
    before = gateway.memory
    wire = gateway.wire().send(gateway.request() * 200)
    for _ in range(200):
        assert other.send(gateway.request()).reply().status == 200
    assert gateway.memory - before < 50_000_000
    assert [len(wire.reply().body) for _ in range(200)] == [1_000_002] * 200


def test_thousands_of_pipelined_refusals_are_told_one_by_one(yard: Any) -> None:
    yard.route()
    gateway = yard.gateway()
    wire = gateway.wire().send(b"GET /20190101/models HTTP/1.1\r\nhost: x\r\n\r\n" + UNSIGNED * 2000)
    assert wire.reply().status == 503
    assert {wire.reply().status for _ in range(2000)} == {401}


def test_a_piece_may_end_one_head_and_begin_another(door: Door) -> None:
    async def talk(connection: ClientConnection, client: socket.socket) -> None:
        said = b""
        for piece in (UNSIGNED[:50], UNSIGNED[50:] + UNSIGNED * 1000 + UNSIGNED[:50], UNSIGNED[50:]):
            connection.data_received(piece)
            await turn()
        while said.count(b"HTTP/1.1 401 ") < 1002:
            with contextlib.suppress(BlockingIOError):
                said += client.recv(1_000_000)
            assert b"HTTP/1.1 400 " not in said
            await turn(1)

    with_client(door, talk)


def test_a_client_that_stops_reading_is_cut_off_in_the_end(door: Door) -> None:
    async def talk(connection: ClientConnection, client: socket.socket) -> None:
        connection.write(b"x" * 20_000_000)
        for _ in range(10):  # it reads, slowly
            door.now += WRITE_TIMEOUT - 1
            connection.sweep(door.now)
            await turn()
            assert connection in door.connections
            client.recv(1_000_000)
            await turn()
        door.now += WRITE_TIMEOUT
        connection.sweep(door.now)
        door.now += WRITE_TIMEOUT + 1
        connection.sweep(door.now)
        await until(lambda: connection not in door.connections)

    with_client(door, talk)


def test_the_last_answer_reaches_a_slow_client_that_still_sends(door: Door) -> None:
    async def talk(connection: ClientConnection, client: socket.socket) -> None:
        client.send(b"GET / HTTP/1.1\r\n")
        await until(lambda: connection.busy)
        connection.write(b"x" * 5_000_000)
        connection.finish(close=True)
        got = 0
        while got < 5_000_000:
            door.now += 3.0
            connection.sweep(door.now)
            with contextlib.suppress(BlockingIOError):
                got += len(client.recv(200_000))
            await turn()

    with_client(door, talk)


# ── clients that send slowly, or for ever ────────────────────────────────────────────────────────────────────────────


def test_a_head_that_trickles_is_cut_off(door: Door) -> None:
    async def talk(connection: ClientConnection, client: socket.socket) -> None:
        client.send(b"GET / HTTP/1.1\r\nx: ")
        await until(lambda: connection.busy)
        began = door.now
        while connection in door.connections:
            with contextlib.suppress(BrokenPipeError):
                client.send(b"x")
            await turn()
            door.now += 5
            assert door.now < began + HEAD_TIMEOUT + 20
            connection.sweep(door.now)
            await turn()

    with_client(door, talk)


@pytest.mark.parametrize("endless", [b"0\r\nx: " + b"y" * 2_000_000, b"0\r\n" + b"x: y\r\n" * 300_000])
def test_trailers_without_an_end_are_refused(yard: Any, endless: bytes) -> None:
    yard.route()
    head = b"POST /" + OCID + b"/predict HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
    wire = yard.gateway().wire()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        wire.send(head + b"2\r\n[]\r\n" + endless)
    assert wire.reply().status == 400


def test_trailers_with_an_end_are_left_out(yard: Any) -> None:
    yard.route(yard.replica())
    gateway = yard.gateway(MODELYARD_VERIFY_SIGNATURES="0")
    head = b"POST /" + OCID + b"/predict HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
    body = b"1;a=b\r\n[\r\n1\r\n1\r\n" + b"1\r\n \r\n" * 50_000 + b"1\r\n]\r\n0\r\nx: y\r\nhost: z\r\n\r\n"
    wire = gateway.wire()
    for _ in range(2):
        assert wire.send(head + body).reply().body == b"[1]"


# ── calls that nobody waits for ──────────────────────────────────────────────────────────────────────────────────────


class Call:
    """A call that only keeps what it is told."""

    fields: Mapping[str, str] = {}
    content_type = body = b""
    deadline_ms = 0

    def __init__(self) -> None:
        self.over = self.given = False

    def answer(self, frame: frames.Frame, worker: Worker) -> None:
        raise AssertionError("there is no worker")

    def fail(self, error: WireError) -> None:
        self.over = True


def test_calls_that_nobody_waits_for_take_no_place_in_a_queue() -> None:
    endpoint = Endpoint()
    calls = [Call() for _ in range(LONGEST_QUEUE)]
    for call in calls:
        endpoint.submit(call)
    with pytest.raises(TooManyRequests):
        endpoint.submit(Call())
    calls[5].over = True
    endpoint.submit(Call())
    assert endpoint.waiting == LONGEST_QUEUE
    with pytest.raises(TooManyRequests):
        endpoint.submit(Call())


# ── bodies ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "framing", [b"content-length: 9000000\r\n\r\n", b"transfer-encoding: chunked\r\n\r\n895440\r\n"]
)
def test_all_bodies_together_have_a_limit(door: Door, framing: bytes) -> None:
    door.predictions.most_held = 1_000_000
    head = b"POST /" + OCID + b"/predict HTTP/1.1\r\nhost: x\r\n" + framing

    async def talk(connection: ClientConnection, client: socket.socket) -> None:
        other = Wall()
        waiting = ClientConnection(door)
        waiting.connection_made(other)
        waiting.data_received(head)
        for _ in range(6):
            waiting.data_received(b"x" * 100_000)
        client.send(head)
        await until(lambda: connection.busy)
        said = b""
        for _ in range(7):
            connection.data_received(b"x" * 100_000)
            await turn()
        with contextlib.suppress(BlockingIOError):
            said = client.recv(1000)
        assert said.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 1\r\n" in said
        assert door.predictions.held == 500_000  # of the other, which goes on
        assert other.written == b""
        waiting.connection_lost(None)
        assert door.predictions.held == 0
        client.close()

    with_client(door, talk)


class Wall(asyncio.Transport):
    """A transport whose other end says nothing."""

    written = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)


# ── no descriptor left ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_request_that_no_descriptor_is_left_for_is_answered(door: Door) -> None:
    async def talk(connection: ClientConnection, client: socket.socket) -> None:
        said = b""
        with no_descriptor_left():
            client.send(b"GET /20190101/models HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            await until(lambda: connection not in door.connections)
            said = client.recv(1000)
        assert said.startswith(b"HTTP/1.1 503 ")

    with_client(door, talk)


def test_a_worker_is_found_when_there_are_descriptors_again() -> None:
    async def run() -> None:
        endpoint = Endpoint()
        hello = frames.encode(frames.Frame(frames.HELLO, frames.VERSION, 1))
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            path = f"\0modelyard-test-{os.getpid()}"
            listener.bind(path)
            listener.listen()
            listener.setblocking(False)
            with no_descriptor_left():
                link = WorkerLink(endpoint, path, {}, replica_id="r")
                await turn()
            accepted, _ = await asyncio.wait_for(asyncio.get_running_loop().sock_accept(listener), 20)
            with accepted:
                accepted.send(hello)
                await until(lambda: endpoint.connected == 1)
                link.retire()
                await until(lambda: endpoint.connected == 0)

    asyncio.run(run())


def test_routes_that_could_not_be_read_are_read_at_the_next_look(tmp_path: Path) -> None:
    path = tmp_path / "routes.json"
    path.write_bytes(b"{}")
    routes = RoutesFile(path)
    with no_descriptor_left():
        assert not routes.refresh()
    assert routes.refresh()
    assert not routes.refresh()
