"""Put what the catalog keeps into another compartment: alone, and once for each time that it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple, TypeVar

import msgspec
import sqlalchemy as sa

from modelyard.database.records import Records
from modelyard.database.retry_tokens import Repeatable
from modelyard.resources.noun import Noun

N = TypeVar("N", bound=Noun)


class Move(NamedTuple):
    """Say what is to be in which compartment."""

    id: str
    compartment_id: str
    again: Repeatable
    if_match: str | None


def change_compartment(
    tx: sa.Connection, records: Records[N], move: Move, *, to_change: Callable[[sa.Connection, str], N], now: datetime
) -> str:
    """Put a noun into another compartment, what belongs to it stays in its own; return its etag.

    Args:
        tx: The transaction.
        records: Where the noun is.
        move: What is asked for.
        to_change: Returns the noun; raises if there is none, or it is not to be changed.
        now: The time.
    """
    if (earlier := move.again.earlier(tx, now)) and (stored := records.find(tx, earlier)):
        return stored.etag
    noun = to_change(tx, move.id)
    is_dated = "time_updated" in noun.__struct_fields__
    change = {"compartment_id": move.compartment_id, **({"time_updated": now} if is_dated else {})}
    move.again.remember(tx, move.id, now)
    return records.replace(tx, msgspec.structs.replace(noun, **change), if_match=move.if_match).etag
