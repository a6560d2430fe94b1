"""Log files of the processes: opened to append, put aside when they have grown large, read from their end."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_LIMIT = 10 * 1024 * 1024
_KEPT = 3
_INTERVAL = 60.0
_TAIL_BYTES = 64 * 1024


def open_log(path: Path, *, limit: int = _LIMIT, kept: int = _KEPT) -> int:
    """Return a descriptor that appends to a log; one over the limit is first put aside as ``NAME.1``, and so on."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > limit:
        _make_room(path, kept=kept)
        path.replace(_older(path, 1))
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)


async def keep_short(logs: Sequence[Path], *, limit: int = _LIMIT, kept: int = _KEPT, every: float = _INTERVAL) -> None:
    """Empty logs that grow over the limit while processes go on appending to them; never returns."""
    while True:
        await asyncio.sleep(every)
        for log in logs:
            with suppress(OSError):  # no room for the copy, or no log yet: the next round may be luckier
                if log.stat().st_size > limit:
                    _empty(log, kept=kept)


def _empty(path: Path, *, kept: int) -> None:
    beside = path.with_name(f".{path.name}.new")
    try:
        _empty_into(beside, path, kept=kept)
    except OSError:  # half a copy would only take room
        beside.unlink(missing_ok=True)
        raise


def _empty_into(beside: Path, path: Path, *, kept: int) -> None:
    private = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with path.open("rb") as full, os.fdopen(private, "wb") as copy:
        shutil.copyfileobj(full, copy)
        copy.flush()
        _make_room(path, kept=kept)
        beside.replace(_older(path, 1))
        shutil.copyfileobj(full, copy)  # what has come meanwhile
        copy.flush()
        os.truncate(path, 0)


def _make_room(path: Path, *, kept: int) -> None:
    for number in range(kept, 1, -1):
        if (newer := _older(path, number - 1)).exists():
            newer.replace(_older(path, number))


def _older(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")


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
