"""``summarize count()``: how many entries there are for each value of some fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from modelyard.errors import InvalidParameter
from modelyard.logs.content import Content, Json, canonical, value_of
from modelyard.logs.query import Count

MOST_GROUPS = 10_000
"""How many different values may be counted."""

MOST_BYTES = 16 * 1024 * 1024
"""How many bytes they may have together: they are all in memory."""


def counted(contents: Iterable[Content], count: Count) -> list[dict[str, Json]]:
    """Return the values of the fields with their numbers, the most frequent first.

    Raises:
        InvalidParameter: There are too many different values.
    """
    fields = [canonical(field) for field in count.by]
    numbers: Counter[bytes] = Counter()
    size = 0
    for content in contents:
        value = msgspec.json.encode([value_of(content, field) for field in fields], order="deterministic")
        size += len(value) * (value not in numbers)
        numbers[value] += 1
        if len(numbers) > MOST_GROUPS or size > MOST_BYTES:
            raise InvalidParameter(
                f"There are more than {MOST_GROUPS} different values of {', '.join(count.by)} to be counted, or "
                f"{MOST_BYTES} bytes of them: search a shorter time, or count by fewer fields."
            )
    ordered = sorted(numbers.items(), key=lambda each: (-each[1], each[0]))
    if not count.by:
        return [{count.name: numbers.total()}]
    return [
        {**dict(zip(count.by, msgspec.json.decode(key), strict=True)), count.name: number} for key, number in ordered
    ]
