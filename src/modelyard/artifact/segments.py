"""Bytes that are known by the digests of their segments, and can be read segment by segment."""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from modelyard.artifact.threads import Stop, in_threads
from modelyard.errors import ArtifactError

BLOCK = 256 * 1024
"""How many bytes are read at a time: few enough to stay in the processor's cache."""

THREADS = 2
"""How many threads sum up: two, since a disk feeds no more and a notebook has other work."""

_PIECE = 32 * 1024 * 1024


@dataclass(frozen=True)
class Segment:
    """Be a run of bytes, where it begins, and its digest."""

    start: int
    size: int
    digest: str


class Segmented(Protocol):
    """Be bytes in segments."""

    @property
    def segments(self) -> Sequence[Segment]:
        """The segments, in order, without a gap."""

    @property
    def size(self) -> int:
        """How many bytes there are in all."""

    def read(self, number: int) -> Iterator[bytes]:
        """Yield the bytes of one segment, in blocks.

        Raises:
            ArtifactError: A file has changed since its digests were made.
        """


class Stamp(NamedTuple):
    """Be what changes when a file does."""

    size: int
    time: int
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> Stamp:
        """Return the stamp of a file's status."""
        return cls(status.st_size, status.st_mtime_ns, status.st_ino)


class Summed(NamedTuple):
    """Be the sums of a run of bytes."""

    sha256: bytes
    crc: int

    @property
    def digest(self) -> str:
        """The digest as it is written."""
        return f"sha256:{self.sha256.hex()}"


def stamp_of(path: Path) -> Stamp:
    """Return a file's stamp."""
    return Stamp.of(path.stat())


def read_part(path: Path, stamp: Stamp, *, offset: int, size: int) -> Iterator[bytes]:
    """Yield a part of a file that must still be what it was.

    Raises:
        ArtifactError: It is not.
    """
    with path.open("rb", buffering=0) as file:
        file.seek(offset)
        left = size
        while left:
            block = file.read(min(BLOCK, left))
            if not block:
                raise changed(path)
            left -= len(block)
            if not left and Stamp.of(os.fstat(file.fileno())) != stamp:
                raise changed(path)
            yield block


def sum_up(path: Path, stamp: Stamp, *, offset: int, size: int, stop: Stop) -> Summed:
    """Return the sums of a part of a file, with constant memory.

    Raises:
        ArtifactError: The file is not what it was.
    """
    state, crc = hashlib.sha256(), 0
    buffer = memoryview(bytearray(BLOCK))
    with path.open("rb", buffering=0) as file:
        file.seek(offset)
        left = size
        while left:
            stop.check()
            count = file.readinto(buffer[: min(BLOCK, left)])
            if not count:
                raise changed(path)
            state.update(buffer[:count])
            crc = zlib.crc32(buffer[:count], crc)
            left -= count
        if Stamp.of(os.fstat(file.fileno())) != stamp:
            raise changed(path)
    return Summed(state.digest(), crc)


def changed(path: Path) -> ArtifactError:
    """Return the error that a file is no longer what it was."""
    return ArtifactError(f"{path} changed while it was archived. Try again when nothing writes to it.")


class SegmentedFile:
    """Be a file, cut at fixed places."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp = stamp_of(path)
        starts = range(0, self._stamp.size, _PIECE)

        def sum_one(start: int, stop: Stop) -> Segment:
            size = min(_PIECE, self._stamp.size - start)
            return Segment(start, size, sum_up(path, self._stamp, offset=start, size=size, stop=stop).digest)

        self.segments: tuple[Segment, ...] = tuple(in_threads(sum_one, starts, threads=THREADS))

    @property
    def size(self) -> int:
        """How many bytes there are in all."""
        return self._stamp.size

    def read(self, number: int) -> Iterator[bytes]:
        """Yield the bytes of one segment, in blocks."""
        segment = self.segments[number]
        return read_part(self._path, self._stamp, offset=segment.start, size=segment.size)
