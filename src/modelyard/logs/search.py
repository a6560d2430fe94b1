"""Search: the logs that a query names, their entries in order, those that it describes, page by page."""

from __future__ import annotations

import heapq
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from operator import attrgetter
from typing import Annotated, NamedTuple, Union

import msgspec
import sqlalchemy as sa

from modelyard.database.engine import Database
from modelyard.errors import InvalidParameter
from modelyard.logs import lookup, store
from modelyard.logs.content import Content, Json, canonical, content_of, value_of
from modelyard.logs.counting import counted
from modelyard.logs.matching import NUMBER, TEXT, Key, key_of, test_of
from modelyard.logs.moments import moment_of
from modelyard.logs.query import Query, Scope, Selected, parse
from modelyard.logs.store import Entry
from modelyard.resources.logging import Log
from modelyard.wire.paging import Cursor, ListQuery, cursor_of

MOST = 1000
"""The longest page."""

LONGEST_WINDOW = timedelta(days=14)
"""The longest time that one search may be over."""

MOST_READ = 500_000
"""How many entries one search may look at."""

LARGEST_PAGE = 64 * 1024 * 1024
"""How many bytes of data one page may have."""

PATIENCE = 30.0
"""How long one search may take, in seconds: official clients wait for 60, and then ask again."""

_LARGEST_TIME = 2**62

MOST_LOGS = 200
"""How many logs one search may be over."""


class LogSearch(ListQuery, frozen=True, kw_only=True):
    """Be one page of what a query finds in a time; the times as text in RFC 3339."""

    query: str
    time_start: str
    time_end: str
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST)] = 100


class Found(NamedTuple):
    """Be an entry that was found: its time in milliseconds, and what it says."""

    datetime: int
    content: dict[str, Json]


@dataclass(frozen=True)
class FoundPage:
    """Be a page of what was found, and where the next begins; None at the end."""

    found: list[Found]
    """The entries; none where they are only counted."""

    shown: list[dict[str, Json]]
    """What the query wants to be told of each of them, or of their number."""

    next: Cursor | None


class _Row(NamedTuple):
    """Be where an entry that fits is found; rows sort as their entries do."""

    key: Key
    number: int
    size: int


class _Place(NamedTuple):
    """Be the last row of the page before, and how many rows there were up to it."""

    key: Key
    number: int
    given: int


