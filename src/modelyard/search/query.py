"""The query language: text to a tree, without a look at any resource.

    query <type>[, <type> …] resources [where <condition>] [sorted by <field> [asc | desc]]

A condition is ``<field> = '<value>'``, or several with ``&&``, ``||`` and parentheses. ``=`` and ``!=`` take ASCII
letters of either case for the same, ``==`` and ``!==`` do not. ``query all resources`` asks for every type.
"""

from __future__ import annotations

from dataclasses import dataclass

from modelyard.wire.conditions import ConditionReader, Tree

EXAMPLE = "query datasciencemodel resources where displayName = 'a name'"


@dataclass(frozen=True)
class Comparison:
    """Be a field against a value."""

    field: str
    comparator: str
    value: str


Condition = Tree[Comparison]


@dataclass(frozen=True, kw_only=True)
class Query:
    """Be a query: the types in lower case, ``all`` among them for every one."""

    types: tuple[str, ...]
    condition: Condition | None = None
    sort_by: str | None = None
    descending: bool = False


def parse(text: str) -> Query:
    """Return the query that a text is.

    Raises:
        InvalidParameter: It is none; the message says where.
    """
    return _Parser(text, example=EXAMPLE).query()


def fields_of(condition: Condition | None) -> frozenset[str]:
    """Return the names of the fields in a condition, in lower case."""
    if condition is None:
        return frozenset()
    if isinstance(condition, Comparison):
        return frozenset({condition.field.lower()})
    return frozenset().union(*(fields_of(part) for part in condition.parts))


class _Parser(ConditionReader[Comparison]):
    def query(self) -> Query:
        self.expect("query")
        types = [self.name("a resource type").lower()]
        while self.take(","):
            types.append(self.name("a resource type").lower())
        self.expect("resources")
        condition = self.condition() if self.take("where") else None
        sort_by, descending = self._order() if self.take("sorted") else (None, False)
        if self.peek() is not None:
            self.fail("the end, or one of where, &&, || and sorted by")
        return Query(types=tuple(types), condition=condition, sort_by=sort_by, descending=descending)

    def _order(self) -> tuple[str, bool]:
        self.expect("by")
        field = self.name("a field")
        if self.take("desc"):
            return field, True
        self.take("asc")
        return field, False

    def comparison(self) -> Comparison:
        """Take a field, a symbol and a value."""
        self.count()
        field = self.name("a field")
        comparator = next((each for each in ("=", "!=", "==", "!==") if self.take(each)), None)
        if comparator is None:
            self.fail("one of =, !=, == and !==")
        word = self.peek()
        if word is None or word.kind != "text":
            self.fail("a value in quotes")
        self.skip()
        return Comparison(field, comparator, word.value)
