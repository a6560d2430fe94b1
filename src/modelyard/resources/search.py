"""Resource search: what is asked, and what is found."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from modelyard.resources.noun import DefinedTags, FreeformTags, Moment, Noun

MatchingContextType = Literal["NONE", "HIGHLIGHTS"]
QueryText = Annotated[str, msgspec.Meta(min_length=1, max_length=50_000)]


class StructuredSearchDetails(Noun, frozen=True, kw_only=True, tag_field="type", tag="Structured"):
    """Ask in the query language: ``query <type> resources where <field> = '<value>'``."""

    query: QueryText
    matching_context_type: MatchingContextType | None = None


class FreeTextSearchDetails(Noun, frozen=True, kw_only=True, tag_field="type", tag="FreeText"):
    """Ask for a text in names and OCIDs."""

    text: QueryText
    matching_context_type: MatchingContextType | None = None


class SearchContext(Noun, frozen=True, kw_only=True):
    """Tell where in a resource the text was found."""

    highlights: dict[str, list[str]] | None = None


class ResourceSummary(Noun, frozen=True, kw_only=True):
    """Be a resource that was found."""

    resource_type: str
    identifier: str
    compartment_id: str
    time_created: Moment | None = None
    display_name: str | None = None
    availability_domain: str | None = None
    lifecycle_state: str | None = None
    freeform_tags: FreeformTags = {}
    defined_tags: DefinedTags = {}
    system_tags: DefinedTags = {}
    search_context: SearchContext | None = None
    identity_context: dict[str, Any] | None = None
    additional_details: dict[str, Any] | None = None


class ResourceSummaryCollection(Noun, frozen=True, kw_only=True):
    """Be the resources that were found."""

    items: list[ResourceSummary]


class QueryableFieldDescription(Noun, frozen=True, kw_only=True):
    """Be a field that queries may name."""

    field_type: Literal["IDENTIFIER", "STRING", "INTEGER", "RATIONAL", "BOOLEAN", "DATETIME", "IP", "OBJECT"]
    field_name: str
    is_array: bool = False
    object_properties: list[QueryableFieldDescription] | None = None


class ResourceType(Noun, frozen=True, kw_only=True):
    """Be a kind of resource that queries may name."""

    name: str
    fields: list[QueryableFieldDescription]
