"""What every noun shares: frozen, keyword-only, snake_case here and camelCase on the wire."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import datetime, timezone
from typing import Annotated, Any, ClassVar

import msgspec


def wire_name(field: str) -> str:
    """Return a field's name on the wire: ``memory_in_gbs`` is ``memoryInGBs``."""
    first, *rest = field.split("_")
    return first + "".join("GBs" if word == "gbs" else word.capitalize() for word in rest)


class Noun(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    """Be a record whose fields are the wire's. In a request, null says the same as nothing.

    A subclass repeats ``frozen=True, kw_only=True``: type checkers do not inherit them.
    """

    also_required: ClassVar[tuple[str, ...]] = ()
    """The wire names of fields that may be None here and that the service asks for all the same."""

    schema_rules: ClassVar[Mapping[str, object]] = {}
    """What JSON Schema can say of the fields together; the OpenAPI document says it."""


CHECKED_LATER = "x-checked-later"
"""Marks in the OpenAPI document what is not checked while a body is decoded, but by the service that it goes to."""


def documented(schema: Mapping[str, object]) -> msgspec.Meta:
    """Return what the OpenAPI document says of a field that the service checks itself, with an error of its own."""
    return msgspec.Meta(extra_json_schema={**schema, CHECKED_LATER: True})


def given(details: Noun, *, but: Collection[str] = ()) -> dict[str, object]:
    """Return the fields that an update names, but for those that have rules of their own."""
    fields = msgspec.structs.asdict(details)
    return {name: value for name, value in fields.items() if value is not None and name not in but}


DisplayName = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Description = Annotated[str, msgspec.Meta(max_length=4000)]
Identifier = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment in RFC 3339, with its zone."""

GivenMoment = Annotated[datetime, msgspec.Meta(extra_json_schema={"format": "date-time"})]
"""A moment as a client gives it; where it has no zone it is UTC, as the official clients mean it: see ``zoned``."""


def zoned(moment: datetime) -> datetime:
    """Return a moment with a zone: UTC where that can be, and where it had none."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=timezone.utc)
    with suppress(OverflowError):  # in UTC it is before the year 1, or after 9999
        return moment.astimezone(timezone.utc)
    return moment


ObjectName = Annotated[str, documented({"minLength": 1, "maxLength": 1024, "pattern": r"^[^\x00\r\n]+$"})]
"""What an object may be called: 1,024 bytes of UTF-8 at most, without NUL, CR and LF."""

FreeformTags = dict[str, str]
DefinedTags = dict[str, dict[str, Any]]
