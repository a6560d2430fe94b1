"""The REST operations of entries: bring them, find them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Literal

import msgspec

from modelyard.logs.content import Json
from modelyard.logs.ingestion import Ingestion
from modelyard.logs.search import MOST, LogSearch, Searches
from modelyard.resources.log_ingestion import PutLogsDetails
from modelyard.resources.log_search import (
    FieldInfo,
    SearchLogsDetails,
    SearchResponse,
    SearchResult,
    SearchResultSummary,
)
from modelyard.resources.noun import Noun
from modelyard.wire.operation import Call, Reply, operation
from modelyard.wire.paging import token_of

FieldType = Literal["STRING", "NUMBER", "BOOLEAN", "ARRAY"]

MOST_FIELDS = 500
"""How many fields of what was found are told."""


class SearchPage(Noun, frozen=True, kw_only=True):
    """Be which page of what is found is wanted."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST)] = 100
    page: Annotated[str, msgspec.Meta(max_length=8192)] | None = None


class SearchOperations:
    """Answer for log search."""

    def __init__(self, searches: Searches) -> None:
        self._searches = searches

    @operation("POST", "/search", query=SearchPage, request=SearchLogsDetails, response=SearchResponse)
    def search_logs(self, call: Call) -> Reply:
        """Find the entries that a query describes, in a time of at most 14 days."""
        details, asked = call.body_as(SearchLogsDetails), call.query_as(SearchPage)
        search = LogSearch(
            query=details.search_query,
            time_start=details.time_start,
            time_end=details.time_end,
            limit=asked.limit,
            page=asked.page,
        )
        page = self._searches.find(search)
        fields = _fields(page.shown) if details.is_return_field_info else []
        body = SearchResponse(
            results=[SearchResult(data=each) for each in page.shown],
            fields=fields,
            summary=SearchResultSummary(result_count=len(page.shown), field_count=len(fields)),
        )
        return Reply(body=body, headers={"opc-next-page": token_of(search, page.next)} if page.next else {})


class IngestionOperations:
    """Answer for log ingestion."""

    def __init__(self, ingestion: Ingestion) -> None:
        self._ingestion = ingestion

    @operation("POST", "/logs/{log_id}/actions/push", request=PutLogsDetails)
    def put_logs(self, call: Call) -> Reply:
        """Put entries into a log."""
        self._ingestion.put(call.path["log_id"], call.body_as(PutLogsDetails))
        return Reply()


def _fields(shown: Iterable[Mapping[str, Json]]) -> list[FieldInfo]:
    names: dict[str, FieldType] = {}
    for each in shown:
        for name, kind in _leaves("", dict(each)):
            if len(names) < MOST_FIELDS:
                names.setdefault(name, kind)
    return [FieldInfo(field_name=name, field_type=kind) for name, kind in sorted(names.items())]


def _leaves(path: str, value: Json) -> Iterator[tuple[str, FieldType]]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _leaves(f"{path}.{name}" if path else name, part)
    elif value is not None:
        yield path, _kind(value)


def _kind(value: Json) -> FieldType:
    if isinstance(value, bool):
        return "BOOLEAN"
    if isinstance(value, (int, float)):
        return "NUMBER"
    return "ARRAY" if isinstance(value, list) else "STRING"
