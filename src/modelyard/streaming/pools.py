"""Stream pools: the rules."""

from __future__ import annotations

from datetime import datetime

import msgspec
import sqlalchemy as sa

from modelyard import ids
from modelyard.database.engine import Database
from modelyard.database.retry_tokens import Repeatable
from modelyard.errors import Conflict, MethodNotImplemented, NotFound
from modelyard.lifecycle import STREAM_POOL_MOVES, StreamPoolState, StreamState, next_state
from modelyard.resources.noun import given
from modelyard.resources.streaming import (
    CreateStreamPoolDetails,
    Stream,
    StreamPool,
    UpdateStreamPoolDetails,
)
from modelyard.streaming import store
from modelyard.streaming.changes import Clock, UsedBy
from modelyard.streaming.deletion import delete_stream
from modelyard.wire.etags import Stored
from modelyard.wire.paging import Filters, ListQuery, Page

DEFAULT_POOL = "DefaultPool"
"""The name of the pool that takes the streams of a compartment that name none."""

_NOT_KEPT = ("kafka_settings", "custom_encryption_key_details")


class Pools:
    """Keep stream pools.

    Args:
        database: Where rows are.
        clock: The time, with its zone.
        used_by: Tells which deployment uses a stream, so that it is not deleted under it.
    """

    def __init__(self, database: Database, *, clock: Clock, used_by: UsedBy) -> None:
        self._database = database
        self._clock = clock
        self._used_by = used_by

    def create(self, details: CreateStreamPoolDetails, *, again: Repeatable) -> Stored[StreamPool]:
        """Create a pool without streams."""
        if details.private_endpoint_details is not None:
            raise MethodNotImplemented("There are no private networks here: leave privateEndpointDetails out.")
        _refuse_what_is_not_kept(details)
        now = self._clock()
        with self._database.write() as tx:
            if earlier := again.earlier(tx, now):
                return get(tx, earlier)
            if details.name == DEFAULT_POOL:
                raise Conflict(f"{DEFAULT_POOL} is the pool that a compartment has by itself: choose another name.")
            _refuse_name_of_another(tx, details.name, compartment_id=details.compartment_id)
            pool = StreamPool(
                id=ids.mint(ids.STREAM_POOL),
                compartment_id=details.compartment_id,
                name=details.name,
                lifecycle_state=StreamPoolState.ACTIVE,
                time_created=now,
                freeform_tags=details.freeform_tags or {},
                security_attributes=details.security_attributes or {},
                defined_tags=details.defined_tags or {},
            )
            again.remember(tx, pool.id, now)
            return store.pools.add(tx, pool)

    def get(self, id: str) -> Stored[StreamPool]:
        """Return a pool, also a deleted one."""
        with self._database.read() as tx:
            return get(tx, id)

    def list(self, query: ListQuery, filters: Filters) -> Page[StreamPool]:
        """Return a page of pools."""
        with self._database.read() as tx:
            return store.pools.page(tx, query, filters)

    def update(self, id: str, details: UpdateStreamPoolDetails, *, if_match: str | None) -> Stored[StreamPool]:
        """Change what the details name."""
        _refuse_what_is_not_kept(details)
        with self._database.write() as tx:
            pool = _to_change(tx, id)
            if details.name is not None and details.name != pool.name:
                if DEFAULT_POOL in {pool.name, details.name}:
                    raise Conflict(f"{DEFAULT_POOL} is always the name of the pool that a compartment has by itself.")
                _refuse_name_of_another(tx, details.name, compartment_id=pool.compartment_id)
            fields = given(details, but=_NOT_KEPT)
            return store.pools.replace(tx, msgspec.structs.replace(pool, **fields), if_match=if_match)

    def change_compartment(self, id: str, compartment_id: str, *, if_match: str | None) -> str:
        """Put a pool and its streams into another compartment; return its etag."""
        with self._database.write() as tx:
            pool = _to_change(tx, id)
            if pool.name == DEFAULT_POOL:
                raise Conflict(f"{DEFAULT_POOL} belongs to its compartment: move its streams instead.")
            if compartment_id != pool.compartment_id:
                _refuse_name_of_another(tx, pool.name, compartment_id=compartment_id)
            for stream in living_streams(tx, id):
                store.streams.replace(tx, msgspec.structs.replace(stream, compartment_id=compartment_id))
            moved = msgspec.structs.replace(pool, compartment_id=compartment_id)
            return store.pools.replace(tx, moved, if_match=if_match).etag

    def delete(self, id: str, *, if_match: str | None) -> None:
        """Delete a pool with all of its streams.

        Raises:
            Conflict: It is a compartment's default pool, or a deployment uses one of its streams.
        """
        with self._database.write() as tx:
            pool = get(tx, id).noun
            state = next_state(STREAM_POOL_MOVES, "delete", pool.lifecycle_state, what=f"Stream pool {id}")
            if pool.name == DEFAULT_POOL:
                raise Conflict("The default pool of a compartment is always there: delete its streams instead.")
            store.pools.replace(tx, msgspec.structs.replace(pool, lifecycle_state=state), if_match=if_match)
            for stream in living_streams(tx, id):
                delete_stream(tx, stream, used_by=self._used_by)


def get(tx: sa.Connection, id: str) -> Stored[StreamPool]:
    """Return a pool, also a deleted one; raise NotFound where there is none."""
    found = store.pools.find(tx, id)
    if found is None:
        raise NotFound(f"There is no stream pool {id}.")
    return found


def default_pool(tx: sa.Connection, compartment_id: str, *, now: datetime) -> StreamPool:
    """Return the default pool of a compartment, made where it is missing."""
    columns = store.pools.table.c
    found = store.pools.where(tx, columns.compartment_id == compartment_id, columns.name == DEFAULT_POOL)
    if found:
        return found[0]
    pool = StreamPool(
        id=ids.mint(ids.STREAM_POOL),
        compartment_id=compartment_id,
        name=DEFAULT_POOL,
        lifecycle_state=StreamPoolState.ACTIVE,
        time_created=now,
    )
    return store.pools.add(tx, pool).noun


def living_streams(tx: sa.Connection, pool_id: str) -> list[Stream]:
    """Return the streams of a pool that are not deleted."""
    columns = store.streams.table.c
    return store.streams.where(
        tx, columns.stream_pool_id == pool_id, columns.lifecycle_state != str(StreamState.DELETED)
    )


def _to_change(tx: sa.Connection, id: str) -> StreamPool:
    pool = get(tx, id).noun
    next_state(STREAM_POOL_MOVES, "update", pool.lifecycle_state, what=f"Stream pool {id}")
    return pool


def _refuse_what_is_not_kept(details: CreateStreamPoolDetails | UpdateStreamPoolDetails) -> None:
    if details.custom_encryption_key_details is not None:
        raise MethodNotImplemented(
            "There is no vault here and nothing is encrypted by its keys: leave customEncryptionKeyDetails out."
        )
    kafka = details.kafka_settings
    if kafka is not None and any(value is not None for value in msgspec.structs.astuple(kafka)):
        raise MethodNotImplemented("Streams are not served to Kafka clients here: leave kafkaSettings out.")


def _refuse_name_of_another(tx: sa.Connection, name: str, *, compartment_id: str) -> None:
    columns = store.pools.table.c
    other = tx.execute(
        sa.select(columns.id)
        .where(
            columns.compartment_id == compartment_id,
            columns.name == name,
            columns.lifecycle_state != str(StreamPoolState.DELETED),
        )
        .limit(1)
    ).scalar()
    if other is not None:
        raise Conflict(f"The compartment has a stream pool {name!r} already, {other}: use it, or choose another name.")
