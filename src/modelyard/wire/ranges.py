"""The Range header: one range of bytes of a content whose size is known."""

from __future__ import annotations

import re
from typing import NamedTuple

from modelyard.errors import RangeNotSatisfiable

_RANGE = re.compile(r"\s*bytes\s*=\s*([0-9]{0,40})\s*-\s*([0-9]{0,40})\s*", re.IGNORECASE)


class ByteRange(NamedTuple):
    """Be the bytes from ``start`` up to, not with, ``stop``."""

    start: int
    stop: int


def parse_range(header: str | None, size: int) -> ByteRange | None:
    """Return the range that a header asks for; None for the whole, also where the header asks for several.

    Raises:
        RangeNotSatisfiable: The range begins behind the end.
    """
    match = _RANGE.fullmatch(header) if header else None
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if first == "":
        length = min(int(last), size)
        asked = ByteRange(size - length, size)
    else:
        asked = ByteRange(int(first), min(int(last) + 1, size) if last else size)
        if last and int(last) < int(first):
            return None
    if asked.start >= size or asked.start >= asked.stop:
        raise RangeNotSatisfiable(f"The range {header!r} lies outside the content, which has {size} bytes.")
    return asked
