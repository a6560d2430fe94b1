"""What the catalog's services are given."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

Clock = Callable[[], datetime]
"""The time, with its zone."""

UsedBy = Callable[[sa.Connection, str], "str | None"]
"""Tells which deployment serves the model or group, or is in the project, with an id."""
