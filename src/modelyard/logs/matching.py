"""Conditions as functions of an entry, and the order of values."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Union

from modelyard.errors import InvalidParameter
from modelyard.logs.content import MOMENTS, Content, Json, canonical, text_of, texts_in, value_of
from modelyard.logs.moments import moment_of
from modelyard.logs.query import Among, Comparison, Condition, Containing, Not, Value
from modelyard.wire.conditions import Both, Either

Test = Callable[[Content], bool]
Key = tuple[int, Union[int, float, str]]
"""What values of different types are sorted by: the type, then the value."""

NOTHING, TRUTH, NUMBER, TEXT = range(4)
"""The types of values, in their order."""

SORTED_BY = 500
"""How many characters of a text entries are sorted by: the tokens of pages have them, and are sent in headers."""

_ORDERS: dict[str, Callable[[Key, Key], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def test_of(condition: Condition | None) -> Test:
    """Return the function that tells whether a condition holds.

    Raises:
        InvalidParameter: It compares a moment with what is none.
    """
    if condition is None:
        return lambda _: True
    if isinstance(condition, Not):
        inner = test_of(condition.part)
        return lambda content: not inner(content)
    if isinstance(condition, Both):
        parts = [test_of(part) for part in condition.parts]
        return lambda content: all(part(content) for part in parts)
    if isinstance(condition, Either):
        parts = [test_of(part) for part in condition.parts]
        return lambda content: any(part(content) for part in parts)
    if isinstance(condition, Containing):
        text = condition.text.lower()
        return lambda content: any(text in each.lower() for each in texts_in(dict(content)))
    return _field_test(condition)


def key_of(content: Content, field: str) -> Key:
    """Return what an entry is sorted by: nothing before truth values before numbers before texts."""
    rank, value = _key(value_of(content, canonical(field)))
    return rank, value[:SORTED_BY] if isinstance(value, str) else value


def _field_test(condition: Comparison | Among) -> Test:
    field = canonical(condition.field)
    if isinstance(condition, Among):
        tests = [_equal(field, value) for value in condition.values]
        return lambda content: any(_holds(test, value_of(content, field)) for test in tests)
    comparator, value = condition.comparator, condition.value
    if comparator in _ORDERS:
        return _ordered(field, comparator, value)
    if comparator in {"==", "!=="}:
        wanted = _key(_literal(field, value))
        test: Callable[[Json], bool] = lambda found: _key(_comparable(field, found)) == wanted  # noqa: E731
    elif comparator == "like":
        test = _globbed(text_of(value), wildcard="%")
    else:
        test = _equal(field, value)
    if comparator.startswith("!"):
        return lambda content: not _holds(test, value_of(content, field))
    return lambda content: _holds(test, value_of(content, field))


def _holds(test: Callable[[Json], bool], value: Json) -> bool:
    """Tell whether a test holds of a value, or of one in a list; of no value none does."""
    if isinstance(value, list):
        return any(_holds(test, part) for part in value)
    return value is not None and test(value)


def _equal(field: str, value: Value) -> Callable[[Json], bool]:
    """Return the test for ``=``: texts by their letters in either case, with ``*`` for any text."""
    if not isinstance(value, str):
        wanted = _key(value)
        text = text_of(value)
        return lambda found: _key(found) == wanted or found == text
    if field in MOMENTS and "*" not in value:
        moment = _literal(field, value)
        return lambda found: _comparable(field, found) == moment
    return _globbed(value, wildcard="*")


def _ordered(field: str, comparator: str, value: Value) -> Test:
    holds = _ORDERS[comparator]
    wanted = _key(_literal(field, value))

    def test(found: Json) -> bool:
        key = _key(_comparable(field, found))
        return key[0] == wanted[0] and holds(key, wanted)

    return lambda content: _holds(test, value_of(content, field))


def _literal(field: str, value: Value) -> Value:
    """Return a value to compare a field with: for a moment its microseconds, from text or milliseconds."""
    if field not in MOMENTS:
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return int(value * 1000)
    moment = moment_of(value) if isinstance(value, str) else None
    if moment is None:
        raise InvalidParameter(
            f"The query compares {field} with {value!r}, which is no time: write it like '2026-01-31T12:00:00Z', "
            "or in milliseconds since 1970."
        )
    return moment


def _comparable(field: str, found: Json) -> Json:
    return moment_of(found) if field in MOMENTS and isinstance(found, str) else found


def _key(value: Json) -> Key:
    if value is None:
        return NOTHING, 0
    if isinstance(value, bool):
        return TRUTH, int(value)
    if isinstance(value, (int, float)):
        return NUMBER, value
    return TEXT, text_of(value)


def _globbed(pattern: str, *, wildcard: str) -> Callable[[Json], bool]:
    """Return the test for a text with wildcards; its time grows with the text alone, whatever the pattern."""
    first, *others = pattern.lower().split(wildcard)

    def test(found: Json) -> bool:
        text = text_of(found).lower()
        if not others:
            return text == first
        *middle, last = others
        end = len(text) - len(last)
        position = len(first)
        if position > end or not text.startswith(first) or not text.endswith(last):
            return False
        for part in middle:
            at = text.find(part, position, end)
            if at < 0:
                return False
            position = at + len(part)
        return True

    return test
