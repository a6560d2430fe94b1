"""Blobs in a folder: temporary file → digest → fsync → rename."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from modelyard.errors import InsufficientStorage
from modelyard.objectstore.blobs import Blob

PIECE = 1024 * 1024
"""How many bytes are read at a time."""

_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")


class FolderBlobs:
    """Keep blobs in a folder, each in a read-only file named by its digest.

    Args:
        folder: The folder; made when missing. Temporary files are beside the blobs, on the same file system.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "sha256"
        self._unfinished = folder / "unfinished"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._unfinished.mkdir(exist_ok=True)
        self._lock = threading.RLock()  # a reader that is collected as garbage lets go wherever that happens
        self._held: Counter[str] = Counter()
        self._doomed: set[str] = set()

    def writer(self) -> FolderBlobWriter:
        """Begin a blob."""
        return FolderBlobWriter(self._unfinished, self._place)

    def read(self, digest: str, *, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Yield the bytes from ``start`` up to, not with, ``stop``, in pieces; raise KeyError if there is no blob."""
        return _pieces(digest, self.local_path(digest), start, stop)

    def local_path(self, digest: str) -> Path:
        """Return the blob's file; raise KeyError if there is no such blob."""
        path = self._path(digest)
        if not path.is_file():
            raise KeyError(digest)
        return path

    def written(self, digest: str) -> datetime:
        """Return when a blob's bytes last came; raise KeyError if there is no such blob."""
        try:
            return datetime.fromtimestamp(self._path(digest).stat().st_mtime, tz=timezone.utc)
        except FileNotFoundError:
            raise KeyError(digest) from None

    @contextmanager
    def hold(self, digests: Iterable[str]) -> Iterator[None]:
        """Keep blobs for a reader: one that is deleted meanwhile stays until nobody holds it any more."""
        held = set(digests)
        with self._lock:
            self._held.update(held)
        try:
            yield
        finally:
            with self._lock:
                self._held.subtract(held)
                for digest in held:
                    if self._held[digest] == 0:
                        del self._held[digest]
                        self._remove_if_doomed(digest)

    def delete(self, digest: str) -> None:
        """Remove a blob; without effect if there is none."""
        with self._lock:
            self._doomed.add(digest)
            if digest not in self._held:
                self._remove_if_doomed(digest)

    def digests(self) -> Iterator[str]:
        """Yield the digest of every blob."""
        for path in self._folder.glob("??/*"):
            digest = f"sha256:{path.name}"
            if _DIGEST.fullmatch(digest):  # a file browser's or a backup's files are none of ours
                yield digest

    def sweep(self) -> None:
        """Remove what interrupted writers left; called while no writer is at work."""
        for path in self._unfinished.iterdir():
            path.unlink(missing_ok=True)

    def _place(self, digest: str, temporary: Path) -> None:
        path = self._path(digest)
        with self._lock:
            if not path.parent.is_dir():
                path.parent.mkdir(exist_ok=True)
                _sync_folder(path.parent.parent)
            temporary.replace(path)
            self._doomed.discard(digest)  # it has come again while its last reader went on
        _sync_folder(path.parent)

    def _remove_if_doomed(self, digest: str) -> None:
        if digest in self._doomed:
            self._doomed.discard(digest)
            self._path(digest).unlink(missing_ok=True)

    def _path(self, digest: str) -> Path:
        match = _DIGEST.fullmatch(digest)
        if match is None:
            raise KeyError(digest)
        return self._folder / match[1][:2] / match[1]


class FolderBlobWriter:
    """Write one blob into a folder."""

    def __init__(self, unfinished: Path, place: Callable[[str, Path], None]) -> None:
        with _disk_errors():
            descriptor, name = tempfile.mkstemp(dir=unfinished)
        self._descriptor: int | None = descriptor
        self._temporary = Path(name)
        self._place = place
        self._hash = hashlib.sha256()
        self._size = 0
        self._blob: Blob | None = None

    def write(self, piece: bytes) -> None:
        """Append bytes.

        Raises:
            InsufficientStorage: The disk is full; the blob is gone.
        """
        assert self._descriptor is not None
        with _disk_errors():
            view = memoryview(piece)
            while view:
                view = view[os.write(self._descriptor, view) :]
        self._hash.update(piece)
        self._size += len(piece)

    def finish(self) -> Blob:
        """Make what was written durable, and return what it is."""
        assert self._descriptor is not None
        self._blob = Blob(f"sha256:{self._hash.hexdigest()}", self._size)
        with _disk_errors():
            os.fchmod(self._descriptor, 0o444)
            os.fsync(self._descriptor)
            os.close(self._descriptor)
        self._descriptor = None
        return self._blob

    def publish(self) -> None:
        """Give the finished blob its place."""
        assert self._blob is not None
        with _disk_errors():
            self._place(self._blob.digest, self._temporary)

    def abort(self) -> None:
        """Drop what was written; without effect after ``publish``."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        self._temporary.unlink(missing_ok=True)


def _pieces(digest: str, path: Path, start: int, stop: int | None) -> Iterator[bytes]:
    try:
        opened = path.open("rb")
    except FileNotFoundError:  # it was deleted just now
        raise KeyError(digest) from None
    with opened as file:
        file.seek(start)
        left = stop - start if stop is not None else None
        while piece := file.read(PIECE if left is None else min(PIECE, left)):
            if left is not None:
                left -= len(piece)
            yield piece


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise InsufficientStorage(
                "The disk of the service is full and nothing was kept of the upload: free some space and send it again."
            ) from error
        raise
