"""Digests of files and folders, written as ``sha256:<hex>``."""

from __future__ import annotations

import hashlib
from pathlib import Path

_CHUNK = 1024 * 1024


def digest_of_bytes(content: bytes) -> str:
    """Return the digest of bytes."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def digest_of_file(path: Path) -> str:
    """Return the digest of a file's content, with constant memory."""
    state = hashlib.sha256()
    buffer = memoryview(bytearray(_CHUNK))
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            state.update(buffer[:count])
    return f"sha256:{state.hexdigest()}"


def digest_of_folder(folder: Path) -> str:
    """Return the digest of a folder: of its files' names and contents, not of their times, modes or owners."""
    state = hashlib.sha256()
    files = (path for path in folder.rglob("*") if path.is_file())
    for name, path in sorted((path.relative_to(folder).as_posix(), path) for path in files):
        state.update(f"{len(name.encode())}:{name}={digest_of_file(path)}\n".encode())
    return f"sha256:{state.hexdigest()}"
