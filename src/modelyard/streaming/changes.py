"""What every change of streams has in common."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

Clock = Callable[[], datetime]
"""The time, with its zone."""

UsedBy = Callable[[sa.Connection, str], "str | None"]
"""Tells which deployment reads or writes the stream with an id."""

HOUR = 3_600_000_000
"""An hour in microseconds."""
