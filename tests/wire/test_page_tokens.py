"""Page tokens: each belongs to one list, and a forged one is refused."""

from __future__ import annotations

import base64

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.errors import InvalidParameter
from modelyard.wire.paging import Cursor, ListQuery, cursor_of, filters_of, token_of


class ListThings(ListQuery, frozen=True, kw_only=True):
    """Be what things are listed by."""

    compartment_id: str
    name: str | None = None


class ListOthers(ListQuery, frozen=True, kw_only=True):
    """Be another list with the same filters."""

    compartment_id: str
    name: str | None = None


QUERY = ListThings(compartment_id="c", limit=5)
TOKEN = token_of(QUERY, Cursor(7, "id"))


def ask(query: ListQuery, page: str) -> ListQuery:
    return msgspec.structs.replace(query, page=page)


@given(value=st.integers(0, 2**63 - 1), id=st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_a_token_says_where_the_page_begins(value: int, id: str) -> None:
    token = token_of(QUERY, Cursor(value, id))
    assert cursor_of(ask(QUERY, token), of=int) == Cursor(value, id)


@given(value=st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_a_list_by_name_has_tokens_with_names(value: str) -> None:
    assert cursor_of(ask(QUERY, token_of(QUERY, Cursor(value, "id"))), of=str) == Cursor(value, "id")


def test_the_first_page_has_no_token() -> None:
    assert cursor_of(QUERY, of=int) is None


def test_the_next_page_may_have_another_length() -> None:
    assert cursor_of(msgspec.structs.replace(QUERY, page=TOKEN, limit=9), of=int) == Cursor(7, "id")


@pytest.mark.parametrize(
    "other",
    [
        ListThings(compartment_id="d"),
        ListThings(compartment_id="c", name="n"),
        ListThings(compartment_id="c", sort_order="ASC"),
        ListThings(compartment_id="c", sort_by="name"),
        ListOthers(compartment_id="c"),
    ],
    ids=str,
)
def test_the_token_of_another_list_is_refused(other: ListQuery) -> None:
    with pytest.raises(InvalidParameter, match="belongs to a list with other filters"):
        cursor_of(ask(other, TOKEN), of=int)


@given(st.text(max_size=60))
def test_any_text_is_no_token(page: str) -> None:
    with pytest.raises(InvalidParameter):
        cursor_of(ask(QUERY, page), of=int)


@given(position=st.integers(0, 1000), letter=st.sampled_from("AZaz09-_=+/ !"))
def test_a_tampered_token_is_refused_or_says_a_place_in_this_list(position: int, letter: str) -> None:
    position %= len(TOKEN)
    tampered = TOKEN[:position] + letter + TOKEN[position + 1 :]
    try:
        cursor = cursor_of(ask(QUERY, tampered), of=int)
    except InvalidParameter:
        return
    assert cursor is not None
    assert isinstance(cursor.value, int)


@pytest.mark.parametrize("value", [2**63, 2**64 - 1, -1, -(2**63), "x", None, 1.5, b"x", [1]])
def test_a_forged_place_that_no_row_can_have_is_refused(value: object) -> None:
    listing = msgspec.msgpack.decode(base64.urlsafe_b64decode(TOKEN + "=="))[0]
    forged = base64.urlsafe_b64encode(msgspec.msgpack.encode([listing, value, "id"])).decode().rstrip("=")
    with pytest.raises(InvalidParameter, match="no token of this service"):
        cursor_of(ask(QUERY, forged), of=int)


def test_filters_are_what_is_beyond_paging_and_order() -> None:
    assert filters_of(ListThings(compartment_id="c", limit=3, sort_by="x")) == {"compartment_id": "c", "name": None}
