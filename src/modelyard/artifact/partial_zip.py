"""A zip of which only some bytes are here: the others come when they are asked for."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, NamedTuple, cast

from modelyard.artifact.archive_members import GuardedFile, Limits
from modelyard.artifact.zip_members import directory_bound
from modelyard.errors import UnsafeArchiveError

LEAST = 1024 * 1024
"""From how many bytes on a stored member is worth a file of its own while the archive arrives."""

_LOCAL_HEADER = 30
_LARGEST = 0xFFFFFFFF
_SIZES_IN_ZIP64 = 20  # bytes of a header's field with the sizes that are larger
_NAME_AND_EXTRA = struct.Struct("<2H")
_WHERE_NAME_AND_EXTRA_ARE = 26


class PartialFile(io.BufferedIOBase):
    """Read a file whose bytes come when they are asked for.

    Args:
        file: The file, as large as it will be.
        need: Makes sure that the bytes from one number up to, not with, another are there.
    """

    def __init__(self, file: BinaryIO, *, need: Callable[[int, int], None]) -> None:
        self._file = file
        self._need = need
        self._size = file.seek(0, os.SEEK_END)
        file.seek(0)

    def read(self, size: int | None = -1, /) -> bytes:
        """Read like a file."""
        start = self._file.tell()
        left = max(self._size - start, 0)
        count = left if size is None or size < 0 else min(size, left)
        if count:
            self._need(start, start + count)
        return self._file.read(count)

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


class StoredMember(NamedTuple):
    """Be a member whose bytes are in the archive as they are, at one place."""

    name: str
    start: int
    size: int
    crc: int

    @property
    def stop(self) -> int:
        """Where its bytes end."""
        return self.start + self.size


def guess_stored(file: BinaryIO, limits: Limits) -> list[tuple[int, int]]:
    """Return where large stored members may be, by the directory alone: their bytes are not before or behind that.

    Raises:
        UnsafeArchiveError: The directory cannot be read.
    """
    ranges = []
    for entry in _large(file, limits):
        sizes = _SIZES_IN_ZIP64 if entry.file_size >= _LARGEST else 0
        begin = entry.header_offset + _LOCAL_HEADER + len(entry.orig_filename.encode()) + sizes
        ranges.append((begin, begin + entry.file_size))
    return ranges


def find_stored(file: BinaryIO, limits: Limits) -> Iterator[StoredMember]:
    """Yield the large stored members of a zip whose headers were all checked."""
    for entry in _large(file, limits):
        file.seek(entry.header_offset + _WHERE_NAME_AND_EXTRA_ARE)
        name, extra = _NAME_AND_EXTRA.unpack(file.read(_NAME_AND_EXTRA.size))
        start = entry.header_offset + _LOCAL_HEADER + name + extra
        yield StoredMember(entry.orig_filename, start, entry.file_size, entry.CRC)


def _large(file: BinaryIO, limits: Limits) -> Sequence[zipfile.ZipInfo]:
    try:
        archive = zipfile.ZipFile(cast("BinaryIO", GuardedFile(file, bound=directory_bound(limits))))
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, struct.error, OverflowError) as error:
        raise UnsafeArchiveError(f"The zip cannot be read: {error}.") from None
    return [
        entry
        for entry in archive.infolist()
        if entry.compress_type == zipfile.ZIP_STORED and entry.file_size == entry.compress_size >= LEAST
    ]
