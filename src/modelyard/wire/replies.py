"""The usual answers: one resource with its etag, a page of a list, the work request that goes on."""

from __future__ import annotations

from typing import TypeVar

from modelyard.resources.noun import Noun
from modelyard.wire.etags import Stored
from modelyard.wire.operation import Reply
from modelyard.wire.paging import ListQuery, Page, token_of

N = TypeVar("N", bound=Noun)


def one(stored: Stored[N], *, work_request: str | None = None) -> Reply:
    """Answer with a resource."""
    headers = {"etag": stored.etag}
    if work_request is not None:
        headers["opc-work-request-id"] = work_request
    return Reply(body=stored.noun, headers=headers)


def many(query: ListQuery, page: Page[N], summary: type[Noun]) -> Reply:
    """Answer with a page of a list, each row cut to its summary."""
    headers = {"opc-next-page": token_of(query, page.next)} if page.next else {}
    return Reply(body=[cut(noun, summary) for noun in page.nouns], headers=headers)


def cut(noun: Noun, summary: type[Noun]) -> Noun:
    """Return a summary of a noun: those of its fields that the summary has."""
    return summary(**{name: getattr(noun, name) for name in summary.__struct_fields__})


def nothing(*, etag: str | None = None) -> Reply:
    """Answer that it is done, without a body."""
    return Reply(status=204, headers={"etag": etag} if etag else {})


def accepted(work_request: str) -> Reply:
    """Answer that it goes on, and in which work request."""
    return Reply(status=202, headers={"opc-work-request-id": work_request})
