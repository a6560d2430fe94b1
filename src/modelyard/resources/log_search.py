"""Log search: what is asked, and what is found."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from modelyard.resources.noun import Noun

LONGEST_QUERY = 10_000
"""How many characters a query may have."""

MomentText = Annotated[str, msgspec.Meta(min_length=1, max_length=64, extra_json_schema={"format": "date-time"})]
"""A moment in RFC 3339. Text, since clients also send it without seconds."""


class SearchLogsDetails(Noun, frozen=True, kw_only=True):
    """Ask for the entries of a time that a query describes."""

    time_start: MomentText
    time_end: MomentText
    search_query: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_QUERY)]
    is_return_field_info: bool | None = None


class SearchResult(Noun, frozen=True, kw_only=True):
    """Be one thing that was found: an entry, under ``logContent``, and its time."""

    data: Any


class FieldInfo(Noun, frozen=True, kw_only=True):
    """Be a field that something found has."""

    field_name: str
    field_type: Literal["STRING", "NUMBER", "BOOLEAN", "ARRAY"]


class SearchResultSummary(Noun, frozen=True, kw_only=True):
    """Be how much was found."""

    result_count: int
    field_count: int = 0


class SearchResponse(Noun, frozen=True, kw_only=True):
    """Be what was found."""

    results: list[SearchResult]
    fields: list[FieldInfo] = []
    summary: SearchResultSummary
