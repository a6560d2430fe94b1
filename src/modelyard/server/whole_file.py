"""Write a file whole: under its name stand the old bytes or the new ones, never half of either."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from modelyard.errors import ConfigurationError


def write_whole(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Replace a file's bytes at once and for good; a folder's files have one writer at a time."""
    # One name, not a random one: what a killed writer left is overwritten by the next, and nothing piles up.
    beside = path.with_name(f".{path.name}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)
        file.write(data)
        file.flush()
        os.fsync(descriptor)
    beside.replace(path)
    _keep_name(path.parent)


@contextmanager
def sole_writer(folder: Path) -> Iterator[None]:
    """Wait until no other has a folder in this way, and let others wait: files that fit each other are written so."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def make_private(folder: Path) -> None:
    """Make a folder, and what is missing above it, for its owner alone; leave one that is there as it is.

    Raises:
        ConfigurationError: The folder cannot be made, or something else has its name.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"The folder {folder} cannot be made: {error.strerror}. Set MODELYARD_HOME to a folder you may write to."
        ) from error


def make_own(folder: Path) -> None:
    """Make a folder that may be in a place where others write too, and make sure that it is ours alone.

    Raises:
        ConfigurationError: Somebody else has made it, or others may write to it.
    """
    make_private(folder)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise ConfigurationError(
            f"{folder} is not a folder of yours alone, and sockets in it could be somebody else's. Remove it, or set "
            "MODELYARD_HOME to a folder with a shorter path."
        )


def _keep_name(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
