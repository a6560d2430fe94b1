"""What every noun shares: frozen, keyword-only, snake_case here and camelCase on the wire."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any

import msgspec


def wire_name(field: str) -> str:
    """Return a field's name on the wire: ``memory_in_gbs`` is ``memoryInGBs``."""
    first, *rest = field.split("_")
    return first + "".join("GBs" if word == "gbs" else word.capitalize() for word in rest)


class Noun(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    """Be a record whose fields are the wire's. In a request, null says the same as nothing.

    A subclass repeats ``frozen=True, kw_only=True``: type checkers do not inherit them.
    """


def given(details: Noun, *, but: Collection[str] = ()) -> dict[str, object]:
    """Return the fields that an update names, but for those that have rules of their own."""
    fields = msgspec.structs.asdict(details)
    return {name: value for name, value in fields.items() if value is not None and name not in but}


DisplayName = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Description = Annotated[str, msgspec.Meta(max_length=4000)]
Identifier = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
FreeformTags = dict[str, str]
DefinedTags = dict[str, dict[str, Any]]
