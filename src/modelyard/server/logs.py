"""Log files of the processes: opened to append, put aside when they have grown large, read from their end."""

from __future__ import annotations

import os
from pathlib import Path

_LIMIT = 10 * 1024 * 1024
_KEPT = 3
_TAIL_BYTES = 64 * 1024


def open_log(path: Path, *, limit: int = _LIMIT, kept: int = _KEPT) -> int:
    """Return a descriptor that appends to a log; one over the limit is first put aside as ``NAME.1``, and so on."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > limit:
        for number in range(kept, 0, -1):
            older = path.with_name(f"{path.name}.{number}")
            newer = path.with_name(f"{path.name}.{number - 1}") if number > 1 else path
            if newer.exists():
                newer.replace(older)
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)


def tail(path: Path, *, lines: int, since: int = 0) -> str:
    """Return the last lines of a log, of those written behind the offset ``since``; nothing where there is no log."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(since if since <= size else 0, size - _TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
