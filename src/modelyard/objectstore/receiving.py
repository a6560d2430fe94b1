"""The bytes of an object or part as they come: gathered to larger pieces, written and summed up, never held whole."""

from __future__ import annotations

from typing import NamedTuple

from modelyard.objectstore.blobs import BlobWriter
from modelyard.objectstore.checksums import Checksums

PIECE = 1024 * 1024
"""How many bytes are gathered before they are written."""


class Received(NamedTuple):
    """Be what came: durable, and not yet seen by anybody."""

    digest: str
    size: int
    md5: str
    checksums: dict[str, str]


class Receiving:
    """Take the bytes of one body.

    Args:
        writer: Where they go.
        checksums: What is to be known of them.
    """

    def __init__(self, writer: BlobWriter, checksums: Checksums) -> None:
        self._writer = writer
        self._checksums = checksums
        self._waiting: list[bytes] = []
        self._waiting_size = 0

    def take(self, piece: bytes) -> bool:
        """Keep a piece in memory; return whether it is time for ``flush``."""
        self._waiting.append(piece)
        self._waiting_size += len(piece)
        return self._waiting_size >= PIECE

    def flush(self) -> None:
        """Write what was taken."""
        data = b"".join(self._waiting)
        self._waiting.clear()
        self._waiting_size = 0
        self._checksums.update(data)
        self._writer.write(data)

    def finish(self) -> Received:
        """Write the rest and make it durable.

        Raises:
            UnmatchedContentMD5: It is not what the headers announced.
        """
        self.flush()
        self._checksums.check()
        blob = self._writer.finish()
        return Received(blob.digest, blob.size, self._checksums.md5, self._checksums.others)

    def publish(self) -> None:
        """Give the bytes their place."""
        self._writer.publish()

    def abort(self) -> None:
        """Drop the bytes; without effect after ``publish``."""
        self._writer.abort()
