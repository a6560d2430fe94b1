"""Messages: put into a stream, and read from one of its partitions by a cursor."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from modelyard.database.engine import Database
from modelyard.database.records import microseconds, moment
from modelyard.errors import InvalidParameter, MissingParameter, PayloadTooLarge
from modelyard.resources.noun import zoned
from modelyard.resources.streaming import (
    CreateCursorDetails,
    Message,
    PutMessagesDetailsEntry,
    PutMessagesResult,
    PutMessagesResultEntry,
    Stream,
)
from modelyard.streaming import cursors, log
from modelyard.streaming.arrivals import Arrivals
from modelyard.streaming.changes import Clock
from modelyard.streaming.cursors import GroupCursor, PartitionCursor
from modelyard.streaming.groups import Groups
from modelyard.streaming.log import Entry, Kept, Partition
from modelyard.streaming.reading import Batch, first_kept, read_batch
from modelyard.streaming.streams import active

LARGEST = 1024 * 1024
"""The largest message, and the most that one request may put, in bytes of keys and values."""

LONGEST_KEY = 256

MOST_AT_ONCE = 10_000


@dataclass(frozen=True)
class Answer:
    """Be what was read, and the cursor to read on by."""

    messages: list[Message]
    cursor: str


class Messages:
    """Put and get messages.

    Args:
        database: Where rows are.
        groups: Those who read by the cursors of groups.
        clock: The time, with its zone.
        arrivals: Told of new messages.
    """

    def __init__(self, database: Database, groups: Groups, *, clock: Clock, arrivals: Arrivals) -> None:
        self._database = database
        self._groups = groups
        self._clock = clock
        self._arrivals = arrivals

    def put(self, stream_id: str, entries: Sequence[PutMessagesDetailsEntry]) -> PutMessagesResult:
        """Put messages at the end of their partitions: one key's always into the same, others in turn.

        A message that is too large by itself fails alone. What is said to be kept is on disk.

        Raises:
            InvalidParameter: A key or value is no base64; nothing is kept.
            PayloadTooLarge: The messages are too large together; nothing is kept.
        """
        decoded = [_decoded(entry, number) for number, entry in enumerate(entries)]
        taken = [entry for entry in decoded if isinstance(entry, Entry)]
        size = sum(len(entry.value) + len(entry.key or b"") for entry in taken)
        if size > LARGEST:
            raise PayloadTooLarge(f"The messages have {size} bytes together; one request takes at most {LARGEST}.")
        now = microseconds(self._clock())
        with self._database.write() as tx:
            active(tx, stream_id, verb="put")
            places = put(tx, stream_id, taken, now=now)
        self._arrivals.tell(stream_id, {place.number for place in places})
        kept = iter(places)
        answers = [entry if isinstance(entry, PutMessagesResultEntry) else _placed(next(kept)) for entry in decoded]
        return PutMessagesResult(failures=len(entries) - len(taken), entries=answers)

    def cursor(self, stream_id: str, details: CreateCursorDetails) -> str:
        """Return a cursor at a place in a partition.

        Raises:
            InvalidParameter: There is no such partition, or no message with this offset (any more).
        """
        now = microseconds(self._clock())
        with self._database.read() as tx:
            stream = active(tx, stream_id, verb="read")
            partition = _partition(tx, stream, details.partition)
            offset = _start(tx, partition, details, oldest=first_kept(tx, stream, partition, now=now))
        return cursors.seal(PartitionCursor(given=now, number=partition.number, offset=offset), stream_id=stream_id)

    def get(self, stream_id: str, cursor: str, *, limit: int) -> Answer:
        """Return messages from a cursor on: up to a number of them, and of no more than a response takes."""
        now = microseconds(self._clock())
        place = cursors.unseal(cursor, stream_id=stream_id, now=now)
        following: PartitionCursor | GroupCursor
        if isinstance(place, GroupCursor):
            batches, following = self._groups.read(stream_id, place, limit=limit, now=now)
        else:
            batches, following = self._read(stream_id, place, limit=limit, now=now)
        found = [_message(stream_id, batch.number, kept) for batch in batches for kept in batch.messages]
        return Answer(found, cursors.seal(following, stream_id=stream_id))

    def _read(
        self, stream_id: str, place: PartitionCursor, *, limit: int, now: int
    ) -> tuple[list[Batch], PartitionCursor]:
        with self._database.read() as tx:
            stream = active(tx, stream_id, verb="read")
            partition = _partition(tx, stream, str(place.number))
            batch = read_batch(tx, stream, partition, start=place.offset, limit=limit, now=now)
        return [batch], PartitionCursor(given=now, number=place.number, offset=batch.end)


@dataclass(frozen=True)
class Placed:
    """Be where a message was put, and when, in microseconds."""

    number: int
    offset: int
    time: int


def put(
    tx: sa.Connection, stream_id: str, entries: Sequence[Entry], *, now: int, unkeyed: int | None = None
) -> list[Placed]:
    """Put messages into a stream, in the caller's transaction; return where they are, in their order.

    Args:
        tx: The transaction.
        stream_id: An active stream.
        entries: The messages.
        now: The time in microseconds.
        unkeyed: The partition, or a number that becomes one by division, of the messages without a key; each in its
            turn unless told.
    """
    partitions = log.partitions_of(tx, stream_id)
    turn = sum(partition.next_offset for partition in partitions)
    shares: dict[int, list[int]] = {}
    for index, entry in enumerate(entries):
        number = _number(entry.key, turn + index if unkeyed is None else unkeyed, count=len(partitions))
        shares.setdefault(number, []).append(index)
    placed: dict[int, Placed] = {}
    for number, indices in shares.items():
        first, time = log.append(tx, partitions[number], [entries[index] for index in indices], now=now)
        placed.update({index: Placed(number, first + nth, time) for nth, index in enumerate(indices)})
    return [placed[index] for index in range(len(entries))]


def _number(key: bytes | None, turn: int, *, count: int) -> int:
    """Return the partition of a key: the same on every machine and in every version, or readers lose their order."""
    if not key:
        return turn % count
    return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big") % count


def _decoded(entry: PutMessagesDetailsEntry, number: int) -> Entry | PutMessagesResultEntry:
    value = _bytes(entry.value, f"messages[{number}].value")
    key = None if entry.key is None else _bytes(entry.key, f"messages[{number}].key")
    if key is not None and len(key) > LONGEST_KEY:
        return PutMessagesResultEntry(
            error=InvalidParameter.code, error_message=f"The key has {len(key)} bytes; it may have {LONGEST_KEY}."
        )
    if len(value) > LARGEST:
        return PutMessagesResultEntry(
            error=PayloadTooLarge.code, error_message=f"The value has {len(value)} bytes; it may have {LARGEST}."
        )
    return Entry(value, key or None)


def _bytes(text: str, where: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidParameter(f"{where} is no base64, it begins with {text[:20]!r}: {error}.") from None


def _placed(place: Placed) -> PutMessagesResultEntry:
    return PutMessagesResultEntry(partition=str(place.number), offset=place.offset, timestamp=moment(place.time))


def _message(stream_id: str, number: int, kept: Kept) -> Message:
    return Message(
        stream=stream_id,
        partition=str(number),
        key=None if kept.key is None else base64.b64encode(kept.key).decode("ascii"),
        value=base64.b64encode(kept.value).decode("ascii"),
        offset=kept.offset,
        timestamp=moment(kept.time),
    )


def _partition(tx: sa.Connection, stream: Stream, name: str) -> Partition:
    numbers: Iterable[str] = map(str, range(stream.partitions))
    if name not in numbers:
        raise InvalidParameter(
            f"partition is {name[:40]!r}; stream {stream.id} has the partitions 0 to {stream.partitions - 1}."
        )
    return log.partitions_of(tx, stream.id)[int(name)]


def _start(tx: sa.Connection, partition: Partition, details: CreateCursorDetails, *, oldest: int) -> int:
    if details.type == "TRIM_HORIZON":
        return oldest
    if details.type == "LATEST":
        return partition.next_offset
    if details.type == "AT_TIME":
        if details.time is None:
            raise MissingParameter("time is required with AT_TIME and missing from the body.")
        return max(oldest, log.offset_at(tx, partition, microseconds(zoned(details.time))))
    if details.offset is None:
        raise MissingParameter(f"offset is required with {details.type} and missing from the body.")
    start = details.offset + (details.type == "AFTER_OFFSET")
    if not oldest <= start <= partition.next_offset:
        raise InvalidParameter(
            f"offset is {details.offset}; partition {partition.number} has the messages {oldest} to "
            f"{partition.next_offset - 1}: older ones have expired (TRIM_HORIZON is the oldest that is kept)."
            if partition.next_offset > oldest
            else f"offset is {details.offset}; partition {partition.number} has no messages, the next one is {oldest}."
        )
    return start
