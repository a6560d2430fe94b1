"""The headers of a zip that is written here: each member's own, the directory, and its end; zip64 where needed."""

from __future__ import annotations

import stat
import struct
import zipfile
from dataclasses import dataclass

_LOCAL = struct.Struct("<4s5H3L2H")
_ENTRY = struct.Struct("<4s4B4H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_LARGEST = 0xFFFFFFFF  # and in a field of its own for what is larger: see the zip64 field
_MOST_MEMBERS = 0xFFFF
_ZIP64_FIELD = 1
_UTF8 = 0x800
_FIRST_DAY = 1 << 5 | 1  # 1 January 1980: the times of the files are left out, so that equal files make equal zips
_UNIX = 3
_VERSION, _VERSION_64 = 20, 45


@dataclass(frozen=True)
class Entry:
    """Be a member as its headers have it."""

    name: str
    """With a ``/`` at its end where it is a folder."""

    size: int
    packed: int
    crc: int
    is_deflated: bool


def local_header(entry: Entry) -> bytes:
    """Return the header that stands before a member's bytes."""
    large = entry.size >= _LARGEST or entry.packed >= _LARGEST
    extra = struct.pack("<2H2Q", _ZIP64_FIELD, 16, entry.size, entry.packed) if large else b""
    name = entry.name.encode()
    head = _LOCAL.pack(
        b"PK\x03\x04",
        _VERSION_64 if large else _VERSION,
        _flags(entry),
        _method(entry),
        0,
        _FIRST_DAY,
        entry.crc,
        _LARGEST if large else entry.packed,
        _LARGEST if large else entry.size,
        len(name),
        len(extra),
    )
    return head + name + extra


def directory_entry(entry: Entry, offset: int) -> bytes:
    """Return a member's line in the directory; ``offset`` is where its own header begins."""
    large = entry.size >= _LARGEST or entry.packed >= _LARGEST
    fields = [entry.size, entry.packed] if large else []
    if offset >= _LARGEST:
        fields.append(offset)
    extra = struct.pack(f"<2H{len(fields)}Q", _ZIP64_FIELD, 8 * len(fields), *fields) if fields else b""
    name = entry.name.encode()
    is_folder = entry.name.endswith("/")
    mode = stat.S_IFDIR | 0o755 if is_folder else stat.S_IFREG | 0o644
    head = _ENTRY.pack(
        b"PK\x01\x02",
        _VERSION_64 if fields else _VERSION,
        _UNIX,
        _VERSION_64 if fields else _VERSION,
        0,
        _flags(entry),
        _method(entry),
        0,
        _FIRST_DAY,
        entry.crc,
        _LARGEST if large else entry.packed,
        _LARGEST if large else entry.size,
        len(name),
        len(extra),
        0,
        0,
        0,
        mode << 16 | (0x10 if is_folder else 0),
        min(offset, _LARGEST),
    )
    return head + name + extra


def directory_end(*, members: int, offset: int, size: int) -> bytes:
    """Return what stands behind the directory, which has so many members, begins there, and has so many bytes."""
    end = _END.pack(
        b"PK\x05\x06",
        0,
        0,
        min(members, _MOST_MEMBERS),
        min(members, _MOST_MEMBERS),
        min(size, _LARGEST),
        min(offset, _LARGEST),
        0,
    )
    if members < _MOST_MEMBERS and offset < _LARGEST and size < _LARGEST:
        return end
    end_64 = _END_64.pack(
        b"PK\x06\x06", _END_64.size - 12, _VERSION_64, _VERSION_64, 0, 0, members, members, size, offset
    )
    return end_64 + _LOCATOR_64.pack(b"PK\x06\x07", 0, offset + size, 1) + end


def _flags(entry: Entry) -> int:
    return 0 if entry.name.isascii() else _UTF8


def _method(entry: Entry) -> int:
    return zipfile.ZIP_DEFLATED if entry.is_deflated else zipfile.ZIP_STORED
