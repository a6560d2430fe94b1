"""Read files that grow: whole lines, in pieces, from where the last reading ended.

A file may be emptied while it is read: what it had is then beside it, under its name and ``.1``, and is read on there.
"""

from __future__ import annotations

import os
import struct
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

PIECE = 256 * 1024
"""How much is read at once, in bytes."""

LONGEST_LINE = 64 * 1024
"""How much is kept of a line, in bytes; a longer one is cut, and says so."""

_MARK = 64
_IDENTITY = struct.Struct(">QQ")


class Reading(NamedTuple):
    """Be how far a file was read."""

    read_to: int = 0
    """All before this byte is done with."""

    mark: bytes = b""
    """The bytes before it: where others are there now, the file was emptied in between."""

    is_in_line: bool = False
    """Whether what follows is the rest of a line that was cut."""

    beside: bytes = b""
    """Which content lay beside the file: where it is another now, the file was emptied, whatever bytes it has."""


class Piece(NamedTuple):
    """Be the lines that a piece of a file has, and how far it is read with them."""

    lines: list[str]
    reading: Reading
    left: int
    """How many bytes are still to be read."""

    is_kept: bool = False
    """Whether it is of what the file had before it was emptied."""


def kept_beside(path: Path) -> Path:
    """Return where the content of a file is kept that was emptied."""
    return path.with_name(f"{path.name}.1")


def read_piece(path: Path, reading: Reading, *, is_complete: bool) -> Piece:
    """Return the next lines of a file.

    Args:
        path: The file.
        reading: How far it was read.
        is_complete: Whether no more is written, so that an end without a newline is a line too.
    """
    beside = _identity(kept_beside(path))
    with path.open("rb", buffering=0) as file:
        if reading.beside != beside and reading.read_to:
            with suppress(FileNotFoundError), kept_beside(path).open("rb", buffering=0) as kept:
                if _is_the_same(kept.fileno(), reading):
                    piece = _next(kept.fileno(), reading, is_complete=True)
                    after = piece.reading if piece.left else Reading(beside=beside)
                    return piece._replace(reading=after, left=piece.left + _size(file.fileno()), is_kept=True)
        if not _is_the_same(file.fileno(), reading):
            reading = Reading()
        return _next(file.fileno(), reading._replace(beside=beside), is_complete=is_complete)


def _next(file: int, reading: Reading, *, is_complete: bool) -> Piece:
    size = _size(file)
    data = os.pread(file, PIECE, reading.read_to)
    at_end = is_complete and reading.read_to + len(data) >= size
    lines, used, is_in_line = split(data, is_in_line=reading.is_in_line, at_end=at_end)
    mark = (reading.mark + data[:used])[-_MARK:]
    read_to = reading.read_to + used
    return Piece(lines, Reading(read_to, mark, is_in_line, reading.beside), max(0, size - read_to))


def skip_to_end(path: Path, reading: Reading) -> Piece:
    """Return a line that says how much is skipped, and the reading behind it: for what grows faster than it is read."""
    with path.open("rb", buffering=0) as file:
        size = _size(file.fileno())
        begin = max(0, size - _MARK)
        mark = os.pread(file.fileno(), size - begin, begin)
    line = f"[{size - reading.read_to} bytes are left out here: more was printed than could be kept]"
    return Piece([line], Reading(size, mark, not mark.endswith(b"\n"), _identity(kept_beside(path))), 0)


def split(data: bytes, *, is_in_line: bool, at_end: bool) -> tuple[list[str], int, bool]:
    """Return the lines in a piece of a file, how many of its bytes they take, and whether it ends in a cut line.

    Args:
        data: The piece.
        is_in_line: Whether it begins within a line that was cut.
        at_end: Whether nothing will follow it.
    """
    start = 0
    if is_in_line:
        start = data.find(b"\n") + 1
        if not start:
            return [], len(data), True
    end = data.rfind(b"\n") + 1
    lines = [_line(line) for line in data[start : end - 1].split(b"\n")] if end > start else []
    end = max(start, end)
    rest = data[end:]
    if len(rest) > LONGEST_LINE:
        lines.append(f"{_text(rest[:LONGEST_LINE])} [cut here: the line has more than {LONGEST_LINE} bytes]")
        return lines, len(data), True
    if rest and at_end:
        return [*lines, _line(rest)], len(data), False
    return lines, end, False


def _line(line: bytes) -> str:
    if len(line) > LONGEST_LINE:
        return f"{_text(line[:LONGEST_LINE])} [cut here: the line has {len(line)} bytes]"
    return _text(line.removesuffix(b"\r"))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _size(file: int) -> int:
    return os.fstat(file).st_size


def _identity(path: Path) -> bytes:
    """Return what tells a file from others that had its name; nothing where there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return b""
    return _IDENTITY.pack(status.st_mtime_ns, status.st_size)


def _is_the_same(file: int, reading: Reading) -> bool:
    begin = reading.read_to - len(reading.mark)
    return os.pread(file, len(reading.mark), begin) == reading.mark
