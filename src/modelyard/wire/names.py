"""Names that the service gives where a caller gives none."""

from __future__ import annotations

from datetime import datetime


def default_name(kind: str, now: datetime) -> str:
    """Return a display name such as ``model20261122150730``."""
    return f"{kind}{now:%Y%m%d%H%M%S}"
