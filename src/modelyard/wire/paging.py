"""Pages of lists: ``limit``, ``page`` and ``opc-next-page``, with tokens that say where a page begins."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Generic, Literal, NamedTuple, TypeVar

import msgspec

from modelyard.errors import InvalidParameter
from modelyard.resources.noun import Noun

N = TypeVar("N", bound=Noun)

MOST = 100
"""The longest page, and how long it is unless told."""

Limit = Annotated[int, msgspec.Meta(ge=1, le=MOST)]
SortOrder = Literal["ASC", "DESC"]


class ListQuery(Noun, frozen=True, kw_only=True):
    """Be what every list operation is asked with; filters and the choices of ``sort_by`` are the subclasses'."""

    sort_by: str | None = None
    limit: Limit = MOST
    page: Annotated[str, msgspec.Meta(max_length=4096)] | None = None
    sort_order: SortOrder | None = None


Filters = Mapping[str, str | None]
"""Column → value that it must have; None does not filter."""


class Cursor(NamedTuple):
    """Be the last row of a page: its sort value and its id."""

    value: str | int
    id: str


@dataclass(frozen=True)
class Page(Generic[N]):
    """Be some rows of a list, and where the next page begins; None at the end."""

    nouns: list[N]
    next: Cursor | None


class _Token(msgspec.Struct, frozen=True, array_like=True):
    listing: str
    value: str | Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]  # what a column can hold
    id: str


def cursor_of(query: ListQuery, *, of: type[str | int]) -> Cursor | None:
    """Return where the page that a query asks for begins; None for the first.

    Args:
        query: The query.
        of: What the list is sorted by: text, or a time or number.

    Raises:
        InvalidParameter: The token is none of ours, or belongs to a list with other filters.
    """
    if query.page is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(query.page + "=" * (-len(query.page) % 4))
        token = msgspec.msgpack.decode(raw, type=_Token)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise _no_token() from None
    if token.listing != _listing(query):
        raise InvalidParameter("page belongs to a list with other filters or another order: begin again without it.")
    if not isinstance(token.value, of):
        raise _no_token()
    return Cursor(token.value, token.id)


def token_of(query: ListQuery, cursor: Cursor) -> str:
    """Return the token of the page that begins behind a row."""
    raw = msgspec.msgpack.encode(_Token(_listing(query), cursor.value, cursor.id))
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def filters_of(query: ListQuery) -> Filters:
    """Return the filters of a list query: what it has beyond paging and order."""
    paging = set(ListQuery.__struct_fields__)
    return {
        name: None if value is None else str(value)
        for name, value in msgspec.structs.asdict(query).items()
        if name not in paging
    }


def _no_token() -> InvalidParameter:
    return InvalidParameter("page is no token of this service: pass on what opc-next-page said.")


def _listing(query: ListQuery) -> str:
    asked = {
        name: value
        for name, value in msgspec.structs.asdict(query).items()
        if name not in {"limit", "page"} and value is not None
    }
    return hashlib.sha256(msgspec.json.encode([type(query).__name__, asked], order="deterministic")).hexdigest()[:16]
