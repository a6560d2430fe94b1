"""The log query language: text to a tree, without a look at any entry.

    search "<compartment>[/<log group>[/<log>]]"[, …] [| where <condition>] [| sort by <field> [asc | desc]] [| limit n]

A condition compares a field with a value (``=``, ``!=``, ``==``, ``!==``, ``<``, ``<=``, ``>``, ``>=``, ``like``,
``in``), or is a text in quotes that is to be anywhere in an entry, or several with ``and``, ``or``, ``not`` and
parentheses. Keywords may be in either case.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn, Union

from modelyard.errors import InvalidParameter
from modelyard.logs.tokens import Token, tokens, wrong

DEEPEST = 20
"""How deep ``not`` and parentheses may be nested."""

MOST_COMPARISONS = 100
"""How many comparisons a query may have."""

MOST_SCOPES = 50
"""How many log groups and logs a query may name."""

_COMPARATORS = ("==", "=", "!==", "!=", "<=", "<", ">=", ">")
_LARGEST_LIMIT = 10**9

Value = Union[str, int, float, bool]


@dataclass(frozen=True)
class Scope:
    """Be where to search: a compartment, a log group in it, or a log in that."""

    compartment_id: str
    log_group_id: str | None = None
    log_id: str | None = None


@dataclass(frozen=True)
class Comparison:
    """Be a field against a value; ``comparator`` is one of the symbols, or ``like``."""

    field: str
    comparator: str
    value: Value


@dataclass(frozen=True)
class Among:
    """Be a field that has one of several values."""

    field: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Containing:
    """Be a text that is anywhere in an entry."""

    text: str


@dataclass(frozen=True)
class Not:
    """Be a condition that does not hold."""

    part: Condition


@dataclass(frozen=True)
class Both:
    """Be conditions that hold all."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Either:
    """Be conditions of which one holds."""

    parts: tuple[Condition, ...]


Condition = Union[Comparison, Among, Containing, Not, Both, Either]


@dataclass(frozen=True, kw_only=True)
class Query:
    """Be a query."""

    scopes: tuple[Scope, ...]
    condition: Condition | None = None
    sort_by: str = "datetime"
    descending: bool = True
    limit: int | None = None


def parse(text: str) -> Query:
    """Return the query that a text is.

    Raises:
        InvalidParameter: It is none; the message says where.
    """
    return _Parser(text, tokens(text)).query()


class _Parser:
    def __init__(self, text: str, found: Sequence[Token]) -> None:
        self._text = text
        self._tokens = found
        self._position = 0
        self._depth = 0
        self._comparisons = 0

    def query(self) -> Query:
        self._expect("search")
        scopes = [self._scope()]
        while self._take(","):
            scopes.append(self._scope())
        if len(scopes) > MOST_SCOPES:
            raise InvalidParameter(f"The query names {len(scopes)} places to search; {MOST_SCOPES} are the most.")
        conditions: list[Condition] = []
        order: tuple[str, bool] | None = None
        limit: int | None = None
        while self._take("|"):
            if order is None and limit is None and (self._take("where") or self._is_text()):
                conditions.append(self._either())
            elif order is None and limit is None and self._take("sort"):
                order = self._order()
            elif limit is None and self._take("limit"):
                limit = self._limit()
            else:
                self._fail(
                    "where, sort by or limit, once and in this order"
                    if order or limit
                    else "where, sort by or limit, the stages there are"
                )
        if self._position < len(self._tokens):
            self._fail("the end, or | and another stage")
        sort_by, descending = order or ("datetime", True)
        return Query(
            scopes=tuple(scopes), condition=_joined(conditions), sort_by=sort_by, descending=descending, limit=limit
        )

    def _scope(self) -> Scope:
        token = self._peek()
        if token is None or token.kind != "text":
            self._fail('where to search, in quotes: "compartment/log group/log"')
        parts = token.value.split("/")
        if len(parts) > 3 or not all(parts):
            self._fail('"compartment", "compartment/log group" or "compartment/log group/log", each an OCID')
        self._position += 1
        return Scope(*parts)

    def _order(self) -> tuple[str, bool]:
        self._expect("by")
        field = self._word("a field")
        if self._take("desc"):
            return field, True
        self._take("asc")
        return field, False

    def _limit(self) -> int:
        token = self._peek()
        if token is None or token.kind != "number" or not token.text.isdigit():
            self._fail("a whole number")
        if len(token.text) > 10 or not 1 <= int(token.text) <= _LARGEST_LIMIT:
            self._fail(f"a number from 1 to {_LARGEST_LIMIT}")
        self._position += 1
        return int(token.text)

    def _either(self) -> Condition:
        parts = [self._both()]
        while self._take("or") or self._take("||"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _both(self) -> Condition:
        parts = [self._one()]
        while self._take("and") or self._take("&&"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def _one(self) -> Condition:
        if self._take("not"):
            self._deeper()
            condition: Condition = Not(self._one())
            self._depth -= 1
            return condition
        if not self._take("("):
            return self._comparison()
        self._deeper()
        condition = self._either()
        if not self._take(")"):
            self._fail("a closing parenthesis")
        self._depth -= 1
        return condition

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise InvalidParameter(f"The query has conditions nested more than {DEEPEST} deep.")

    def _comparison(self) -> Condition:
        self._count()
        token = self._peek()
        if token is not None and token.kind == "text":
            self._position += 1
            return Containing(token.value)
        field = self._word("a field, or a text in quotes")
        if self._take("in"):
            return Among(field, self._values())
        comparator = next((each for each in (*_COMPARATORS, "like") if self._take(each)), None)
        if comparator is None:
            self._fail(f"one of {', '.join(_COMPARATORS)}, like and in")
        return Comparison(field, comparator, self._value())

    def _values(self) -> tuple[Value, ...]:
        if not self._take("("):
            self._fail("an opening parenthesis")
        values = [self._value()]
        while self._take(","):
            self._count()
            values.append(self._value())
        if not self._take(")"):
            self._fail("a closing parenthesis")
        return tuple(values)

    def _value(self) -> Value:
        token = self._peek()
        if token is not None and token.kind == "text":
            self._position += 1
            return token.value
        if token is not None and token.kind == "number":
            self._position += 1
            return int(token.text) if re.fullmatch(r"-?\d{1,18}", token.text) else float(token.text)
        if self._take("true"):
            return True
        if not self._take("false"):
            self._fail("a value: text in quotes, a number, true or false")
        return False

    def _count(self) -> None:
        self._comparisons += 1
        if self._comparisons > MOST_COMPARISONS:
            raise InvalidParameter(f"The query has more than {MOST_COMPARISONS} comparisons.")

    def _peek(self) -> Token | None:
        return self._tokens[self._position] if self._position < len(self._tokens) else None

    def _is_text(self) -> bool:
        token = self._peek()
        return token is not None and token.kind == "text"

    def _take(self, text: str) -> bool:
        token = self._peek()
        if token is None or token.kind not in {"symbol", "word"} or token.text.lower() != text:
            return False
        self._position += 1
        return True

    def _word(self, what: str) -> str:
        token = self._peek()
        if token is None or token.kind != "word":
            self._fail(what)
        self._position += 1
        return token.text

    def _expect(self, word: str) -> None:
        if not self._take(word):
            self._fail(repr(word))

    def _fail(self, expected: str) -> NoReturn:
        token = self._peek()
        raise wrong(self._text, len(self._text) if token is None else token.start, f"not {expected}")


def _joined(conditions: Sequence[Condition]) -> Condition | None:
    if not conditions:
        return None
    return conditions[0] if len(conditions) == 1 else Both(tuple(conditions))
