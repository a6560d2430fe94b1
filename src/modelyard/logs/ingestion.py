"""Ingestion: entries from outside into a log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from modelyard.database.engine import Database
from modelyard.database.records import microseconds
from modelyard.errors import Conflict, InvalidParameter
from modelyard.logs import lookup, store
from modelyard.logs.changes import Clock
from modelyard.logs.moments import exact
from modelyard.logs.store import Entry
from modelyard.resources.log_ingestion import MOST_ENTRIES, LogEntryBatch, PutLogsDetails

SPEC_VERSION = "1.0"
LARGEST_ENTRY = 1024 * 1024
"""How many bytes an entry's data may have."""

DEEPEST = 100
"""How deep an entry's data may be nested: a search goes down into it, and is not to fail at what somebody has put."""

_LATEST = 253_402_300_800_000_000  # the year 10000


class Ingestion:
    """Take entries.

    Args:
        database: Where they are kept.
        clock: The time, with its zone.
    """

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def put(self, log_id: str, details: PutLogsDetails) -> None:
        """Keep entries, all or none.

        Raises:
            InvalidParameter: There are too many, or one is too large or of no time.
            NotFound: There is no such log.
            Conflict: The log takes none: it is disabled.
        """
        if details.specversion != SPEC_VERSION:
            raise InvalidParameter(f"specversion is {details.specversion!r}; {SPEC_VERSION!r} is the one there is.")
        count = sum(len(batch.entries) for batch in details.log_entry_batches)
        if count > MOST_ENTRIES:
            raise InvalidParameter(f"logEntryBatches has {count} entries in all; {MOST_ENTRIES} are the most.")
        now = microseconds(self._clock())
        entries = [
            entry
            for number, batch in enumerate(details.log_entry_batches)
            for entry in _entries(batch, log_id, now=now, where=f"logEntryBatches[{number}]")
        ]
        with self._database.write() as tx:
            log = lookup.log(tx, log_id).noun
            if not log.is_enabled:
                raise Conflict(f"Log {log_id} is disabled and takes no entries: enable it first.")
            store.add_entries(tx, entries)


def _entries(batch: LogEntryBatch, log_id: str, *, now: int, where: str) -> Iterator[Entry]:
    for number, entry in enumerate(batch.entries):
        place = f"{where}.entries[{number}]"
        size = len(entry.data.encode("utf-8", "surrogatepass"))
        if size > LARGEST_ENTRY:
            raise InvalidParameter(f"{place}.data has {size} bytes; {LARGEST_ENTRY} are the most.")
        yield Entry(
            log_id=log_id,
            time=_time(entry.time or batch.defaultlogentrytime, place=place),
            ingested=now,
            id=entry.id,
            source=batch.source,
            type=batch.type,
            subject=batch.subject,
            data=_data(entry.data),
        )


def _time(moment: datetime, *, place: str) -> int:
    value = exact(moment)
    if not 0 <= value < _LATEST:
        raise InvalidParameter(f"{place} is of {moment.isoformat()}; its time must be in the years 1970 to 9999.")
    return value


def _data(text: str) -> bytes:
    """Return an entry's data as JSON: an object as it is, any other text as its message."""
    if text.lstrip().startswith("{"):
        try:
            data = msgspec.json.decode(text, type=dict[str, object])
            if not _is_deep(data):
                return msgspec.json.encode(data)
        except (msgspec.DecodeError, RecursionError):
            pass  # text that only looks like an object
    return msgspec.json.encode({"message": text})


def _is_deep(data: object) -> bool:
    level = [data]
    for _ in range(DEEPEST):
        level = [part for value in level for part in _parts(value)]
        if not level:
            return False
    return True


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
