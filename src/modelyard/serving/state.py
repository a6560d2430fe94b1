"""A replica's state file, written by its server and read by its driver; and the lock that says that it lives."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import time
from typing import NamedTuple, Optional, Tuple

from .failure import Failure, died

STARTING = "STARTING"
READY = "READY"
FAILED = "FAILED"
DRAINING = "DRAINING"
STOPPED = "STOPPED"
DIED = "DIED"
"""What is found of a replica that ended without a word; it says so itself where what it served with has ended."""

FINAL = frozenset((FAILED, STOPPED, DIED))
_LOG_TAIL = 8192


class WorkerState(NamedTuple):
    """Be one worker process; ``restarts`` counts the ones before it."""

    pid: int
    restarts: int


class ReplicaState(NamedTuple):
    """Be what a replica says of itself; times in seconds, ``load_seconds`` 0 until the model has loaded."""

    state: str
    pid: int
    process_start: float
    workers: Tuple[WorkerState, ...]
    error: Optional[Failure]
    time: float
    load_seconds: float
    group: Optional[int] = None
    """The process group of what does its work, where that is not its own: of a container."""


def write_state(path: str, state: ReplicaState) -> None:
    """Replace a state file atomically."""
    record = dict(
        state._asdict(),
        workers=[dict(worker._asdict()) for worker in state.workers],
        error=dict(state.error._asdict()) if state.error else None,
    )
    temporary = "%s.%d" % (path, os.getpid())
    with open(temporary, "w", encoding="utf-8") as file:
        json.dump(record, file)
    os.replace(temporary, path)


def read_state(path: str) -> Optional[ReplicaState]:
    """Return what a state file says, or None where there is none yet, or one that a power cut left damaged."""
    try:
        with open(path, encoding="utf-8") as file:
            record = json.load(file)
        workers = tuple(WorkerState(**worker) for worker in record.pop("workers"))
        error = record.pop("error")
        return ReplicaState(workers=workers, error=Failure(**error) if error else None, **record)
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError, AttributeError):
        return None


def observe(path: str, log_file: str) -> Optional[ReplicaState]:
    """Return what a replica says of itself, DIED where it ended without saying so, None where nothing is known yet.

    Args:
        path: The state file.
        log_file: Where its output went: a crash in native code is told there alone.
    """
    state = read_state(path)
    if state is None or state.state in FINAL or is_alive(lock_path(path)):
        return state
    state = read_state(path)  # what it may have said between the first look and its end
    if state is None or state.state in FINAL:
        return state
    how = "it said %s last" % state.state
    return state._replace(state=DIED, workers=(), error=died(how, log=last_lines(log_file)))


def lock_path(state_file: str) -> str:
    """Return the path of the lock that belongs to a state file."""
    return state_file + ".lock"


def hold_lock(path: str) -> int:
    """Take the lock for as long as this process lives and return its descriptor; raise OSError where another holds it.

    It is a POSIX record lock: forked workers do not inherit it, and the kernel gives it back however the process ends.
    Closing *any* descriptor of the file would give it back too, so nothing else in the process may open it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    until = time.monotonic() + 1.0
    while True:
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        except OSError as error:
            # somebody who only looks (is_alive) holds it for microseconds
            if error.errno not in (errno.EACCES, errno.EAGAIN) or time.monotonic() > until:
                os.close(descriptor)
                raise
        time.sleep(0.005)


def is_alive(path: str) -> bool:
    """Tell whether a process holds the lock: right for adopted processes and after a pid was used again."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EAGAIN):
            raise
        return True
    finally:
        os.close(descriptor)
    return False


def process_start() -> float:
    """Return a number that tells this process apart from an earlier one with the same pid."""
    try:
        with open("/proc/self/stat", encoding="ascii", errors="replace") as file:
            return float(file.read().rpartition(")")[2].split()[19])
    except OSError:  # no /proc: macOS
        return time.time()


def last_lines(path: str) -> str:
    """Return the end of a log; nothing where there is none."""
    try:
        with open(path, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _LOG_TAIL))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
