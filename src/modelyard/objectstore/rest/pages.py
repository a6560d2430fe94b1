"""Pages of object storage: ``limit`` up to 1,000, and a token that holds the key of the next page's first row."""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Sequence
from typing import Annotated, TypeVar

import msgspec

from modelyard.errors import InvalidParameter
from modelyard.resources.noun import Noun
from modelyard.wire.operation import Reply

T = TypeVar("T")

MOST = 1000
Limit = Annotated[int, msgspec.Meta(ge=1, le=MOST)]


class PageQuery(Noun, frozen=True, kw_only=True):
    """Be what a list is asked with."""

    limit: Limit = MOST
    page: Annotated[str, msgspec.Meta(max_length=8192)] | None = None


def comma_separated(words: Collection[str]) -> str:
    """Return the pattern of a text that names some of the words, with commas between them."""
    word = f"({'|'.join(sorted(words))})"
    return f"^{word}(,{word})*$"


def page_start(page: str | None) -> str:
    """Return the key that a token holds; the empty key for the first page.

    Raises:
        InvalidParameter: The token is none of ours.
    """
    if page is None:
        return ""
    try:
        return base64.urlsafe_b64decode(page.encode("ascii") + b"=" * (-len(page) % 4)).decode("utf-8")
    except ValueError:
        raise InvalidParameter("page is no token of this service: pass on what opc-next-page said.") from None


def page_token(key: str) -> str:
    """Return the token of a page that begins with a key."""
    return base64.urlsafe_b64encode(key.encode("utf-8")).rstrip(b"=").decode("ascii")


def page_reply(rows: Sequence[T], limit: int, *, key: Callable[[T], str], noun: Callable[[T], Noun]) -> Reply:
    """Answer with a page.

    Args:
        rows: One more than fits, where there are more.
        limit: How many fit.
        key: Gives what a row is found by.
        noun: Gives what a row is on the wire.
    """
    headers = {"opc-next-page": page_token(key(rows[limit]))} if len(rows) > limit else {}
    return Reply(body=[noun(row) for row in rows[:limit]], headers=headers)
