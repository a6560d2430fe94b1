"""Who uses which blob: every column that holds the digest of one, in whichever table, says so where it is declared."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import sqlalchemy as sa

from modelyard.database.engine import Database, metadata
from modelyard.errors import InsufficientStorage, ServiceUnavailable
from modelyard.objectstore.blobs import BlobStore

log = logging.getLogger(__name__)

_MARK = {"modelyard": "blob"}


def blob_column(name: str = "digest") -> sa.Column[str]:
    """Return a column that holds the digest of a blob: as long as a row names it, the blob is kept."""
    return sa.Column(name, sa.Text, nullable=False, index=True, info=_MARK)


def is_used(tx: sa.Connection, digest: str) -> bool:
    """Tell whether any row names a blob."""
    return any(
        tx.execute(sa.select(sa.literal(1)).where(column == digest).limit(1)).first() is not None
        for column in _columns()
    )


def used_digests(tx: sa.Connection) -> set[str]:
    """Return the digests of all blobs that rows name."""
    return {digest for column in _columns() for digest in tx.execute(sa.select(column).distinct()).scalars()}


def remove_unused(database: Database, blobs: BlobStore, *digests: str) -> None:
    """Remove those blobs that no row names; what cannot be removed now is swept at the next start.

    Whoever asks has done what it was asked for, or failed at it, and that is what is told.
    """
    if not digests:
        return
    try:
        with database.write() as tx:  # the write lock keeps an upload of the same bytes away
            for digest in set(digests):
                if not is_used(tx, digest):
                    blobs.delete(digest)
    except (InsufficientStorage, ServiceUnavailable, OSError) as error:
        log.warning("bytes that nothing needs stay until the next start: %s", error)


def sweep(database: Database, blobs: BlobStore) -> None:
    """Remove what a killed service left: unfinished uploads, and bytes that no row names."""
    blobs.sweep()
    with database.write() as tx:
        for digest in set(blobs.digests()) - used_digests(tx):
            blobs.delete(digest)


def _columns() -> Iterator[sa.Column[str]]:
    for table in metadata.tables.values():
        yield from (column for column in table.columns if column.info == _MARK)
