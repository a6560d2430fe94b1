"""Tunnels at awkward moments: an end that never reads, a client that goes while the host answers."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from modelyard.gateway.connect import Connect
from modelyard.gateway.door import Door
from modelyard.gateway.exchange import Request
from modelyard.gateway.tunnel import CLOSE_TIMEOUT, Tunnel
from modelyard.settings import Settings


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(Settings(home=tmp_path))


async def until(condition: Callable[[], object]) -> None:
    """Let the loop turn until a condition holds."""

    async def turn() -> None:
        for _ in iter(lambda: bool(condition()), True):
            await asyncio.sleep(0)

    await asyncio.wait_for(turn(), 20)


def unread(tunnel: Tunnel) -> int:
    """Return how much the gateway still has for the host."""
    assert tunnel.host.transport is not None
    return tunnel.host.transport.get_write_buffer_size()


async def read_until(host: socket.socket, condition: Callable[[], object]) -> None:
    """Be a host that reads for a while."""
    host.setblocking(False)

    def read() -> object:
        with contextlib.suppress(BlockingIOError):
            host.recv(100_000)
        return condition()

    await until(read)


def test_an_end_that_reads_no_more_is_cut_off_in_the_end(door: Door) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        tunnel = Tunnel(door)
        near, client = socket.socketpair()
        far, host = socket.socketpair()
        with client, host:
            await loop.create_connection(lambda: tunnel.host, sock=far)
            await loop.create_connection(lambda: tunnel.client, sock=near)
            assert tunnel.host.transport is not None
            tunnel.host.transport.write(b"x" * 10_000_000)
            tunnel.close()
            await until(lambda: tunnel.client.is_lost)
            later = door.now
            for left in (8_000_000, 6_000_000, 4_000_000):  # as long as it reads at all
                later += CLOSE_TIMEOUT + 1
                await read_until(host, lambda left=left: unread(tunnel) < left)
                tunnel.sweep(later)
            tunnel.sweep(later + CLOSE_TIMEOUT / 2)
            for _ in range(10):
                await asyncio.sleep(0)
            assert (tunnel.host.is_lost, tunnel in door.connections) == (False, True)
            tunnel.sweep(later + CLOSE_TIMEOUT + 1)
            await until(lambda: tunnel.host.is_lost)
            assert tunnel not in door.connections

    asyncio.run(run())


def test_an_end_that_reads_gets_all_that_was_sent_before_the_close(door: Door) -> None:
    async def run() -> int:
        loop = asyncio.get_running_loop()
        tunnel = Tunnel(door)
        far, host = socket.socketpair()
        await loop.create_connection(lambda: tunnel.host, sock=far)
        assert tunnel.host.transport is not None
        tunnel.host.transport.write(b"x" * 3_000_000)
        tunnel.close()
        reader, writer = await asyncio.open_connection(sock=host)
        read = len(await reader.read())
        writer.close()
        assert tunnel not in door.connections
        return read

    assert asyncio.run(run()) == 3_000_000


class Gone:
    """A client's connection, of which only the address is left."""

    peer = "127.0.0.1"

    def __init__(self) -> None:
        self.told: list[str] = []

    def write(self, data: bytes) -> None:
        self.told.append("write")

    def finish(self, *, close: bool) -> None:
        self.told.append("finish")

    def hand_over(self, protocol: asyncio.Protocol) -> None:
        self.told.append("hand over")


class Meeting(asyncio.SelectorEventLoop):
    """A loop in which something happens at the very moment in which a connection is there."""

    then: Callable[[], None]

    async def create_connection(self, *arguments: Any, **options: Any) -> Any:
        made = await super().create_connection(*arguments, **options)
        self.then()
        return made


def run_in(loop: asyncio.AbstractEventLoop, main: Coroutine[Any, Any, None]) -> None:
    with contextlib.closing(loop):
        loop.run_until_complete(main)


def test_a_client_that_goes_just_when_the_host_answers_leaves_no_connection(door: Door) -> None:
    loop = Meeting()

    async def run(port: int) -> None:
        client = Gone()
        target = f"127.0.0.1:{port}".encode()
        request = Request(b"CONNECT", target, [], {}, False, None, False, True)
        connect = Connect(request, client, door=door, within=asyncio.Protocol)
        loop.then = connect.abandon
        connect.begin()
        await until(lambda: door.connections)
        (tunnel,) = door.connections
        await until(lambda: not door.connections)
        assert tunnel.host.is_lost
        assert client.told == []

    with socket.create_server(("127.0.0.1", 0)) as listener:
        run_in(loop, run(listener.getsockname()[1]))