class Searches:
    """Find entries.

    Args:
        database: Where they are.
        patience: How long one search may take, in seconds.
    """

    def __init__(self, database: Database, *, patience: float = PATIENCE) -> None:
        self._database = database
        self._patience = patience

    def find(self, search: LogSearch) -> FoundPage:
        """Return a page of what is found.

        Raises:
            InvalidParameter: The query is none, the time is none or too long, or there is too much to look at.
            NotFound: The query names a log group or log that is not there.
        """
        start, end = _window(search)
        query = parse(search.query)
        place = _place(search, query)
        given = place.given if place else 0
        limit = search.limit if query.limit is None else max(0, min(search.limit, query.limit - given))
        with self._database.read() as tx:
            logs = _logs(tx, query.scopes)
            if query.count is not None:
                entries = self._bearable(_entries(tx, logs, query, start=start, end=end, place=None))
                counts = counted((content for _, content in _matching(entries, logs, query)), query.count)
                return _counts_page(counts[given:], query, limit=limit, given=given)
            entries = self._bearable(_entries(tx, logs, query, start=start, end=end, place=place))
            rows = _behind(_rows(_matching(entries, logs, query), query), place, descending=query.descending)
            kept = _first(rows, query, limit + 1)
            more = len(kept) > limit and (query.limit is None or given + limit < query.limit)
            kept = kept[:limit]
            found = _found(tx, logs, kept)
        return FoundPage(
            found=found,
            shown=[_shown(each, query.select) for each in found],
            next=_cursor(kept[-1], given=given + len(kept)) if more and kept else None,
        )

    def _bearable(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Yield entries, as long as there are not too many and nobody has to wait too long."""
        until = time.monotonic() + self._patience
        for read, entry in enumerate(entries, 1):
            if read > MOST_READ:
                raise _too_large(f"over {MOST_READ} entries are in the time")
            if time.monotonic() > until:
                raise _too_large(f"{self._patience:g} s were enough for {read - 1} entries")
            yield entry


def _shown(found: Found, select: Sequence[Selected]) -> dict[str, Json]:
    if not select:
        return {"datetime": found.datetime, "logContent": found.content}
    return {
        each.name: found.datetime
        if canonical(each.field) == "datetime"
        else value_of(found.content, canonical(each.field))
        for each in select
    }


def _counts_page(counts: list[dict[str, Json]], query: Query, *, limit: int, given: int) -> FoundPage:
    """Return the next numbers; where they go on says only how many there were before: they are counted anew."""
    kept = counts[:limit]
    more = len(counts) > limit and (query.limit is None or given + limit < query.limit)
    token = _Token((NUMBER, 0), 0, given + len(kept))
    return FoundPage(found=[], shown=kept, next=_cursor_of(token) if more and kept else None)


def _window(search: LogSearch) -> tuple[int, int]:
    moments = []
    for name, text in (("timeStart", search.time_start), ("timeEnd", search.time_end)):
        moment = moment_of(text)
        if moment is None:
            raise InvalidParameter(f"{name} is {text!r}; it takes a time such as 2026-01-31T12:00:00Z.")
        moments.append(moment)
    start, end = moments
    if start >= end:
        raise InvalidParameter(f"timeStart, {search.time_start}, is not before timeEnd, {search.time_end}.")
    if end - start > LONGEST_WINDOW // timedelta(microseconds=1):
        raise InvalidParameter(
            f"There are more than {LONGEST_WINDOW.days} days between timeStart, {search.time_start}, and timeEnd, "
            f"{search.time_end}: search one part of the time after another."
        )
    return start, end


def _logs(tx: sa.Connection, scopes: Iterable[Scope]) -> Mapping[str, Log]:
    found = {log.id: log for scope in scopes for log in _logs_of(tx, scope)}
    if len(found) > MOST_LOGS:
        raise InvalidParameter(
            f"The query is over {len(found)} logs; {MOST_LOGS} are the most: name log groups, or logs."
        )
    return found


def _logs_of(tx: sa.Connection, scope: Scope) -> Iterable[Log]:
    if scope.log_group_id is None:
        return store.logs_in(tx, compartment_id=scope.compartment_id)
    lookup.log_group_in(tx, scope.log_group_id, compartment_id=scope.compartment_id)
    if scope.log_id is None:
        return store.logs_in(tx, compartment_id=scope.compartment_id, log_group_id=scope.log_group_id)
    return [lookup.log(tx, scope.log_id, log_group_id=scope.log_group_id).noun]


def _entries(
    tx: sa.Connection, logs: Iterable[str], query: Query, *, start: int, end: int, place: _Place | None
) -> Iterator[Entry]:
    """Yield the entries of some logs as one stream, in order of time where the query wants them so."""
    descending = query.descending
    if place is not None and _is_by_time(query):
        start, end = (start, min(end, int(place.key[1]) + 1)) if descending else (max(start, int(place.key[1])), end)
    streams = [store.entries_between(tx, id, start=start, end=end, descending=descending) for id in logs]
    return heapq.merge(*streams, key=attrgetter("time", "number"), reverse=descending)


def _matching(entries: Iterable[Entry], logs: Mapping[str, Log], query: Query) -> Iterator[tuple[Entry, Content]]:
    fits = test_of(query.condition)
    for entry in entries:
        content = content_of(entry, logs[entry.log_id])
        if fits(content):
            yield entry, content


def _rows(matching: Iterable[tuple[Entry, Content]], query: Query) -> Iterator[_Row]:
    by_time = _is_by_time(query)
    for entry, content in matching:
        key: Key = (NUMBER, entry.time) if by_time else key_of(content, query.sort_by)
        yield _Row(key, entry.number, len(entry.data))


def _found(tx: sa.Connection, logs: Mapping[str, Log], rows: Sequence[_Row]) -> list[Found]:
    """Read anew what was found: what was not chosen of all that fits was not kept."""
    entries = store.entries_by_number(tx, [row.number for row in rows])
    chosen = [entries[row.number] for row in rows]
    return [Found(entry.time // 1000, content_of(entry, logs[entry.log_id])) for entry in chosen]


def _behind(rows: Iterable[_Row], place: _Place | None, *, descending: bool) -> Iterator[_Row]:
    for row in rows:
        if place is None or ((row[:2] < place[:2]) if descending else (row[:2] > place[:2])):
            yield row


def _first(rows: Iterator[_Row], query: Query, count: int) -> list[_Row]:
    """Return the first rows in the query's order, without holding more than are asked for."""
    if not _is_by_time(query):
        choose = heapq.nlargest if query.descending else heapq.nsmallest
        return _of_bearable_size(choose(count, rows, key=lambda row: row[:2]))
    return _of_bearable_size(row for _, row in zip(range(count), rows, strict=False))


def _of_bearable_size(rows: Iterable[_Row]) -> list[_Row]:
    kept, size = [], 0
    for row in rows:
        size += row.size
        if size > LARGEST_PAGE:
            raise _too_large(f"the entries have more than {LARGEST_PAGE} bytes")
        kept.append(row)
    return kept


def _is_by_time(query: Query) -> bool:
    return query.sort_by.lower().removeprefix("logcontent.") in {"datetime", "time"}


def _too_large(why: str) -> InvalidParameter:
    # oracle-ads knows these words, and searches one half of the time after the other
    return InvalidParameter(f"The search result is too large: {why}. Search a shorter time, or with a smaller limit.")


class _Token(msgspec.Struct, frozen=True, array_like=True):
    key: tuple[int, Union[int, float, str]]
    number: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
    given: Annotated[int, msgspec.Meta(ge=0)]


def _place(search: LogSearch, query: Query) -> _Place | None:
    cursor = cursor_of(search, of=str)
    if cursor is None:
        return None
    try:
        token = msgspec.json.decode(str(cursor.value), type=_Token)
    except msgspec.DecodeError:
        raise _no_token() from None
    rank, value = token.key
    is_of_its_rank = isinstance(value, str) == (rank == TEXT)  # else it compares with no other
    is_time = rank == NUMBER and isinstance(value, int) and abs(value) < _LARGEST_TIME
    if not is_of_its_rank or (_is_by_time(query) and not is_time):
        raise _no_token()
    return _Place(token.key, token.number, token.given)


def _no_token() -> InvalidParameter:
    return InvalidParameter("page is no token of this service: pass on what opc-next-page said.")


def _cursor(row: _Row, *, given: int) -> Cursor:
    return _cursor_of(_Token(row.key, row.number, given))


def _cursor_of(token: _Token) -> Cursor:
    return Cursor(msgspec.json.encode(token).decode(), "")
