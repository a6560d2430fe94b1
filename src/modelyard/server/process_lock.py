"""Locks that live exactly as long as the process that holds them, with its pid in the file.

The kernel drops such a lock when its last holder dies, however it dies, so a lock that is held says more than any pid
file could: the pid in it is that of a process that runs now, and of no other. The files are never removed: whoever
removed one could remove the lock of somebody who has just taken it. They keep their size too: a full disk stops nobody.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

_STEP = 0.01
_WIDTH = 20
_NO_PID = b" " * _WIDTH + b"\n"


def shell_that_writes_its_pid(path: Path) -> tuple[str, ...]:
    """Return the start of a command line: a shell that puts its pid into a lock file and becomes what follows.

    So there is no instant at which the program runs and the file does not say so, whenever its starter is killed.
    """
    return ("/bin/sh", "-c", f'printf \'%-{_WIDTH}d\\n\' $$ 1<>"$0"; exec "$@"', str(path))


def take(path: Path) -> int | None:
    """Return a descriptor that holds the lock, or None where another process holds it.

    Whoever inherits the descriptor holds the lock too; it is free when all of them have closed it or are dead.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    os.pwrite(descriptor, _NO_PID, 0)
    return descriptor


def take_within(path: Path, *, seconds: float) -> int | None:
    """Return a descriptor that holds the lock, or None where another process keeps it so long.

    Those who only look hold the lock for an instant, so one refusal proves nothing.
    """
    deadline = time.monotonic() + seconds
    while True:
        descriptor = take(path)
        if descriptor is not None or time.monotonic() > deadline:
            return descriptor
        time.sleep(_STEP)


def is_held(path: Path) -> bool:
    """Tell whether a process holds the lock."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        # shared: two that look at the same time do not take each other for the holder
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def write_pid(descriptor: int, pid: int) -> None:
    """Put a pid into a lock file."""
    os.pwrite(descriptor, f"{pid:<{_WIDTH}}\n".encode("ascii"), 0)


def holder(path: Path) -> int | None:
    """Return the pid of the process that holds the lock, or None where it is free."""
    deadline = time.monotonic() + 1.0
    while is_held(path):
        text = path.read_text(encoding="ascii").strip()
        if text.isdigit():
            return int(text)
        if time.monotonic() > deadline:  # held by somebody who wrote no pid: a process between fork and its first step
            return None
        time.sleep(_STEP)
    return None
