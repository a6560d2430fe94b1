"""Digests of files and folders, written as ``sha256:<hex>``, and of bytes that are known by the digests of segments."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from io import RawIOBase
from pathlib import Path

_PREFIX = "sha256:"
_CHUNK = 1024 * 1024


def digest_of_bytes(content: bytes) -> str:
    """Return the digest of bytes."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def digest_of_file(path: Path) -> str:
    """Return the digest of a file's content, with constant memory."""
    with path.open("rb", buffering=0) as file:
        return _read(file, None)


def digest_of_file_in_segments(path: Path, sizes: Sequence[int]) -> str:
    """Return what ``digest_of_segments`` does of a file that is cut into segments of these sizes.

    Raises:
        ValueError: The file has another size than they together.
    """
    with path.open("rb", buffering=0) as file:
        digests = [_read(file, size) for size in sizes]
        if file.tell() != sum(sizes) or file.read(1):
            raise ValueError(f"{path} has not the {sum(sizes)} bytes of its segments.")
    return digest_of_segments(digests)


def digest_of_folder(folder: Path) -> str:
    """Return the digest of a folder: of its files' names and contents, not of their times, modes or owners."""
    state = hashlib.sha256()
    files = (path for path in folder.rglob("*") if path.is_file())
    for name, path in sorted((path.relative_to(folder).as_posix(), path) for path in files):
        state.update(f"{len(name.encode())}:{name}={digest_of_file(path)}\n".encode())
    return f"sha256:{state.hexdigest()}"


def digest_of_segments(digests: Sequence[str]) -> str:
    """Return the digest of bytes that lie end to end in segments, from the digests of these.

    Of one segment it is the segment's own. Of several it is composite, as S3 has it for the parts of an object: the
    SHA-256 of the digests' bytes end to end, and how many there are, ``sha256:<hex>-<count>``.

    Raises:
        ValueError: There is no segment, or a digest is none of this kind.
    """
    if len(digests) == 1:
        return digests[0]
    if not digests:
        raise ValueError("Bytes without a segment have no digest.")
    state = hashlib.sha256(b"".join(bytes.fromhex(digest.removeprefix(_PREFIX)) for digest in digests))
    return f"{_PREFIX}{state.hexdigest()}-{len(digests)}"


def is_composite(digest: str) -> bool:
    """Tell whether a digest is one of several segments."""
    return "-" in digest


def _read(file: RawIOBase, size: int | None) -> str:
    """Return the digest of the next bytes of a file, or of all that are left."""
    state = hashlib.sha256()
    buffer = memoryview(bytearray(_CHUNK))
    left = size
    while left != 0:
        count = file.readinto(buffer if left is None else buffer[:left])
        if not count:
            break
        state.update(buffer[:count])
        left = None if left is None else left - count
    return f"{_PREFIX}{state.hexdigest()}"
