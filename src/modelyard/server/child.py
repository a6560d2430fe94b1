"""A process that is kept running: started in a session of its own, and again whenever it dies."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from modelyard.server import process_lock
from modelyard.server.logs import open_log, tail

TAIL_LINES = 15
"""How much of a log is shown where a process dies."""

_RECENT = 30.0
_LONGEST_WAIT = 5.0


@dataclass(frozen=True, kw_only=True)
class Program:
    """Say what to run: a module of ours, its log, its pid file, and the descriptors that it inherits."""

    name: str
    arguments: tuple[str, ...]
    log: Path
    pid_folder: Path
    environ: Mapping[str, str] = field(repr=False)
    inherit: tuple[int, ...] = ()


def wait_after(deaths: Sequence[float], *, now: float) -> float:
    """Return how long to wait before the next start: nothing after one death, longer while they repeat.

    Args:
        deaths: When the process died, in seconds of any clock.
        now: The time now on that clock.
    """
    recent = sum(1 for moment in deaths if now - moment < _RECENT)
    return 0.0 if recent < 2 else min(_LONGEST_WAIT, 0.1 * 2.0 ** (recent - 2))


class Child:
    """Keep one program running.

    Args:
        program: What to run.
        say: Takes a line for whoever watches the supervisor.
    """

    def __init__(self, program: Program, *, say: Callable[[str], None]) -> None:
        self.program = program
        self.deaths: list[float] = []
        self.last_words = ""
        """The log's tail at the last death."""
        self._say = say
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()
        self._patience = 0.0

    async def keep_running(self) -> None:
        """Start the program, and again whenever it dies, until :meth:`stop`; return when it is gone."""
        while not self._stopping.is_set():
            written = _size(self.program.log)
            process = self._process = await _start(self.program)
            await self._unless_stopping(process.wait())
            if self._stopping.is_set():
                await self._end(process)
                return
            await self._after_death(process, written=written)

    def stop(self, *, patience: float) -> None:
        """End the program: ask it to, and kill it and its group when it takes longer than ``patience`` seconds."""
        self._patience = patience
        self._stopping.set()

    def kill(self) -> None:
        """End the program now, whatever it holds."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    async def _after_death(self, process: asyncio.subprocess.Process, *, written: int) -> None:
        now = time.monotonic()
        self.deaths.append(now)
        self.last_words = tail(self.program.log, lines=TAIL_LINES, since=written)
        status = process.returncode or 0
        wait = wait_after(self.deaths, now=now)
        again = f"in {wait:.1f} s" if wait else "now"
        self._say(f"{self.program.name} (pid {process.pid}) {_ending(status)}; starting it again {again}.")
        if status > 0 and self.last_words:
            self._say(f"The end of {self.program.log}:\n{self.last_words}")
        await self._unless_stopping(asyncio.sleep(wait))

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), self._patience)
        except asyncio.TimeoutError:
            self._say(f"{self.program.name} (pid {process.pid}) did not stop in {self._patience:.0f} s; killing it.")
            self.kill()
            await process.wait()

    async def _unless_stopping(self, wait: Coroutine[object, object, object]) -> None:
        waits = [asyncio.ensure_future(wait), asyncio.ensure_future(self._stopping.wait())]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for one in waits:
            one.cancel()


async def _start(program: Program) -> asyncio.subprocess.Process:
    lock, pid_file = _take_pid_file(program)
    log = open_log(program.log)
    try:
        return await asyncio.create_subprocess_exec(
            *process_lock.shell_that_writes_its_pid(pid_file),
            sys.executable,
            *program.arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",  # not the caller's folder, whose modules Python would import before the library's
            env=dict(program.environ),
            start_new_session=True,  # Ctrl-C in the terminal is the supervisor's to act on
            pass_fds=(lock, *program.inherit),
        )
    finally:
        os.close(lock)  # the child has it now, and drops it when it dies
        os.close(log)


def _take_pid_file(program: Program) -> tuple[int, Path]:
    # One that drains still holds its own: the next gets another.
    for number in range(1, 1000):
        pid_file = program.pid_folder / f"{program.name}.{number}.pid"
        lock = process_lock.take_within(pid_file, seconds=0.05)
        if lock is not None:
            return lock, pid_file
    raise AssertionError("a thousand processes of one name")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _ending(status: int) -> str:
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"was killed by signal {-status}"
