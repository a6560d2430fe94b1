"""What the catalog's services share: what they are given, and what of an update is meant."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

import msgspec
import sqlalchemy as sa

Clock = Callable[[], datetime]
"""The time, with its zone."""

UsedBy = Callable[[sa.Connection, str], "str | None"]
"""Tells which deployment serves the model or group, or is in the project, with an id."""


def given(details: msgspec.Struct, *, but: Collection[str] = ()) -> dict[str, object]:
    """Return the fields that an update names, but for those that have rules of their own."""
    fields = msgspec.structs.asdict(details)
    return {name: value for name, value in fields.items() if value is not None and name not in but}
