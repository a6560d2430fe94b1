"""Names that are easy to remember, for what the user gave no name."""

from __future__ import annotations

import random
from datetime import datetime, timezone

_HOW = ("amber", "brave", "calm", "clever", "eager", "early", "gentle", "golden", "keen", "lively", "lucky", "merry")
_WHAT = ("badger", "crane", "falcon", "finch", "heron", "lynx", "marten", "otter", "plover", "raven", "robin", "wren")


def display_name(now: datetime | None = None, chance: random.Random | None = None) -> str:
    """Return a name such as ``calm-otter-2026-11-22-15:42.07``; the time is UTC."""
    chance = chance or random.Random()
    moment = now or datetime.now(timezone.utc)
    return f"{chance.choice(_HOW)}-{chance.choice(_WHAT)}-{moment:%Y-%m-%d-%H:%M.%S}"
