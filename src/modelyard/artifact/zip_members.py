"""The members of a zip, each checked in the directory and in its own header before any is read."""

from __future__ import annotations

import stat
import struct
import zipfile
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple, cast

from modelyard.artifact.archive_members import GuardedFile, Limits, Member, Tally
from modelyard.artifact.member_names import MemberNames
from modelyard.errors import UnsafeArchiveError

ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")  # a first member; a zip without any
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_ENCRYPTED, _SIZES_FOLLOW, _UTF8 = 0x1, 0x8, 0x800
_KNOWN_FLAGS = _SIZES_FOLLOW | _UTF8 | 0x6  # 0x6 tells how hard the deflater tried
_IN_ZIP64 = 0xFFFFFFFF
_LARGEST_ENTRY = 512  # bytes in the directory for one member, on average: names are short


class _Local(NamedTuple):
    magic: bytes
    version: int
    flags: int
    method: int
    time: int
    date: int
    crc: int
    packed: int
    size: int
    name_length: int
    extra_length: int


def read_zip(file: BinaryIO, tally: Tally) -> Iterator[Member]:
    """Check all headers of a zip, then yield its members; raise UnsafeArchiveError for what is not as it says."""
    try:
        archive = zipfile.ZipFile(cast("BinaryIO", GuardedFile(file, bound=directory_bound(tally.limits))))
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, struct.error, OverflowError) as error:
        raise UnsafeArchiveError(f"The zip cannot be read: {error}.") from None
    names = MemberNames()
    for entry in archive.infolist():
        tally.add(entry.file_size)
        _check_kind(entry)
        (names.add_folder if _is_folder(entry) else names.add_file)(entry.orig_filename.removesuffix("/"))
    _check_places(archive, file)
    for entry in archive.infolist():
        yield Member(
            name=entry.orig_filename.removesuffix("/"),
            size=entry.file_size,
            is_folder=_is_folder(entry),
            open=_opener(archive, entry),
        )


def directory_bound(limits: Limits) -> int:
    """Return how many bytes the directory of a zip may have."""
    return max(1 << 20, limits.files * _LARGEST_ENTRY)


def _opener(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Callable[[], BinaryIO]:
    return lambda: cast("BinaryIO", archive.open(entry))


def _is_folder(entry: zipfile.ZipInfo) -> bool:
    return entry.orig_filename.endswith("/")


def _check_kind(entry: zipfile.ZipInfo) -> None:
    name = entry.orig_filename
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in {0, stat.S_IFDIR if _is_folder(entry) else stat.S_IFREG}:
        what = "a link" if stat.S_ISLNK(kind) else "no plain file"
        raise UnsafeArchiveError(f"In the archive {name!r} is {what}; only files and folders are taken.")
    if entry.flag_bits & _ENCRYPTED:
        raise UnsafeArchiveError(f"In the archive {name!r} is encrypted.")
    if entry.flag_bits & ~_KNOWN_FLAGS:
        raise UnsafeArchiveError(f"In the archive {name!r} uses a feature that is not taken ({entry.flag_bits:#x}).")
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise UnsafeArchiveError(
            f"In the archive {name!r} is compressed by method {entry.compress_type}; only 0 (stored) and 8 (deflated) "
            "are taken."
        )
    if _is_folder(entry) and entry.file_size:
        raise UnsafeArchiveError(f"In the archive the folder {name!r} has content.")
    if entry.compress_type == zipfile.ZIP_STORED and entry.compress_size != entry.file_size:
        raise UnsafeArchiveError(f"In the archive {name!r} is stored, yet has two different sizes.")


def _check_places(archive: zipfile.ZipFile, file: BinaryIO) -> None:
    """Compare every member's own header with the directory, and see that no two members share bytes."""
    behind = 0
    for entry in sorted(archive.infolist(), key=lambda entry: entry.header_offset):
        if entry.header_offset < behind:
            raise UnsafeArchiveError(f"In the archive {entry.orig_filename!r} overlaps another file.")
        behind = _check_local_header(file, entry)
    if behind > archive.start_dir:
        raise UnsafeArchiveError("In the archive the last file overlaps the directory.")


def _check_local_header(file: BinaryIO, entry: zipfile.ZipInfo) -> int:
    """Check one member's own header; return where its content ends."""
    name = entry.orig_filename
    file.seek(entry.header_offset)
    raw = file.read(_LOCAL_HEADER.size)
    if len(raw) < _LOCAL_HEADER.size or not raw.startswith(ZIP_MAGIC[0]):
        raise UnsafeArchiveError(f"In the archive {name!r} has no header where the directory says.")
    local = _Local(*_LOCAL_HEADER.unpack(raw))
    spelled = file.read(local.name_length).decode("utf-8" if local.flags & _UTF8 else "cp437", "replace")
    if spelled != name:
        raise UnsafeArchiveError(f"In the archive {name!r} is called {spelled!r} in its own header.")
    follow = bool(local.flags & _SIZES_FOLLOW)
    pairs = ((local.crc, entry.CRC), (local.packed, entry.compress_size), (local.size, entry.file_size))
    agree = all(own in {listed, _IN_ZIP64} or (follow and own == 0) for own, listed in pairs)
    if not agree or local.method != entry.compress_type or (local.flags ^ entry.flag_bits) & ~_SIZES_FOLLOW:
        raise UnsafeArchiveError(f"In the archive the two headers of {name!r} do not agree.")
    return entry.header_offset + _LOCAL_HEADER.size + local.name_length + local.extra_length + entry.compress_size
