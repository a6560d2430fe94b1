"""The members of a tar, plain or packed with gzip, bzip2 or xz, each checked before it is read."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

from modelyard.artifact.archive_members import GuardedFile, Member, Tally
from modelyard.artifact.member_names import MemberNames
from modelyard.artifact.packed_streams import BZIP2, XZ, bzip2_stream, xz_stream
from modelyard.errors import UnsafeArchiveError

_LARGEST_HEADER = 4 * 1024 * 1024
_CHUNK = 1024 * 1024
_GZIP = b"\x1f\x8b"


def read_tar(file: BinaryIO, tally: Tally) -> Iterator[Member]:
    """Yield the members of a tar, plain or packed; raise UnsafeArchiveError for what is not as it says."""
    stream = _unpacked(file)
    guarded = cast("BinaryIO", GuardedFile(stream, bound=_LARGEST_HEADER))
    names = MemberNames()
    try:
        with tarfile.open(fileobj=guarded, mode="r:") as archive:
            for entry in archive:
                name = entry.name.removeprefix("./")
                if name in {"", "."} and entry.isdir():
                    continue
                _check_kind(entry)
                tally.add(entry.size)
                (names.add_folder if entry.isdir() else names.add_file)(name)
                yield Member(name=name, size=entry.size, is_folder=entry.isdir(), open=_opener(archive, entry))
        _read_out(stream)
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, UnicodeDecodeError) as error:
        raise UnsafeArchiveError(f"This is no zip, and as a tar it cannot be read: {error}.") from None


def _unpacked(file: BinaryIO) -> BinaryIO:
    """Return the tar in a file: by its first bytes, whatever its name is."""
    magic = file.read(6)
    file.seek(0)
    if magic.startswith(_GZIP):
        return cast("BinaryIO", gzip.GzipFile(fileobj=file, mode="rb"))
    if magic.startswith(BZIP2):
        return cast("BinaryIO", bzip2_stream(file))
    return cast("BinaryIO", xz_stream(file)) if magic == XZ else file


def _opener(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> Callable[[], BinaryIO]:
    return lambda: cast("BinaryIO", archive.extractfile(entry))


def _check_kind(entry: tarfile.TarInfo) -> None:
    if entry.isdir() or (entry.isreg() and not entry.issparse()):
        return
    what = "a link" if entry.issym() or entry.islnk() else "no plain file"
    raise UnsafeArchiveError(f"In the archive {entry.name!r} is {what}; only files and folders are taken.")


def _read_out(stream: BinaryIO) -> None:
    """Read what follows the last member, so that its checksum is compared; it is padding, so it is short."""
    rest = 0
    while chunk := stream.read(_CHUNK):
        rest += len(chunk)
        if rest > 64 * _CHUNK:
            raise UnsafeArchiveError("The archive goes on for more than 64 MiB behind its last file.")
