"""The spool: files of access lines on their way from a gateway process to the service.

A file has one writer, which holds a lock on it for as long as it writes there; one that nobody holds is complete. The
reader removes it when it has read it. Names are never used again. Nothing here needs the database.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

SUFFIX = ".jsonl"
FILE_LIMIT = 8 * 1024 * 1024
"""How large a file grows before the next is begun, in bytes."""

SPOOL_LIMIT = 256 * 1024 * 1024
"""How much may wait for the service, in bytes; what comes then is lost."""


class AccessLine(msgspec.Struct, frozen=True):
    """Be one request that a gateway answered; ``time`` in microseconds since the epoch, sizes in bytes."""

    log_id: str
    deployment_id: str
    time: int
    method: str
    path: str
    status: int
    request_bytes: int
    response_bytes: int
    latency_ms: float
    request_id: str
    client_address: str
    user_id: str
    """The user whose key signed; empty where no signature was checked, or it did not fit."""

    model_id: str
    replica_id: str
    """What answered; empty where the gateway did."""


class Spool:
    """Write lines, into one file after another.

    Args:
        folder: Where the files are.
        file_limit: How large one grows.
        limit: How large all of them may be together.
    """

    def __init__(self, folder: Path, *, file_limit: int = FILE_LIMIT, limit: int = SPOOL_LIMIT) -> None:
        self._folder = folder
        self._file_limit = file_limit
        self._limit = limit
        self._file: int | None = None
        self._size = 0
        self._encoder = msgspec.json.Encoder()

    def write(self, lines: Sequence[AccessLine]) -> None:
        """Write lines; raise OSError where they cannot be written, the disk being full, or so much waiting."""
        data = memoryview(self._encoder.encode_lines(lines))
        if self._file is None or self._size + len(data) > self._file_limit:
            self.close()
            self._file = self._open()
        try:
            while data:
                written = os.write(self._file, data)
                self._size += written
                data = data[written:]
        except OSError:
            self.close()  # what is half written ends with its file, and is no line to its reader
            raise

    def close(self) -> None:
        """Let the reader have the file."""
        if self._file is not None:
            os.close(self._file)
        self._file = None
        self._size = 0

    def _open(self) -> int:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        waiting = sum(status.st_size for status, _ in _statuses(self._folder))
        if waiting > self._limit:
            raise OSError(f"{waiting} bytes of access lines wait for the service in {self._folder}")
        path = self._folder / f"{os.getpid()}-{secrets.token_hex(8)}{SUFFIX}"
        beside = path.with_suffix(".new")
        file = os.open(beside, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        beside.rename(path)  # only now may a reader look whether it is held
        return file


def files(folder: Path) -> list[Path]:
    """Return the files of a spool, the oldest first."""
    return [path for _, path in sorted((status.st_mtime_ns, path) for status, path in _statuses(folder))]


def is_complete(path: Path) -> bool:
    """Tell whether nobody writes a file any more."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return False
    return True


def _statuses(folder: Path) -> list[tuple[os.stat_result, Path]]:
    found = []
    for path in folder.glob(f"*{SUFFIX}"):
        with suppress(FileNotFoundError):  # read and removed by now
            found.append((path.stat(), path))
    return found
