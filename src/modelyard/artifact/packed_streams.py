"""What bzip2 and xz have packed, as a file that is read from its beginning on, with bounded memory."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from typing import BinaryIO, Protocol

from modelyard.errors import MissingDependency, UnsafeArchiveError

BZIP2 = b"BZh"
XZ = b"\xfd7zXZ\0"

_CHUNK = 256 * 1024
_XZ_MEMORY = 512 * 1024 * 1024  # `xz -9` needs 65 MiB; a header may ask for 4 GiB


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class PackedStream(io.BufferedIOBase):
    """Read what a packed file unpacks to; several streams behind each other are one.

    Args:
        file: The packed file.
        make: Returns what unpacks one stream.
        damage: What that raises for what it cannot read.
    """

    def __init__(self, file: BinaryIO, make: Callable[[], _Decompressor], damage: type[Exception]) -> None:
        self._file = file
        self._make = make
        self._damage = damage
        self._rewind()

    def _rewind(self) -> None:
        self._file.seek(0)
        self._stream = self._make()
        self._ready = b""
        self._place = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Read like a file; raise UnsafeArchiveError for what is damaged or needs too much memory."""
        wanted = float("inf") if size is None or size < 0 else size
        pieces: list[bytes] = []
        while wanted > 0 and (self._ready or self._fill()):
            piece = self._ready if wanted >= len(self._ready) else self._ready[: int(wanted)]
            self._ready = self._ready[len(piece) :]
            wanted -= len(piece)
            pieces.append(piece)
        found = b"".join(pieces)
        self._place += len(found)
        return found

    def _fill(self) -> bool:
        """Unpack some more; return False at the end."""
        try:
            while not self._ready:
                packed = b""
                if self._stream.eof:
                    packed = self._next_stream()
                    if not packed:
                        return False
                    self._stream = self._make()
                elif self._stream.needs_input:
                    packed = self._file.read(_CHUNK)
                    if not packed:
                        raise UnsafeArchiveError("The archive is damaged: it ends in the middle.")
                self._ready = self._stream.decompress(packed, _CHUNK)
        except (self._damage, EOFError) as error:
            raise UnsafeArchiveError(f"The archive is damaged, or needs too much memory: {error}.") from None
        return True

    def _next_stream(self) -> bytes:
        """Return the beginning of what follows a stream; what fills up to a block's end is none."""
        packed = self._stream.unused_data.lstrip(b"\0")
        while not packed and (more := self._file.read(_CHUNK)):
            packed = more.lstrip(b"\0")
        return packed

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Seek from the beginning or from here; backwards it is unpacked anew."""
        if whence == os.SEEK_END:
            raise io.UnsupportedOperation("the end of what is packed is not known")
        target = offset + (self._place if whence == os.SEEK_CUR else 0)
        if target < self._place:
            self._rewind()
        while self._place < target and self.read(min(_CHUNK, target - self._place)):
            pass
        return self._place

    def tell(self) -> int:
        """Tell like a file."""
        return self._place

    def seekable(self) -> bool:
        """Be seekable."""
        return True

    def readable(self) -> bool:
        """Be readable."""
        return True


def bzip2_stream(file: BinaryIO) -> PackedStream:
    """Return what a bzip2 file unpacks to."""
    try:
        import bz2
    except ImportError as error:  # the interpreter was built without it
        raise MissingDependency("This Python knows no bzip2: pack the archive as a zip, or use another one.") from error
    return PackedStream(file, bz2.BZ2Decompressor, OSError)


def xz_stream(file: BinaryIO) -> PackedStream:
    """Return what an xz file unpacks to."""
    try:
        import lzma
    except ImportError as error:  # the interpreter was built without it
        raise MissingDependency("This Python knows no xz: pack the archive as a zip, or use another one.") from error
    return PackedStream(file, lambda: lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_XZ_MEMORY), lzma.LZMAError)
