"""Empty a file that a replica goes on writing to, so that it does not fill the disk.

A replica's file is open for appending only, in every process of the replica: what is written after the file was emptied
begins at its new end. What the file had is kept beside it, once, under its name and ``.1``.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from modelyard.logs.reading import kept_beside

_PIECE = 1024 * 1024
_ATTEMPTS = 20


def empty(path: Path) -> bool:
    """Keep a file's content beside it and empty it; return whether that was done.

    Only what is written between the last look at its size and the next call, some microseconds later, could be lost;
    where the file grows even within that look, time and again, it is left as it is.
    """
    beside = path.with_name(f"{path.name}.new")
    with path.open("r+b", buffering=0) as file, beside.open("wb", buffering=0) as copy:
        for _ in range(_ATTEMPTS):
            shutil.copyfileobj(file, copy, _PIECE)
            if os.fstat(file.fileno()).st_size == file.tell():
                beside.replace(kept_beside(path))
                if os.fstat(file.fileno()).st_size == file.tell():
                    file.truncate(0)
                    return True
    beside.unlink(missing_ok=True)
    return False
