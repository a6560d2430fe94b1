"""What the lists of streams and pools have in common."""

from __future__ import annotations

from typing import Literal, TypeVar

import msgspec

from modelyard.wire.paging import ListQuery

Q = TypeVar("Q", bound=ListQuery)

SortBy = Literal["NAME", "TIMECREATED"]

_FIELDS = {"NAME": "name", "TIMECREATED": "timeCreated"}


def by_field(query: Q) -> Q:
    """Return a query with the name of the field that it sorts by, which the wire writes in capitals here."""
    if query.sort_by is None:
        return query
    return msgspec.structs.replace(query, sort_by=_FIELDS[query.sort_by])
