"""Contents: bytes end to end, in one blob or several, under an id. An object has one, and so has an artifact."""

from __future__ import annotations

import hashlib
import io
import itertools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple

import sqlalchemy as sa

from modelyard.artifact.digests import digest_of_segments
from modelyard.database.engine import Database, metadata
from modelyard.errors import InternalServerError
from modelyard.objectstore.blobs import BlobStore
from modelyard.objectstore.references import blob_column

segments = sa.Table(
    "content_segments",
    metadata,
    sa.Column("content_id", sa.Text, primary_key=True),
    sa.Column("start", sa.BigInteger, primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    blob_column(),
)

_AT_ONCE = 500
"""How many values a statement is given at most: SQLite takes no more than some thousands."""


class Segment(NamedTuple):
    """Be the part of a content that one blob holds."""

    start: int
    size: int
    digest: str

    @property
    def stop(self) -> int:
        """The first byte behind it."""
        return self.start + self.size


def begun(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Return pieces of which the first is read by now: what keeps all of them from being read is raised here."""
    return itertools.chain([next(pieces, b"")], pieces)


def laid_end_to_end(blobs: Iterable[tuple[int, str]]) -> list[Segment]:
    """Return the segments of a content from the size and digest of each blob; empty blobs are left out."""
    pieces: list[Segment] = []
    start = 0
    for size, digest in blobs:
        if size:
            pieces.append(Segment(start, size, digest))
            start += size
    return pieces


# ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def add_segments(tx: sa.Connection, content_id: str, pieces: Sequence[Segment]) -> None:
    """Write what a content consists of; nothing, where it is empty."""
    if pieces:
        tx.execute(segments.insert(), [{"content_id": content_id, **piece._asdict()} for piece in pieces])


def segments_of(tx: sa.Connection, content_id: str, *, start: int = 0, stop: int | None = None) -> list[Segment]:
    """Return the segments that hold a range of a content, in order."""
    wanted = [segments.c.content_id == content_id, segments.c.start + segments.c.size > start]
    if stop is not None:
        wanted.append(segments.c.start < stop)
    rows = tx.execute(
        sa.select(segments.c.start, segments.c.size, segments.c.digest).where(*wanted).order_by(segments.c.start)
    )
    return [Segment(*row) for row in rows]


def copy_segments(tx: sa.Connection, source_id: str, target_id: str) -> None:
    """Give a second content the same bytes; none of them is moved."""
    add_segments(tx, target_id, segments_of(tx, source_id))


def rename_content(tx: sa.Connection, content_id: str, new_id: str) -> None:
    """Give a content another id."""
    tx.execute(segments.update().where(segments.c.content_id == content_id).values(content_id=new_id))


def remove_segments(tx: sa.Connection, content_id: str) -> list[str]:
    """Remove a content; return the digests of its blobs."""
    query = sa.select(segments.c.digest).where(segments.c.content_id == content_id)
    digests = list(tx.execute(query).scalars())
    tx.execute(segments.delete().where(segments.c.content_id == content_id))
    return digests


def remove_blob(tx: sa.Connection, content_id: str, digest: str) -> None:
    """Remove from a content the segments that one blob holds; they leave gaps in it."""
    tx.execute(segments.delete().where(segments.c.content_id == content_id, segments.c.digest == digest))


def digest_of(tx: sa.Connection, content_id: str) -> str:
    """Return the digest of a content: its blob's own, or the composite one of several.

    Raises:
        ValueError: It is empty, or there is none.
    """
    return digest_of_segments([segment.digest for segment in segments_of(tx, content_id)])


def kept_blobs(tx: sa.Connection, digests: Sequence[str]) -> dict[str, int]:
    """Return those of the digests whose blobs some content has, with the size of each."""
    kept: dict[str, int] = {}
    for first in range(0, len(digests), _AT_ONCE):
        some = digests[first : first + _AT_ONCE]
        rows = tx.execute(sa.select(segments.c.digest, segments.c.size).where(segments.c.digest.in_(some)).distinct())
        kept.update((digest, size) for digest, size in rows)
    return kept


# ── bytes ────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Contents:
    """Read contents.

    Args:
        database: Where it stands what they consist of.
        blobs: Where bytes are.
    """

    def __init__(self, database: Database, blobs: BlobStore) -> None:
        self._database = database
        self._blobs = blobs

    def read(self, content_id: str, *, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Yield the bytes from ``start`` up to, not with, ``stop``, in pieces.

        A content that is removed meanwhile is read to its end.

        Raises:
            KeyError: There is no such content any more, or nothing of it in the range.
        """
        if stop is not None and start >= stop:
            return
        with self._held(content_id, start=start, stop=stop) as pieces:
            for piece in pieces:
                first = max(start - piece.start, 0)
                last = piece.size if stop is None else min(stop - piece.start, piece.size)
                yield from self._blobs.read(piece.digest, start=first, stop=last)

    @contextmanager
    def open(self, content_id: str) -> Iterator[BinaryIO]:
        """Give a content as a file to read and to seek in; raise KeyError if there is no such content."""
        with self._held(content_id) as pieces, io.BufferedReader(_ContentFile(self._blobs, pieces), 1 << 20) as file:
            yield file

    def check(self, content_id: str) -> Iterator[int]:
        """Read a content, and yield how many bytes more were read, piece for piece.

        Raises:
            KeyError: There is no such content any more.
            InternalServerError: Bytes are not those that were written.
        """
        with self._held(content_id) as pieces:
            for piece in pieces:
                state = hashlib.sha256()
                for block in self._blobs.read(piece.digest):
                    state.update(block)
                    yield len(block)
                if (digest := f"sha256:{state.hexdigest()}") != piece.digest:
                    raise InternalServerError(f"The disk has {digest} where {piece.digest} was written: it is damaged.")

    @contextmanager
    def _held(self, content_id: str, *, start: int = 0, stop: int | None = None) -> Iterator[list[Segment]]:
        with self._database.read() as tx:
            pieces = segments_of(tx, content_id, start=start, stop=stop)
        if not pieces:
            raise KeyError(content_id)
        with self._blobs.hold([piece.digest for piece in pieces]):
            yield pieces


class _ContentFile(io.RawIOBase):
    """Be a content's bytes as a file; one blob is open at a time."""

    def __init__(self, blobs: BlobStore, pieces: Sequence[Segment]) -> None:
        self._blobs = blobs
        self._pieces = pieces
        self._at = 0
        self._file: BinaryIO | None = None
        self._piece: Segment | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._pieces[-1].stop}[whence]
        if base + offset < 0:
            raise OSError("Nothing lies before the beginning of a content.")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type] # io hands in whatever can be written to
        file, piece = self._file_here()
        if file is None or piece is None:
            return 0
        file.seek(self._at - piece.start)
        count = file.readinto(view[: piece.stop - self._at])  # type: ignore[attr-defined] # open("rb") has it
        self._at += count
        return int(count)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        super().close()

    def _file_here(self) -> tuple[BinaryIO | None, Segment | None]:
        if self._piece is None or not self._piece.start <= self._at < self._piece.stop:
            if self._file is not None:
                self._file.close()
                self._file = None
            self._piece = self._find()
            if self._piece is not None:
                self._file = self._blobs.local_path(self._piece.digest).open("rb")
        return self._file, self._piece

    def _find(self) -> Segment | None:
        low, high = 0, len(self._pieces)
        while low < high:
            middle = (low + high) // 2
            if self._pieces[middle].stop <= self._at:
                low = middle + 1
            else:
                high = middle
        return self._pieces[low] if low < len(self._pieces) else None
