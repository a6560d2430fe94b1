"""Streams: the rules."""

from __future__ import annotations

from datetime import datetime

import msgspec
import sqlalchemy as sa

from modelyard import ids
from modelyard.database.engine import Database
from modelyard.database.retry_tokens import Repeatable
from modelyard.errors import Conflict, InvalidParameter, MissingParameter, NotFound, RelatedResourceNotFound
from modelyard.lifecycle import STREAM_MOVES, STREAM_POOL_MOVES, StreamPoolState, StreamState, next_state
from modelyard.resources.noun import given
from modelyard.resources.streaming import CreateStreamDetails, Stream, StreamPool, UpdateStreamDetails
from modelyard.streaming import log, store
from modelyard.streaming.changes import Clock, UsedBy
from modelyard.streaming.deletion import delete_stream
from modelyard.streaming.pools import default_pool
from modelyard.wire.etags import Stored
from modelyard.wire.paging import Filters, ListQuery, Page

_RETENTION = 24
"""How long messages are kept unless told, in hours."""


class Streams:
    """Keep streams.

    Args:
        database: Where rows are.
        endpoint: Where clients find the service.
        clock: The time, with its zone.
        used_by: Tells which deployment uses a stream, so that it is not deleted under it.
    """

    def __init__(self, database: Database, *, endpoint: str, clock: Clock, used_by: UsedBy) -> None:
        self._database = database
        self._endpoint = endpoint
        self._clock = clock
        self._used_by = used_by

    def create(self, details: CreateStreamDetails, *, again: Repeatable) -> Stored[Stream]:
        """Create a stream without messages, in a pool or in the default pool of a compartment."""
        now = self._clock()
        with self._database.write() as tx:
            if earlier := again.earlier(tx, now):
                return get(tx, earlier)
            pool = _pool_for(tx, details, now=now)
            _refuse_name_of_another(tx, details.name, pool_id=pool.id)
            stream = Stream(
                name=details.name,
                id=ids.mint(ids.STREAM),
                partitions=details.partitions,
                compartment_id=pool.compartment_id,
                stream_pool_id=pool.id,
                lifecycle_state=StreamState.ACTIVE,
                time_created=now,
                messages_endpoint=self._endpoint,
                retention_in_hours=details.retention_in_hours or _RETENTION,
                freeform_tags=details.freeform_tags or {},
                defined_tags=details.defined_tags or {},
            )
            stored = store.streams.add(tx, stream)
            log.add_partitions(tx, stream.id, stream.partitions)
            again.remember(tx, stream.id, now)
            return stored

    def get(self, id: str) -> Stored[Stream]:
        """Return a stream, also a deleted one."""
        with self._database.read() as tx:
            return get(tx, id)

    def list(self, query: ListQuery, filters: Filters) -> Page[Stream]:
        """Return a page of the streams of a compartment or of a pool."""
        asked = [name for name in ("compartment_id", "stream_pool_id") if filters.get(name) is not None]
        _refuse_neither_and_both(asked)
        with self._database.read() as tx:
            return store.streams.page(tx, query, filters)

    def update(self, id: str, details: UpdateStreamDetails, *, if_match: str | None) -> Stored[Stream]:
        """Change what the details name: tags, or the pool that the stream is in."""
        with self._database.write() as tx:
            stream = _to_change(tx, id)
            if details.stream_pool_id is not None and details.stream_pool_id != stream.stream_pool_id:
                pool = _related_pool(tx, details.stream_pool_id)
                stream = _moved(tx, stream, pool)
            changed = msgspec.structs.replace(stream, **given(details, but=("stream_pool_id",)))
            return store.streams.replace(tx, changed, if_match=if_match)

    def change_compartment(self, id: str, compartment_id: str, *, if_match: str | None) -> str:
        """Put a stream into the default pool of another compartment; return its etag."""
        now = self._clock()
        with self._database.write() as tx:
            stream = _to_change(tx, id)
            if compartment_id != stream.compartment_id:
                stream = _moved(tx, stream, default_pool(tx, compartment_id, now=now))
            return store.streams.replace(tx, stream, if_match=if_match).etag

    def delete(self, id: str, *, if_match: str | None) -> None:
        """Delete a stream with all of its messages.

        Raises:
            Conflict: A deployment uses it.
        """
        with self._database.write() as tx:
            delete_stream(tx, get(tx, id).noun, used_by=self._used_by, if_match=if_match)


def get(tx: sa.Connection, id: str) -> Stored[Stream]:
    """Return a stream, also a deleted one; raise NotFound where there is none."""
    found = store.streams.find(tx, id)
    if found is None:
        raise NotFound(f"There is no stream {id}.")
    return found


def active(tx: sa.Connection, id: str, *, verb: str) -> Stream:
    """Return a stream in which something can be done; raise Conflict where it cannot."""
    stream = get(tx, id).noun
    next_state(STREAM_MOVES, verb, stream.lifecycle_state, what=f"Stream {id}")
    return stream


def _to_change(tx: sa.Connection, id: str) -> Stream:
    return active(tx, id, verb="update")


def _pool_for(tx: sa.Connection, details: CreateStreamDetails, *, now: datetime) -> StreamPool:
    asked = [name for name in ("compartment_id", "stream_pool_id") if getattr(details, name) is not None]
    _refuse_neither_and_both(asked)
    if details.stream_pool_id is not None:
        return _related_pool(tx, details.stream_pool_id)
    assert details.compartment_id is not None
    return default_pool(tx, details.compartment_id, now=now)


def _related_pool(tx: sa.Connection, id: str) -> StreamPool:
    found = store.pools.find(tx, id)
    if found is None or found.noun.lifecycle_state is StreamPoolState.DELETED:
        raise RelatedResourceNotFound(f"There is no stream pool {id}: list the stream pools, or create one.")
    next_state(STREAM_POOL_MOVES, "add_stream", found.noun.lifecycle_state, what=f"Stream pool {id}")
    return found.noun


def _moved(tx: sa.Connection, stream: Stream, pool: StreamPool) -> Stream:
    _refuse_name_of_another(tx, stream.name, pool_id=pool.id)
    return msgspec.structs.replace(stream, stream_pool_id=pool.id, compartment_id=pool.compartment_id)


def _refuse_neither_and_both(asked: list[str]) -> None:
    if not asked:
        raise MissingParameter("compartmentId or streamPoolId is required: name the one that the stream is in.")
    if len(asked) > 1:
        raise InvalidParameter("compartmentId and streamPoolId are both given; leave one of them out.")


def _refuse_name_of_another(tx: sa.Connection, name: str, *, pool_id: str) -> None:
    columns = store.streams.table.c
    other = tx.execute(
        sa.select(columns.id)
        .where(
            columns.stream_pool_id == pool_id,
            columns.name == name,
            columns.lifecycle_state != str(StreamState.DELETED),
        )
        .limit(1)
    ).scalar()
    if other is not None:
        raise Conflict(f"The pool has a stream {name!r} already, {other}: use it, or choose another name.")
