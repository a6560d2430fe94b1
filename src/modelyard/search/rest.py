"""The REST operations of resource search."""

from __future__ import annotations

from typing import Annotated, Union, cast

import msgspec

from modelyard.errors import NotFound
from modelyard.resources.noun import Noun
from modelyard.resources.search import (
    FreeTextSearchDetails,
    QueryableFieldDescription,
    ResourceSummaryCollection,
    ResourceType,
    StructuredSearchDetails,
)
from modelyard.search.kinds import KINDS, Kind
from modelyard.search.service import MOST, Resources, Search
from modelyard.wire.operation import Call, Operation, Reply, operation, operations_of
from modelyard.wire.paging import Cursor, ListQuery, Page, cursor_of, token_of
from modelyard.wire.replies import many

BASE_PATH = "/20180409"

STRUCTURED_OR_FREE_TEXT = cast("type[Noun]", Union[StructuredSearchDetails, FreeTextSearchDetails])
"""The two bodies of one operation, told apart by ``type``."""


class SearchResources(Noun, frozen=True, kw_only=True):
    """Be which page of what is found is wanted."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST)] = MOST
    page: Annotated[str, msgspec.Meta(max_length=4096)] | None = None
    tenant_id: str | None = None


class ListResourceTypes(ListQuery, frozen=True, kw_only=True):
    """Be what resource types are listed by."""


def operations(resources: Resources) -> list[Operation]:
    """Return the search's rows of the route table."""
    return operations_of(ResourceSearch(resources), base_path=BASE_PATH)


class ResourceSearch:
    """Answer for resource search."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @operation(
        "POST",
        "/resources",
        query=SearchResources,
        request=STRUCTURED_OR_FREE_TEXT,
        response=ResourceSummaryCollection,
    )
    def search_resources(self, call: Call) -> Reply:
        """Find resources by a query, or by a text in their names and OCIDs."""
        asked = call.query_as(SearchResources)
        search = Search(
            query=call.body.query if isinstance(call.body, StructuredSearchDetails) else None,
            text=call.body.text if isinstance(call.body, FreeTextSearchDetails) else None,
            limit=asked.limit,
            page=asked.page,
        )
        page = self._resources.find(search)
        headers = {"opc-next-page": token_of(search, page.next)} if page.next else {}
        return Reply(body=ResourceSummaryCollection(items=page.nouns), headers=headers)

    @operation("GET", "/resourceTypes", query=ListResourceTypes, response=ResourceType, is_list=True)
    def list_resource_types(self, call: Call) -> Reply:
        """List the resource types that a query may name."""
        query = call.query_as(ListResourceTypes)
        after = cursor_of(query, of=str)
        names = sorted(name for name in KINDS if after is None or name > str(after.value))
        kept = names[: query.limit]
        more = Cursor(kept[-1], kept[-1]) if len(names) > len(kept) else None
        return many(query, Page([_type(KINDS[name]) for name in kept], more), ResourceType)

    @operation("GET", "/resourceTypes/{name}", response=ResourceType)
    def get_resource_type(self, call: Call) -> Reply:
        """Get the fields that a query may name of a resource type."""
        kind = KINDS.get(call.path["name"].lower())
        if kind is None:
            raise NotFound(f"There is no resource type {call.path['name'][:80]!r} here; there are {', '.join(KINDS)}.")
        return Reply(body=_type(kind))


def _type(kind: Kind) -> ResourceType:
    fields = [QueryableFieldDescription(field_type="STRING", field_name=name) for name in kind.fields]
    return ResourceType(name=kind.name, fields=fields)
