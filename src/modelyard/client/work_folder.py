"""The folder beside a download's target where it is made: found again by the next try, and by nobody else meanwhile."""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_SUFFIX = ".downloading"
_LOCK = "lock"
_LONGEST = 160  # of the 255 bytes of a file's name


@contextmanager
def work_folder(target: Path, key: str) -> Iterator[Path]:
    """Give the folder in which a target is made from what ``key`` names; it goes when all went well.

    What other keys have left for the same target goes, too: somebody began with another artifact, and gave it up.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    name = short_name(target)
    mine = target.with_name(f".{name}.{key}{_SUFFIX}")
    for other in target.parent.glob(f".{_quoted(name)}.*{_SUFFIX}"):
        key_of_other = other.name.removeprefix(f".{name}.").removesuffix(_SUFFIX)
        if other != mine and "." not in key_of_other:  # else it is another target's, whose name goes on
            _remove_if_left(other)
    lock = _made_and_locked(mine)
    if lock is None:  # another process downloads the same to the same place
        mine = target.with_name(f".{name}.{secrets.token_hex(6)}{_SUFFIX}")
        lock = _made_and_locked(mine)
    assert lock is not None
    with lock:
        yield mine
        shutil.rmtree(mine)


def short_name(target: Path) -> str:
    """Return a name for what is made beside a target: its own, so far as a file system has room for more behind it."""
    name = os.fsencode(target.name)
    if len(name) <= _LONGEST:
        return target.name
    return f"{name[:_LONGEST].decode('utf-8', 'ignore')}~{hashlib.sha256(name).hexdigest()[:12]}"


def discard(folder: Path) -> None:
    """Empty a work folder whose content is of no use; its lock stays."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != _LOCK:
            path.unlink()


def _made_and_locked(folder: Path) -> BinaryIO | None:
    """Make a folder and lock it; None if another holds it."""
    while True:
        folder.mkdir(exist_ok=True)
        try:
            lock = _lock(folder)
            if lock is None or os.path.samestat(os.fstat(lock.fileno()), (folder / _LOCK).stat()):
                return lock
        except FileNotFoundError:  # who had it has just removed it
            continue
        lock.close()


def _lock(folder: Path) -> BinaryIO | None:
    file = (folder / _LOCK).open("wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def _remove_if_left(folder: Path) -> None:
    try:
        lock = _lock(folder)
    except OSError:  # somebody removes it
        return
    if lock is not None:
        with lock:
            shutil.rmtree(folder, ignore_errors=True)


def _quoted(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
