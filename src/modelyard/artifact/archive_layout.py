"""How an archive is cut into segments: large files into pieces of their own, small files into runs.

Where a cut is depends on the names and sizes nearby alone, so that a file that changes changes only its own segments
and the directory.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Union

_MIB = 1024 * 1024
_SMALLEST_RUN = 256 * 1024
_LARGEST_RUN = 64 * _MIB
_RUNS = 4096  # as many as there may be without growing: an upload has at most 20,000 segments
_PIECE = 32 * _MIB
_PIECE_OF_HUGE = 64 * _MIB
_HUGE = 128 * 1024 * _MIB
_HEADER = 30


@dataclass(frozen=True)
class Member:
    """Be a file or, with a ``/`` at its end, an empty folder."""

    name: str
    size: int = 0

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.name.endswith("/")


@dataclass(frozen=True)
class Piece:
    """Be bytes of a large file, and nothing else."""

    member: int
    offset: int
    size: int


@dataclass(frozen=True)
class Run:
    """Be members that follow each other, headers and bytes; of a large file the header alone, always the last."""

    members: tuple[int, ...]


Part = Union[Piece, Run]


@dataclass(frozen=True)
class Grain:
    """Be how finely an archive is cut."""

    run: int
    """The most bytes of a run, headers left out; a file with as many is large."""

    piece: int


def grain_of(size: int) -> Grain:
    """Return how finely to cut an archive of so many bytes."""
    run = _SMALLEST_RUN
    while run * _RUNS < size and run < _LARGEST_RUN:
        run *= 2
    return Grain(run=run, piece=_PIECE if size <= _HUGE else _PIECE_OF_HUGE)


def lay_out(members: Sequence[Member], grain: Grain) -> Iterator[Part]:
    """Yield the parts of an archive of these members, without its directory."""
    run: list[int] = []
    filled = 0
    for number, member in enumerate(members):
        weight = _HEADER + len(member.name) + (member.size if member.size < grain.run else 0)
        if run and filled + weight > grain.run:
            yield Run(tuple(run))
            run, filled = [], 0
        run.append(number)
        filled += weight
        if member.size >= grain.run or _ends_run(member.name, weight, grain):
            yield Run(tuple(run))
            run, filled = [], 0
        if member.size >= grain.run:
            yield from _pieces(number, member.size, grain.piece)
    if run:
        yield Run(tuple(run))


def _pieces(number: int, size: int, piece: int) -> Iterator[Piece]:
    for offset in range(0, size, piece):
        yield Piece(number, offset, min(piece, size - offset))


def _ends_run(name: str, weight: int, grain: Grain) -> bool:
    """Tell by a file's own name and size whether its run ends: about every half run does one say so."""
    return zlib.crc32(name.encode()) * (grain.run // 2) < weight << 32
