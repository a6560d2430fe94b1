"""The log query language: text to a tree, without a look at any entry.

    search "<compartment>[/<log group>[/<log>]]"[, …] [| where <condition>] [| sort by <field> [asc | desc]] [| limit n]
        [| select <field> [as <name>][, …]]
    search "…"[, …] [| where <condition>] | summarize count() [as <name>] [by <field>[, …]] [| limit n]

A condition compares a field with a value (``=``, ``!=``, ``==``, ``!==``, ``<``, ``<=``, ``>``, ``>=``, ``like``,
``in``), or is a text in quotes that is to be anywhere in an entry, or several with ``and``, ``or``, ``not`` and
parentheses. Keywords may be in either case.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar, Union

from modelyard.errors import InvalidParameter
from modelyard.wire.conditions import Both, ConditionReader, Tree

EXAMPLE = "search \"compartment/log group/log\" | where source = '*a text*' | sort by datetime desc"

MOST_SCOPES = 50
"""How many log groups and logs a query may name."""

MOST_FIELDS = 50
"""How many fields a query may select, or count by."""

_COMPARATORS = ("==", "=", "!==", "!=", "<=", "<", ">=", ">")
_LARGEST_LIMIT = 10**9
_WHERE, _SORT, _LIMIT, _SELECT = range(4)
_STAGES = "where, sort by or summarize, limit, or select"

T = TypeVar("T")

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


Leaf = Union[Comparison, Among, Containing, Not]
"""A condition that is not joined of others."""

Condition = Tree[Leaf]


@dataclass(frozen=True)
class Selected:
    """Be a field that is shown, and under which name."""

    field: str
    name: str


@dataclass(frozen=True)
class Count:
    """Be how many entries there are for each value of some fields; ``name`` is what their number is called."""

    by: tuple[str, ...] = ()
    name: str = "count"


@dataclass(frozen=True, kw_only=True)
class Query:
    """Be a query."""

    scopes: tuple[Scope, ...]
    condition: Condition | None = None
    sort_by: str = "datetime"
    descending: bool = True
    limit: int | None = None
    select: tuple[Selected, ...] = ()
    """What is shown of each entry; all where nothing is said."""

    count: Count | None = None
    """What is counted, in the place of entries."""


def parse(text: str) -> Query:
    """Return the query that a text is.

    Raises:
        InvalidParameter: It is none; the message says where.
    """
    return _Parser(text, example=EXAMPLE).query()


class _Parser(ConditionReader[Leaf]):
    def query(self) -> Query:
        self.expect("search")
        scopes = [self._scope()]
        while self.take(","):
            scopes.append(self._scope())
        if len(scopes) > MOST_SCOPES:
            raise InvalidParameter(f"The query names {len(scopes)} places to search; {MOST_SCOPES} are the most.")
        conditions: list[Condition] = []
        stage = 0  # how far the query has come in the order of stages
        order = ("datetime", True)
        limit: int | None = None
        selected: tuple[Selected, ...] = ()
        count: Count | None = None
        while self.take("|"):
            if stage <= _WHERE and (self.take("where") or self.is_text()):
                conditions.append(self.condition())
            elif stage < _SORT and self.take("sort"):
                stage, order = _SORT, self._order()
            elif stage < _SORT and self.take("summarize"):
                stage, count = _SORT, self._count()
            elif stage < _LIMIT and self.take("limit"):
                stage, limit = _LIMIT, self._limit()
            elif stage < _SELECT and count is None and self.take("select"):
                stage, selected = _SELECT, self._selected()
            else:
                self.fail(f"{_STAGES}, once and in this order" if stage else f"{_STAGES}, the stages there are")
        if self.peek() is not None:
            self.fail("the end, or | and another stage")
        sort_by, descending = order
        return Query(
            scopes=tuple(scopes),
            condition=_joined(conditions),
            sort_by=sort_by,
            descending=descending,
            limit=limit,
            select=selected,
            count=count,
        )

    def _count(self) -> Count:
        for word in ("count", "(", ")"):
            if not self.take(word):
                self.fail("count(), the only thing that summarize does")
        name = self.name("a name") if self.take("as") else "count"
        return Count(self._several(lambda: self.name("a field")) if self.take("by") else (), name)

    def _selected(self) -> tuple[Selected, ...]:
        def one() -> Selected:
            field = self.name("a field")
            return Selected(field, self.name("a name") if self.take("as") else field)

        return self._several(one)

    def _several(self, one: Callable[[], T]) -> tuple[T, ...]:
        """Take what stands between commas."""
        found = [one()]
        while self.take(","):
            found.append(one())
        if len(found) > MOST_FIELDS:
            raise InvalidParameter(f"The query names {len(found)} fields in one stage; {MOST_FIELDS} are the most.")
        return tuple(found)

    def _scope(self) -> Scope:
        word = self.peek()
        if word is None or word.kind != "text":
            self.fail('where to search, in quotes: "compartment/log group/log"')
        parts = word.value.split("/")
        if len(parts) > 3 or not all(parts):
            self.fail('"compartment", "compartment/log group" or "compartment/log group/log", each an OCID')
        self.skip()
        return Scope(*parts)

    def _order(self) -> tuple[str, bool]:
        self.expect("by")
        field = self.name("a field")
        if self.take("desc"):
            return field, True
        self.take("asc")
        return field, False

    def _limit(self) -> int:
        word = self.peek()
        if word is None or word.kind != "number" or not word.text.isdigit():
            self.fail("a whole number")
        if len(word.text) > 10 or not 1 <= int(word.text) <= _LARGEST_LIMIT:
            self.fail(f"a number from 1 to {_LARGEST_LIMIT}")
        self.skip()
        return int(word.text)

    def comparison(self) -> Leaf:
        """Take a field against a value, a text that is to be anywhere, or what is not to hold."""
        if self.take("not"):
            self.deeper()
            refused = Not(self.part())
            self.back()
            return refused
        self.count()
        word = self.peek()
        if word is not None and word.kind == "text":
            self.skip()
            return Containing(word.value)
        field = self.name("a field, or a text in quotes")
        if self.take("in"):
            return Among(field, self._values())
        comparator = next((each for each in (*_COMPARATORS, "like") if self.take(each)), None)
        if comparator is None:
            self.fail(f"one of {', '.join(_COMPARATORS)}, like and in")
        return Comparison(field, comparator, self._value())

    def _values(self) -> tuple[Value, ...]:
        if not self.take("("):
            self.fail("an opening parenthesis")
        values = [self._value()]
        while self.take(","):
            self.count()
            values.append(self._value())
        if not self.take(")"):
            self.fail("a closing parenthesis")
        return tuple(values)

    def _value(self) -> Value:
        word = self.peek()
        if word is not None and word.kind == "text":
            self.skip()
            return word.value
        if word is not None and word.kind == "number":
            self.skip()
            return float(word.text) if "." in word.text else int(word.text)
        if self.take("true"):
            return True
        if not self.take("false"):
            self.fail("a value: text in quotes, a number, true or false")
        return False


def _joined(conditions: Sequence[Condition]) -> Condition | None:
    if not conditions:
        return None
    return conditions[0] if len(conditions) == 1 else Both(tuple(conditions))
