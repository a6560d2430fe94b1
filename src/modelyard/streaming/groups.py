"""Groups: readers that share the partitions of a stream, each message for one of them."""

from __future__ import annotations

import uuid

import msgspec
import sqlalchemy as sa

from modelyard import ids
from modelyard.database.engine import Database
from modelyard.database.records import microseconds, moment
from modelyard.errors import InvalidParameter, MissingParameter, NotFound
from modelyard.resources.noun import zoned
from modelyard.resources.streaming import (
    CreateGroupCursorDetails,
    Group,
    PartitionReservation,
    Stream,
    UpdateGroupDetails,
)
from modelyard.streaming import cursors, group_log, log
from modelyard.streaming.changes import Clock
from modelyard.streaming.cursors import GroupCursor, PartitionCursor, Place
from modelyard.streaming.group_log import Reservation
from modelyard.streaming.reading import MOST_BYTES, Batch, first_kept, read_batch
from modelyard.streaming.streams import active

_TIMEOUT = 30_000
"""How long an instance may be silent before others take over what it has reserved, unless told, in milliseconds."""


class Groups:
    """Keep groups.

    Args:
        database: Where rows are.
        clock: The time, with its zone.
    """

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def cursor(self, stream_id: str, details: CreateGroupCursorDetails) -> str:
        """Let an instance take part in a group, made where it is new; return the instance's cursor."""
        now = microseconds(self._clock())
        instance = details.instance_name or str(uuid.UUID(ids.unguessable(), version=4))
        timeout = (details.timeout_in_ms or _TIMEOUT) * 1000
        with self._database.write() as tx:
            stream = active(tx, stream_id, verb="read")
            group = group_log.find(tx, stream_id, details.group_name)
            if group is None:
                positions = _positions(tx, stream, details, now=now)
                group = group_log.add(tx, stream_id, details.group_name, positions=positions)
            held = group_log.reserve(tx, group, instance, timeout=timeout, now=now)
        cursor = GroupCursor(
            given=now,
            group=details.group_name,
            instance=instance,
            timeout=timeout,
            commits=details.commit_on_get is not False,
            places=[_place(each) for each in held],
        )
        return cursors.seal(cursor, stream_id=stream_id)

    def read(self, stream_id: str, cursor: GroupCursor, *, limit: int, now: int) -> tuple[list[Batch], GroupCursor]:
        """Read on in every partition that an instance has; what it read before is committed, unless it does that."""
        with self._database.write() as tx:
            stream = active(tx, stream_id, verb="read")
            group = _find(tx, stream_id, cursor.group)
            if cursor.commits:
                group_log.commit(tx, group, cursor.instance, cursor.places)
            places = _held(tx, group, cursor, now=now)
            batches = _read_in_turn(tx, stream, places, turn=cursor.turn, limit=limit, now=now)
        ends = {batch.number: batch.end for batch in batches}
        following = msgspec.structs.replace(
            cursor,
            given=now,
            places=[place._replace(offset=ends.get(place.number, place.offset)) for place in places],
            turn=batches[-1].number + 1 if batches else cursor.turn,
        )
        return batches, following

    def commit(self, stream_id: str, cursor: str) -> str:
        """Write down that everything before a cursor is done, and hold what it has reserved; return it anew."""
        return self._show(stream_id, cursor, commits=True)

    def heartbeat(self, stream_id: str, cursor: str) -> str:
        """Hold what the instance of a cursor has reserved for longer; return the cursor anew."""
        return self._show(stream_id, cursor, commits=False)

    def get(self, stream_id: str, name: str) -> Group:
        """Return how a group stands."""
        now = microseconds(self._clock())
        with self._database.read() as tx:
            active(tx, stream_id, verb="read")
            standing = group_log.reservations_of(tx, _find(tx, stream_id, name), now=now)
        return Group(stream_id=stream_id, group_name=name, reservations=[_reservation(each) for each in standing])

    def update(self, stream_id: str, name: str, details: UpdateGroupDetails) -> None:
        """Let a group read on from elsewhere; what its instances have read and not committed counts as not read."""
        now = microseconds(self._clock())
        with self._database.write() as tx:
            stream = active(tx, stream_id, verb="read")
            group = _find(tx, stream_id, name)
            group_log.reset(tx, group, positions=_positions(tx, stream, details, now=now))

    def _show(self, stream_id: str, text: str, *, commits: bool) -> str:
        now = microseconds(self._clock())
        cursor = cursors.unseal(text, stream_id=stream_id, now=now)
        if isinstance(cursor, PartitionCursor):
            raise InvalidParameter("The cursor is of a partition: only those of groups are committed or kept alive.")
        with self._database.write() as tx:
            active(tx, stream_id, verb="read")
            group = _find(tx, stream_id, cursor.group)
            if commits:
                group_log.commit(tx, group, cursor.instance, cursor.places)
            places = _held(tx, group, cursor, now=now)
        return cursors.seal(msgspec.structs.replace(cursor, given=now, places=places), stream_id=stream_id)


def _find(tx: sa.Connection, stream_id: str, name: str) -> int:
    group = group_log.find(tx, stream_id, name)
    if group is None:
        raise NotFound(f"Stream {stream_id} has no group {name!r}: a group cursor makes one.")
    return group


def _held(tx: sa.Connection, group: int, cursor: GroupCursor, *, now: int) -> list[Place]:
    """Return where an instance is in what it has: where its cursor says, unless that is of an older reservation."""
    held = group_log.reserve(tx, group, cursor.instance, timeout=cursor.timeout, now=now)
    known = {(place.number, place.epoch): place for place in cursor.places}
    return [known.get((each.number, each.epoch), _place(each)) for each in held]


def _place(reservation: Reservation) -> Place:
    return Place(reservation.number, reservation.epoch, reservation.position)


def _read_in_turn(
    tx: sa.Connection, stream: Stream, places: list[Place], *, turn: int, limit: int, now: int
) -> list[Batch]:
    partitions = log.partitions_of(tx, stream.id)
    batches: list[Batch] = []
    size = MOST_BYTES
    for place in sorted(places, key=lambda place: (place.number < turn, place.number)):
        if limit <= 0 or size <= 0:
            break
        batch = read_batch(
            tx, stream, partitions[place.number], start=place.offset, limit=limit, now=now, most_bytes=size
        )
        if batch.messages:
            batches.append(batch)
            limit -= len(batch.messages)
            size -= batch.size
    return batches


def _positions(
    tx: sa.Connection, stream: Stream, start: CreateGroupCursorDetails | UpdateGroupDetails, *, now: int
) -> dict[int, int]:
    if start.type is None:
        raise MissingParameter("type is required and missing from the body.")
    if start.type == "AT_TIME" and start.time is None:
        raise MissingParameter("time is required with AT_TIME and missing from the body.")
    positions = {}
    for partition in log.partitions_of(tx, stream.id):
        if start.type == "LATEST":
            positions[partition.number] = partition.next_offset
        elif start.type == "AT_TIME":
            assert start.time is not None
            positions[partition.number] = log.offset_at(tx, partition, microseconds(zoned(start.time)))
        else:
            positions[partition.number] = first_kept(tx, stream, partition, now=now)
    return positions


def _reservation(each: Reservation) -> PartitionReservation:
    return PartitionReservation(
        partition=str(each.number),
        committed_offset=each.committed,
        reserved_instance=each.instance,
        time_reserved_until=None if each.reserved_until is None else moment(each.reserved_until),
    )
