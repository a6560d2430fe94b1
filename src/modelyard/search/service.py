"""Search: a query to what it finds, over every kind of resources at once, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
import sqlalchemy as sa

from modelyard.database.engine import Database
from modelyard.database.records import moment
from modelyard.errors import InvalidParameter
from modelyard.resources.noun import DefinedTags, FreeformTags, Noun
from modelyard.resources.search import ResourceSummary
from modelyard.search.kinds import KINDS, Column, Kind, Many
from modelyard.search.query import Comparison, Condition, Query, fields_of, parse
from modelyard.wire.conditions import Both
from modelyard.wire.paging import Cursor, ListQuery, Page, cursor_of

MOST = 1000
"""The longest page of what is found."""


class Search(ListQuery, frozen=True, kw_only=True):
    """Be one page of what a query, or a text in names and OCIDs, finds."""

    query: str | None = None
    text: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST)] = MOST


class _Tags(Noun, frozen=True, kw_only=True):
    freeform_tags: FreeformTags = {}
    defined_tags: DefinedTags = {}


class Resources:
    """Find resources.

    Args:
        database: Where all of them are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, search: Search) -> Page[ResourceSummary]:
        """Return a page of what is found, the newest first unless the query says otherwise.

        What is deleted is found only where a query speaks of lifecycleState.

        Raises:
            InvalidParameter: The query is none, or names a type or field that there is not.
        """
        if search.query is not None:
            return self._page(search, parse(search.query))
        return self._page(search, Query(types=("all",)))

    def _page(self, search: Search, query: Query) -> Page[ResourceSummary]:
        is_by_name, descending = _order(query)
        found = sa.union_all(*(_select(kind, query, search.text) for kind in _kinds(query.types))).subquery()
        key = found.c.display_name if is_by_name else found.c.time_created
        wanted = []
        if after := cursor_of(search, of=str if is_by_name else int):
            here, there = sa.tuple_(key, found.c.id), sa.tuple_(sa.literal(after.value), sa.literal(after.id))
            wanted.append(here < there if descending else here > there)
        order = (key.desc(), found.c.id.desc()) if descending else (key, found.c.id)
        with self._database.read() as tx:
            rows = tx.execute(sa.select(found).where(*wanted).order_by(*order).limit(search.limit + 1)).all()
            kept = rows[: search.limit]
            tags = _tags(tx, kept)
        more = None
        if len(rows) > search.limit:
            more = Cursor(kept[-1].display_name if is_by_name else kept[-1].time_created, kept[-1].id)
        return Page([_summary(row, tags[row.id]) for row in kept], more)


def _kinds(types: Sequence[str]) -> list[Kind]:
    if "all" in types:
        return list(KINDS.values())
    if unknown := [name for name in types if name not in KINDS]:
        raise InvalidParameter(f"There is no resource type {unknown[0]!r} here; there are all, {', '.join(KINDS)}.")
    return [KINDS[name] for name in dict.fromkeys(types)]


def _order(query: Query) -> tuple[bool, bool]:
    """Return whether it is by name, not by time, and whether it is descending."""
    if query.sort_by is None:
        return False, True
    fields = {"timecreated": False, "displayname": True}
    if query.sort_by.lower() not in fields:
        raise InvalidParameter(f"The query is sorted by {query.sort_by!r}; it may be by timeCreated or displayName.")
    return fields[query.sort_by.lower()], query.descending


def _select(kind: Kind, query: Query, text: str | None) -> sa.Select[tuple[str, ...]]:
    columns = kind.table.c
    conditions = []
    if query.condition is not None:
        conditions.append(_compiled(kind, query.condition))
    if "lifecyclestate" not in fields_of(query.condition):
        conditions.append(columns.lifecycle_state != "DELETED")
    if text is not None:
        inside = (kind.display_name, columns.id)
        conditions.append(sa.or_(*(column.icontains(text, autoescape=True) for column in inside)))
    return sa.select(
        sa.literal(kind.name).label("kind"),
        columns.id,
        columns.compartment_id,
        kind.display_name.label("display_name"),
        columns.lifecycle_state,
        columns.time_created,
    ).where(*conditions)


def _compiled(kind: Kind, condition: Condition) -> sa.ColumnElement[bool]:
    if isinstance(condition, Comparison):
        return _comparison(kind, condition)
    parts = [_compiled(kind, part) for part in condition.parts]
    return sa.and_(*parts) if isinstance(condition, Both) else sa.or_(*parts)


def _comparison(kind: Kind, comparison: Comparison) -> sa.ColumnElement[bool]:
    column = kind.field(comparison.field)
    if column is None:
        raise InvalidParameter(
            f"A {kind.name} has no field {comparison.field!r} to search by; it has {', '.join(kind.fields)}."
        )
    is_exact = comparison.comparator in {"==", "!=="}
    is_not = comparison.comparator.startswith("!")
    if isinstance(column, Many):
        is_one = sa.exists().where(column.where, _equal(column.column, comparison.value, is_exact=is_exact))
        return sa.not_(is_one) if is_not else is_one
    equal = _equal(column, comparison.value, is_exact=is_exact)
    is_known = column.is_not(None)
    return sa.not_(sa.and_(is_known, equal)) if is_not else equal


def _equal(column: Column, value: str, *, is_exact: bool) -> sa.ColumnElement[bool]:
    return column == value if is_exact else _alike(column, value)


def _alike(column: Column, value: str) -> sa.ColumnElement[bool]:
    if value == value.lower() and value.startswith("ocid1."):
        return column == value  # OCIDs have small letters alone, and this finds them by an index
    return sa.func.lower(column) == sa.func.lower(value)  # by the database on both sides: it knows fewer letters


def _tags(tx: sa.Connection, rows: Sequence[sa.Row[tuple[str, ...]]]) -> dict[str, _Tags]:
    """Return the tags of what was found, by id: read for a page alone, since they are in the whole record."""
    tags = {}
    for name in {row.kind for row in rows}:
        columns = KINDS[name.lower()].table.c
        ids = [row.id for row in rows if row.kind == name]
        for id, record in tx.execute(sa.select(columns.id, columns.record).where(columns.id.in_(ids))):
            tags[id] = msgspec.json.decode(record, type=_Tags)
    return tags


def _summary(row: sa.Row[tuple[str, ...]], tags: _Tags) -> ResourceSummary:
    return ResourceSummary(
        resource_type=row.kind,
        identifier=row.id,
        compartment_id=row.compartment_id,
        time_created=moment(row.time_created),
        display_name=row.display_name,
        lifecycle_state=row.lifecycle_state,
        freeform_tags=tags.freeform_tags,
        defined_tags=tags.defined_tags,
    )
