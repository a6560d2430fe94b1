"""Tables whose rows hold a noun: the noun as JSON, beside columns of what is filtered and sorted by."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from enum import Enum
from typing import Generic, TypeVar

import msgspec
import sqlalchemy as sa

from modelyard.database.engine import metadata
from modelyard.errors import InvalidParameter
from modelyard.resources.noun import Noun
from modelyard.wire.etags import Stored, check_etag
from modelyard.wire.paging import Cursor, Filters, ListQuery, Page, cursor_of

N = TypeVar("N", bound=Noun)

Value = str | int


def record_table(name: str, *columns: str, sorts: tuple[str, ...]) -> sa.Table:
    """Return a table with the given text columns, and an index for each of the sort columns.

    Args:
        name: The table's name.
        columns: Fields of the noun that lists filter by.
        sorts: Those that lists sort by, within a compartment; ``time_created``, or what stands for it, is kept as
            whole microseconds.
    """
    filtered = [sa.Column(column, sa.Text) for column in columns]
    return sa.Table(
        name,
        metadata,
        sa.Column("id", sa.Text, primary_key=True),
        *filtered,
        *(sa.Column(sort, sa.BigInteger, nullable=False) for sort in sorts if sort.startswith("time_")),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("record", sa.LargeBinary, nullable=False),
        *(sa.Index(f"ix_{name}_{sort}", "compartment_id", sort, "id") for sort in sorts),
    )


class Records(Generic[N]):
    """Read and write the nouns of one table, in transactions that the caller opens."""

    def __init__(self, table: sa.Table, noun: type[N]) -> None:
        self.table = table
        self._noun = noun
        self._sort_by = next(column.name for column in table.columns if column.name.startswith("time_"))
        self._columns = [column.name for column in table.columns if column.name not in {"version", "record"}]

    def add(self, tx: sa.Connection, noun: N) -> Stored[N]:
        """Insert a noun."""
        tx.execute(self.table.insert().values(version=1, **self._row(noun)))
        return Stored(noun, _etag(self._id(noun), 1))

    def add_all(self, tx: sa.Connection, nouns: Iterable[N]) -> None:
        """Insert nouns in one statement."""
        tx.execute(self.table.insert(), [{"version": 1, **self._row(noun)} for noun in nouns])

    def find(self, tx: sa.Connection, id: str) -> Stored[N] | None:
        """Return a noun by its id."""
        row = tx.execute(sa.select(self.table.c.record, self.table.c.version).where(self.table.c.id == id)).first()
        return Stored(self._decode(row.record), _etag(id, row.version)) if row else None

    def replace(self, tx: sa.Connection, noun: N, *, if_match: str | None = None) -> Stored[N]:
        """Write a noun over the one with its id.

        Raises:
            EtagMismatch: ``if_match`` is given and is not what the row has now.
        """
        id = self._id(noun)
        version = tx.execute(sa.select(self.table.c.version).where(self.table.c.id == id)).scalar_one()
        check_etag(current=_etag(id, version), if_match=if_match)
        tx.execute(self.table.update().where(self.table.c.id == id).values(version=version + 1, **self._row(noun)))
        return Stored(noun, _etag(id, version + 1))

    def where(self, tx: sa.Connection, *conditions: sa.ColumnElement[bool]) -> list[N]:
        """Return every noun whose columns fulfil the conditions, in the order of ids."""
        rows = tx.execute(sa.select(self.table.c.record).where(*conditions).order_by(self.table.c.id))
        return [self._decode(record) for (record,) in rows]

    def page(
        self, tx: sa.Connection, query: ListQuery, filters: Filters, *conditions: sa.ColumnElement[bool]
    ) -> Page[N]:
        """Return a page of a list. Pages are cut by value, not by count: writers in between shift nothing.

        Times run from the last to the first unless told, names and states from the first to the last.
        """
        sort_by = _column_name(query.sort_by) if query.sort_by else self._sort_by
        descending = query.sort_order == "DESC" if query.sort_order else sort_by.startswith("time_")
        if sort_by not in self.table.c:
            raise InvalidParameter(f"sortBy is {query.sort_by!r}; this list cannot be sorted by that.")
        key, id = self.table.c[sort_by], self.table.c.id
        wanted = [self.table.c[name] == value for name, value in filters.items() if value is not None]
        wanted.extend(conditions)
        # where a filter leaves one key, only ids differ: the database need not find that out
        columns = (id,) if filters.get(sort_by) is not None else (key, id)
        if after := cursor_of(query, of=int if sort_by.startswith("time_") else str):
            values = [sa.literal(value) for value in (after.value, after.id)][-len(columns) :]
            here, there = sa.tuple_(*columns), sa.tuple_(*values)
            wanted.append(here < there if descending else here > there)
        order = [column.desc() if descending else column for column in columns]
        rows = tx.execute(
            sa.select(self.table.c.record, key.label("key"), id.label("id"))
            .where(*wanted)
            .order_by(*order)
            .limit(query.limit + 1)
        ).all()
        kept = rows[: query.limit]
        more = Cursor(kept[-1].key, kept[-1].id) if len(rows) > query.limit else None
        return Page([self._decode(row.record) for row in kept], more)

    def _decode(self, record: bytes) -> N:
        return msgspec.json.decode(record, type=self._noun)

    def _id(self, noun: N) -> str:
        return str(getattr(noun, "id"))  # noqa: B009 - a field of every noun that is kept, not of Noun itself

    def _row(self, noun: N) -> dict[str, Value | bytes | None]:
        columns = {name: column_value(getattr(noun, name)) for name in self._columns}
        return {**columns, "record": msgspec.json.encode(noun)}


def _column_name(wire: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in wire)


def column_value(value: object) -> Value | None:
    """Return what a column holds of a field: text, or microseconds for a time."""
    if isinstance(value, datetime):
        return microseconds(value)
    if isinstance(value, Enum):
        return str(value.value)
    return None if value is None else str(value)


def microseconds(moment: datetime) -> int:
    """Return a moment in whole microseconds since the epoch."""
    return round(moment.timestamp() * 1_000_000)


def moment(microseconds: int) -> datetime:
    """Return the moment that a column's microseconds are."""
    seconds, rest = divmod(microseconds, 1_000_000)
    return datetime.fromtimestamp(seconds, tz=timezone.utc).replace(microsecond=rest)


def _etag(id: str, version: int) -> str:
    return f"{id[-12:]}-{version}"
