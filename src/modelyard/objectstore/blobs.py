"""What a store of blobs is: bytes under the digest of themselves, written once, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Blob:
    """Be a stored blob: its digest (``sha256:`` and 64 hexadecimal digits) and its size in bytes."""

    digest: str
    size: int


class BlobWriter(Protocol):
    """Take the bytes of one blob: ``write`` … ``finish``, then ``publish``; nothing of it is seen before that."""

    def write(self, piece: bytes) -> None:
        """Append bytes."""

    def finish(self) -> Blob:
        """Make what was written durable, and return what it is. This may take long."""

    def publish(self) -> None:
        """Give the finished blob its place; quick enough for a database transaction."""

    def abort(self) -> None:
        """Drop what was written; without effect after ``publish``."""


class BlobStore(Protocol):
    """Keep blobs by digest."""

    def writer(self) -> BlobWriter:
        """Begin a blob."""

    def read(self, digest: str, *, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Yield the bytes from ``start`` up to, not with, ``stop``, in pieces; raise KeyError if there is no blob."""

    def local_path(self, digest: str) -> Path:
        """Return a file on this machine with the blob's bytes; raise KeyError if there is no such blob."""

    def written(self, digest: str) -> datetime:
        """Return when a blob's bytes last came; raise KeyError if there is no such blob."""

    def hold(self, digests: Iterable[str]) -> AbstractContextManager[None]:
        """Keep blobs for a reader: one that is deleted meanwhile stays until nobody holds it any more."""

    def delete(self, digest: str) -> None:
        """Remove a blob; without effect if there is none."""

    def digests(self) -> Iterator[str]:
        """Yield the digest of every blob."""

    def sweep(self) -> None:
        """Remove what interrupted writers left; called while no writer is at work."""
