"""Who runs in a home: the supervisor's lock, and the little that it says of itself."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from modelyard.errors import AlreadyRunning
from modelyard.server import process_lock
from modelyard.server.whole_file import make_private, write_whole
from modelyard.settings import Settings

STARTING = "STARTING"
READY = "READY"
STOPPING = "STOPPING"


@dataclass(frozen=True, kw_only=True)
class Running:
    """Be a supervisor that runs."""

    pid: int
    state: str
    """STARTING, READY or STOPPING."""

    endpoint: str | None
    """Where clients find the service; None in the first instants of a start."""

    since: float
    """When it started, in seconds since the epoch."""


def find_running(settings: Settings) -> Running | None:
    """Return the supervisor that runs in this home, or None."""
    if not process_lock.is_held(_lock_file(settings)):
        return None
    pid = process_lock.holder(_lock_file(settings))
    if pid is None:
        return None
    try:
        said = Running(**json.loads(_state_file(settings).read_bytes()))
    except (OSError, ValueError, TypeError):
        said = None
    if said is None or said.pid != pid:  # what stands there is its predecessor's
        return Running(pid=pid, state=STARTING, endpoint=None, since=0.0)
    return said


@contextmanager
def only_one(settings: Settings) -> Iterator[None]:
    """Hold the home's lock meanwhile.

    Raises:
        AlreadyRunning: Another supervisor holds it.
    """
    make_private(settings.home)
    descriptor = process_lock.take_within(_lock_file(settings), seconds=0.3)
    if descriptor is None:
        raise AlreadyRunning(describe(settings, find_running(settings)))
    try:
        process_lock.write_pid(descriptor, os.getpid())
        yield
    finally:
        _state_file(settings).unlink(missing_ok=True)
        os.close(descriptor)


def tell(settings: Settings, running: Running) -> None:
    """Write what the supervisor says of itself."""
    write_whole(_state_file(settings), json.dumps(asdict(running)).encode())


def is_supervised(settings: Settings) -> bool:
    """Tell whether a supervisor holds the home's lock."""
    return process_lock.is_held(_lock_file(settings))


def describe(settings: Settings, running: Running | None) -> str:
    """Return a sentence that says who runs, and where."""
    if running is None or running.endpoint is None:
        return f"modelyard is already starting in {settings.home}."
    return f"modelyard already runs (pid {running.pid}) at {running.endpoint}, in {settings.home}."


def _lock_file(settings: Settings) -> Path:
    return settings.home / "lock"


def _state_file(settings: Settings) -> Path:
    return settings.run / "supervisor.json"
