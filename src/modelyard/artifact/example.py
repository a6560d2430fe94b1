"""An example that an artifact carries: some rows of input as a request, and what the model itself answers to them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path

from modelyard.artifact import layout, payload
from modelyard.errors import UsageError

ROWS = 5
"""How many rows of a sample an example has."""

_LARGEST = 256 * 1024
_TOLERANCE = 1e-6


def first_rows(sample: object) -> object:
    """Return the first rows of a DataFrame, Series, array, list or tuple; anything else as it is."""
    if isinstance(sample, list | tuple):
        return sample[:ROWS]
    if hasattr(sample, "iloc"):
        return sample.iloc[:ROWS]
    if getattr(sample, "ndim", 0):
        return sample[:ROWS]  # type: ignore[index]
    return sample


def request_of(example: object) -> str | None:
    """Return the body of the request that carries an example; None where it cannot travel or is too large to keep."""
    try:
        text = json.dumps(payload.encode(example), ensure_ascii=False)
    except UsageError:
        return None
    return text if len(text.encode()) <= _LARGEST else None


def answer_of(prediction: object) -> str | None:
    """Return the answer that carries a prediction; None for one that has no form in JSON."""
    try:
        return json.dumps({"prediction": _plain(prediction)}, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return None


def read_request(folder: Path) -> bytes | None:
    """Return the body of the request that an artifact has as its example; None where it has none."""
    file = folder / layout.INPUT_EXAMPLE
    return file.read_bytes() if file.is_file() else None


def read_answer(folder: Path) -> object:
    """Return what an artifact's example is to be answered with; None where that is not known."""
    file = folder / layout.EXPECTED_OUTPUT
    try:
        return json.loads(file.read_bytes()) if file.is_file() else None
    except ValueError:
        return None


def difference(expected: object, answer: object, *, at: str = "the answer") -> str | None:
    """Return where an answer is not the expected one, in a sentence; None where it is.

    Numbers may differ in the last digits, by one part in a million: processors and libraries round differently.
    """
    if isinstance(expected, Mapping) and isinstance(answer, Mapping):
        if set(expected) != set(answer):
            return f"{at} has the keys {sorted(answer)} instead of {sorted(expected)}"
        return _first(difference(expected[key], answer[key], at=f"{at}[{key!r}]") for key in expected)
    if isinstance(expected, list) and isinstance(answer, list):
        if len(expected) != len(answer):
            return f"{at} has {len(answer)} items instead of {len(expected)}"
        pairs = enumerate(zip(expected, answer, strict=True))
        return _first(difference(one, other, at=f"{at}[{place}]") for place, (one, other) in pairs)
    return None if _is_same(expected, answer) else f"{at} is {answer!r} instead of {expected!r}"


def _is_same(expected: object, answer: object) -> bool:
    if isinstance(expected, bool) or isinstance(answer, bool):
        return expected is answer
    if isinstance(expected, int | float) and isinstance(answer, int | float):
        return math.isclose(expected, answer, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
    return expected == answer


def _first(found: Iterable[str | None]) -> str | None:
    return next((sentence for sentence in found if sentence is not None), None)


def _plain(value: object) -> object:
    """Return a value as the answer's JSON has it: numbers that JSON lacks are null there."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {_plain(key): _plain(each) for key, each in value.items()}  # json writes keys that are no texts as such
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    for name in ("isoformat", "to_numpy", "tolist"):  # pandas's moments have all three; the first keeps their zone
        convert = getattr(value, name, None)
        if callable(convert):
            return _plain(convert())
    raise TypeError(type(value).__name__)
