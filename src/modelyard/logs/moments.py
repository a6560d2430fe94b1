"""Moments in the logs: RFC 3339 to whole microseconds since the epoch, and back."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

import msgspec

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_WITHOUT_SECONDS = re.compile(r"^(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d)(?=[Zz+-]|$)")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def moment_of(text: str) -> int | None:
    """Return the moment that a text is, in microseconds; None where it is none. UTC where no zone is given."""
    complete = f"{text}T00:00:00Z" if _DAY.fullmatch(text) else _WITHOUT_SECONDS.sub(r"\1:00", text)
    try:
        return exact(msgspec.convert(complete, datetime))
    except (msgspec.ValidationError, OverflowError):
        return None


def exact(moment: datetime) -> int:
    """Return a moment in microseconds; UTC where it has no zone."""
    since = (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)) - _EPOCH
    return since // timedelta(microseconds=1)


def written(value: int) -> str:
    """Return microseconds since the epoch in RFC 3339, always of the same length, so that texts sort like times."""
    return f"{datetime.fromtimestamp(value // 1_000_000, tz=timezone.utc):%Y-%m-%dT%H:%M:%S}.{value % 1_000_000:06d}Z"
