"""What an archive may hold: limits, a tally against them, and one member that was found to be safe."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from modelyard.errors import UnsafeArchiveError

_MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Be how much an archive may unpack to."""

    files: int = 100_000
    """Members, folders included."""

    size: int = 256 * 1024 * _MIB
    """Bytes of all files together."""

    ratio: int = 250
    """Unpacked bytes for each packed byte: arrays of zeros reach 1000, models 10, bombs a million."""

    ratio_from: int = 256 * _MIB
    """The unpacked size from which the ratio counts; less harms nobody."""


@dataclass(frozen=True)
class Member:
    """Be a file or folder of an archive whose header was checked."""

    name: str
    size: int
    is_folder: bool
    open: Callable[[], BinaryIO]


class Tally:
    """Count the members of one archive against the limits, by what their headers declare."""

    def __init__(self, limits: Limits, *, packed: int) -> None:
        self.limits = limits
        self.packed = packed
        self.files = 0
        self.size = 0

    def add(self, size: int) -> None:
        """Count one member; raise UnsafeArchiveError when that is too much."""
        self.files += 1
        self.size += size
        if self.files > self.limits.files:
            raise UnsafeArchiveError(f"The archive has more than {self.limits.files} files.")
        if size < 0 or self.size > self.limits.size:
            raise UnsafeArchiveError(f"The archive unpacks to more than {self.limits.size} bytes.")
        if self.size >= self.limits.ratio_from and self.size > self.limits.ratio * max(self.packed, 1):
            raise UnsafeArchiveError(
                f"The archive has {self.packed} bytes and unpacks to more than {self.limits.ratio} times as many. "
                "Pack its files without compression if that is meant."
            )


class GuardedFile(io.BufferedIOBase):
    """Read a file for a parser that trusts the lengths it finds: no single read may be larger than the bound."""

    def __init__(self, file: BinaryIO, *, bound: int) -> None:
        self._file = file
        self._bound = bound

    def read(self, size: int | None = -1, /) -> bytes:
        """Read like a file; raise UnsafeArchiveError for an absurd length."""
        wanted = size if size is not None and size >= 0 else self._rest()
        if wanted > self._bound:
            raise UnsafeArchiveError(f"The archive has a header of {wanted} bytes; {self._bound} are the most.")
        return self._file.read(wanted)

    def _rest(self) -> int:
        here = self._file.tell()
        end = self._file.seek(0, os.SEEK_END)
        self._file.seek(here)
        return end - here

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Seek like a file."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Tell like a file."""
        return self._file.tell()

    def seekable(self) -> bool:
        """Be seekable."""
        return True

    def readable(self) -> bool:
        """Be readable."""
        return True
