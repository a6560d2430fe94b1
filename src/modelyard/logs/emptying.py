"""Empty a file that a replica goes on writing to, so that it does not fill the disk.

A replica's file is open for appending only, in every process of the replica: what is written after the file was emptied
begins at its new end. What the file had is kept beside it, once, under its name and ``.1``.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from modelyard.logs.reading import kept_beside

_PIECE = 1024 * 1024
_ATTEMPTS = 20


def empty(path: Path) -> bool:
    """Keep a file's content beside it and empty it; return whether that was done.

    Only what is written between the last look at its size and the next call, some microseconds later, could be lost;
    where the file grows even within that look, time and again, it is left as it is.
    """
    settle(path)
    beside = path.with_name(f"{path.name}.new")
    try:
        with path.open("r+b", buffering=0) as file, beside.open("wb") as copy:
            for _ in range(_ATTEMPTS):
                shutil.copyfileobj(file, copy, _PIECE)
                copy.flush()  # raises where not all of it found room
                if os.fstat(file.fileno()).st_size == file.tell():
                    beside.replace(_ready(path))
                    if os.fstat(file.fileno()).st_size == file.tell():
                        file.truncate(0)
                        _ready(path).replace(kept_beside(path))
                        return True
                    _ready(path).replace(beside)
        return False
    finally:
        beside.unlink(missing_ok=True)  # on a full disk, say: it would take what little room there is


def settle(path: Path) -> None:
    """End what a killed service has left of emptying a file: it was emptied, or it was not."""
    ready = _ready(path)
    with suppress(FileNotFoundError):
        if _begins_like(path, ready):
            ready.unlink()
        else:
            ready.replace(kept_beside(path))


def _ready(path: Path) -> Path:
    """Return where the whole content of a file is for the moment in which it is emptied."""
    return path.with_name(f"{path.name}.emptying")


def _begins_like(path: Path, other: Path) -> bool:
    with other.open("rb") as wanted, path.open("rb") as file:
        while piece := wanted.read(_PIECE):
            if file.read(len(piece)) != piece:
                return False
    return True
