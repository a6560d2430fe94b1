"""Run a gateway process on a listening socket: inherited (``--fd``), so that several can share it, or its own."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import signal
import socket
import sys
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from modelyard.allocation import keep_freed_memory
from modelyard.gateway.door import Door
from modelyard.gateway.protocol import ClientConnection
from modelyard.settings import Settings, from_environ

_BACKLOG = 2048


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT, then drain; a second signal ends the process at once."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    keep_freed_memory()
    options = _options(arguments)
    settings = from_environ()
    listener = _listener(options, settings)
    _runner()(_serve(settings, listener))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m modelyard.gateway", description=__doc__)
    parser.add_argument("--fd", type=int, help="the descriptor of a listening socket to serve on")
    parser.add_argument("--host", help="the address to listen on; by default MODELYARD_HOST")
    parser.add_argument("--port", type=int, help="the port to listen on; by default MODELYARD_PORT, else any free one")
    return parser.parse_args(arguments)


def _listener(options: argparse.Namespace, settings: Settings) -> socket.socket:
    if options.fd is not None:
        return socket.socket(fileno=options.fd)
    port = options.port if options.port is not None else settings.port or 0
    return socket.create_server((options.host or settings.host, port), backlog=_BACKLOG, reuse_port=False)


async def _serve(settings: Settings, listener: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, stopped)
    door = Door(settings)
    door.fleet.refresh()
    tasks = [loop.create_task(door.follow_routes()), loop.create_task(door.sweep())]
    tasks.append(loop.create_task(door.predictions.access_log.run()))
    server = await loop.create_server(lambda: ClientConnection(door), sock=listener, backlog=_BACKLOG)
    logging.getLogger(__name__).info("listening address=%s", server.sockets[0].getsockname())
    await stopped.wait()
    server.close()  # this process's copy: others that share the socket go on accepting
    await door.drain()
    for task in tasks:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    door.predictions.access_log.close()


def _stop(stopped: asyncio.Event) -> None:
    if stopped.is_set():
        sys.exit(1)
    stopped.set()


def _runner() -> Callable[[Coroutine[Any, Any, None]], None]:
    """Return uvloop's runner, or asyncio's where there is no uvloop."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run
    return uvloop.run
