"""The supervisor: binds the public port, keeps gateway and service running, and stops them in order."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any, TypeAlias

from modelyard.errors import ConfigurationError, StartFailed
from modelyard.server import installation, leftovers, running, socket_folder
from modelyard.server.authority import keep_authority
from modelyard.server.child import TAIL_LINES, Child, Program
from modelyard.server.door import endpoint_of, open_door
from modelyard.server.installation import Installation
from modelyard.server.leftovers import GATEWAY, SERVICE, SERVICE_PATIENCE, Leftover, gateway_patience
from modelyard.server.logs import keep_short, tail
from modelyard.server.probe import answers_at_port, answers_at_socket
from modelyard.server.running import Running
from modelyard.server.whole_file import make_private
from modelyard.settings import Settings, inherited_environ

Ready = Callable[[Installation], None]
Say = Callable[[str], None]
Task: TypeAlias = "asyncio.Future[None]"

_START_PATIENCE = 60.0
_AUTHORITY_INTERVAL = 6 * 3600.0
_DEATHS_THAT_ARE_ENOUGH = 3
_FIRST_PAUSE = 0.01
_LONGEST_PAUSE = 0.5


def run(settings: Settings, *, ready: Ready, say: Say) -> None:
    """Keep gateway and service running until SIGTERM, SIGINT or SIGHUP; replicas go on running.

    Args:
        settings: Says the home, the address and the port.
        ready: Called once, when both answer.
        say: Takes a line about what happens: a process that died, one that was killed.

    Raises:
        AlreadyRunning: Another supervisor runs in this home.
        ConfigurationError: The port is taken, or the home cannot be used.
        StartFailed: Gateway or service did not come up.
    """
    with running.only_one(settings):
        for folder in (settings.run, leftovers.pid_folder(settings), settings.logs):
            make_private(folder)
        with socket_folder.held(settings):
            socket_folder.sweep(settings)
            _run(settings, ready=ready, say=_as_far_as_heard(say))


def _run(settings: Settings, *, ready: Ready, say: Say) -> None:
    old = leftovers.find_processes(settings)
    leftovers.ask_to_stop(old)
    recorded = installation.find(settings)
    with open_door(
        settings,
        recorded=recorded.endpoint if recorded else None,
        patience=settings.drain_timeout if old else 0.0,
    ) as door:
        made = installation.load_or_create(settings, endpoint=endpoint_of(door))
        keep_authority(settings, now=_now())
        asyncio.run(_Supervisor(settings, made, door, say=say).run(old, ready=ready))


class _Supervisor:
    def __init__(self, settings: Settings, made: Installation, door: socket.socket, *, say: Say) -> None:
        self._settings = settings
        self._made = made
        self._door = door
        self._say = say
        self._since = time.time()
        self._signalled = asyncio.Event()
        self._gateways = [Child(_gateway(settings, door), say=say) for _ in range(settings.gateway_processes)]
        self._service = Child(_service(settings), say=say)

    async def run(self, old: Sequence[Leftover], *, ready: Ready) -> None:
        """Start everything, wait for a signal, stop everything."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # else nohup wants it to go on
            loop.add_signal_handler(signal.SIGHUP, self._on_hangup)
        self._tell(running.STARTING)
        gateways = [asyncio.ensure_future(child.keep_running()) for child in self._gateways]
        service = asyncio.ensure_future(self._serve_after(old))
        old_gateways = asyncio.ensure_future(self._see_off_gateways(old))
        authority = asyncio.ensure_future(self._keep_authority())
        logs = asyncio.ensure_future(keep_short([self._service.program.log, self._gateways[0].program.log]))
        try:
            await self._until_done_or_signalled(self._come_up(), *gateways, service)
            if not self._signalled.is_set():
                self._tell(running.READY)
                ready(self._made)
            await self._until_done_or_signalled(self._signalled.wait(), *gateways, service)
        finally:
            self._tell(running.STOPPING)
            old_gateways.cancel()
            authority.cancel()
            logs.cancel()
            await self._stop(gateways, service)

    async def _serve_after(self, old: Sequence[Leftover]) -> None:
        # A gateway that drains may do so beside ours; two services would fight over the deployments.
        for process in old:
            if process.name == SERVICE:
                await leftovers.see_off(process, patience=SERVICE_PATIENCE)
        await self._service.keep_running()

    async def _see_off_gateways(self, old: Sequence[Leftover]) -> None:
        for process in old:
            if process.name == GATEWAY:
                await leftovers.see_off(process, patience=gateway_patience(self._settings))

    async def _keep_authority(self) -> None:
        while True:
            await asyncio.sleep(_AUTHORITY_INTERVAL)
            try:
                keep_authority(self._settings, now=_now())
            except (OSError, ConfigurationError) as error:  # there are weeks left to mend it
                self._say(f"The certificate for TLS cannot be renewed: {error}")

    async def _come_up(self) -> None:
        host, port = self._door.getsockname()[:2]
        deadline = time.monotonic() + _START_PATIENCE
        await self._until_answer(self._service, lambda: answers_at_socket(self._settings.service_socket), deadline)
        await self._until_answer(self._gateways[0], lambda: answers_at_port(host, port), deadline)

    async def _until_answer(self, who: Child, ask: Callable[[], Awaitable[bool]], deadline: float) -> None:
        pause = _FIRST_PAUSE
        while not await ask():
            self._raise_if_hopeless(who, late=time.monotonic() > deadline)
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 1.3)

    def _raise_if_hopeless(self, asked: Child, *, late: bool) -> None:
        for child in (self._service, *self._gateways):
            if len(child.deaths) >= _DEATHS_THAT_ARE_ENOUGH:
                raise StartFailed(
                    f"The {child.program.name} ended {len(child.deaths)} times before it answered. "
                    f"The end of {child.program.log}:\n{child.last_words}"
                )
        if late:
            raise StartFailed(
                f"The {asked.program.name} did not answer within {_START_PATIENCE:.0f} s. "
                f"The end of {asked.program.log}:\n{tail(asked.program.log, lines=TAIL_LINES)}"
            )

    async def _until_done_or_signalled(self, work: Coroutine[object, object, object], *children: Task) -> None:
        waits: list[asyncio.Future[Any]] = [
            asyncio.ensure_future(work),
            asyncio.ensure_future(self._signalled.wait()),
        ]
        done, _ = await asyncio.wait([*waits, *children], return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        for one in done:
            await one  # what went wrong in it is raised here

    async def _stop(self, gateways: Sequence[Task], service: Task) -> None:
        self._door.close()  # who comes now is refused at once, not left waiting for a gateway that takes no more
        for child in self._gateways:
            child.stop(patience=gateway_patience(self._settings))
        await asyncio.wait(gateways)
        self._service.stop(patience=SERVICE_PATIENCE)
        await asyncio.wait([service])

    def _on_signal(self) -> None:
        if self._signalled.is_set():  # asked twice: whoever asks does not want to wait for the last requests
            for child in (self._service, *self._gateways):
                child.kill()
        else:
            self._say("Stopping: requests under way are answered first. A second signal stops at once.")
        self._signalled.set()

    def _on_hangup(self) -> None:
        if not self._signalled.is_set():  # the kernel and the shell may both say it: that is not asking twice
            self._on_signal()

    def _tell(self, state: str) -> None:
        said = Running(pid=os.getpid(), state=state, endpoint=self._made.endpoint, since=self._since)
        try:
            running.tell(self._settings, said)
        except OSError as error:  # a full disk is no reason to stop what runs
            self._say(f"The state of the supervisor cannot be written to {self._settings.run}: {error.strerror}.")


def _as_far_as_heard(say: Say) -> Say:
    """Return what takes a line also where nobody reads it any more: a closed terminal, the end of a pipe."""

    def say_it(line: str) -> None:
        with suppress(OSError):
            say(line)

    return say_it


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _gateway(settings: Settings, door: socket.socket) -> Program:
    number = door.fileno()
    return Program(
        name=GATEWAY,
        arguments=("-m", "modelyard.gateway", "--fd", str(number)),
        log=settings.logs / "gateway.log",
        pid_folder=leftovers.pid_folder(settings),
        environ=_environ(settings),
        inherit=(number,),
    )


def _service(settings: Settings) -> Program:
    return Program(
        name=SERVICE,
        arguments=("-m", "modelyard.server.main"),
        log=settings.logs / "service.log",
        pid_folder=leftovers.pid_folder(settings),
        environ=_environ(settings),
    )


def _environ(settings: Settings) -> Mapping[str, str]:
    # Not read, handed on; the home as it was understood here, since the children have another working folder.
    return {**inherited_environ(), "MODELYARD_HOME": str(settings.home), "PYTHONUNBUFFERED": "1"}
