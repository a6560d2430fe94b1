"""The query language: text to a tree, without a look at any resource.

    query <type>[, <type> …] resources [where <condition>] [sorted by <field> [asc | desc]]

A condition is ``<field> = '<value>'``, or several with ``&&``, ``||`` and parentheses. ``=`` and ``!=`` take letters of
either case for the same, ``==`` and ``!==`` do not. ``query all resources`` asks for every type.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn, Union

from modelyard.errors import InvalidParameter

DEEPEST = 20
"""How deep parentheses may be nested."""

MOST_COMPARISONS = 100
"""How many comparisons a condition may have."""

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
      | (?P<symbol>&&|\|\||!==|!=|==|=|\(|\)|,)
      | (?P<word>[A-Za-z_][A-Za-z0-9_.-]*)
    )""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Comparison:
    """Be a field against a value."""

    field: str
    comparator: str
    value: str


@dataclass(frozen=True)
class Both:
    """Be conditions that hold all."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Either:
    """Be conditions of which one holds."""

    parts: tuple[Condition, ...]


Condition = Union[Comparison, Both, Either]


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
    return _Parser(text, _tokens(text)).query()


def fields_of(condition: Condition | None) -> frozenset[str]:
    """Return the names of the fields in a condition, in lower case."""
    if condition is None:
        return frozenset()
    if isinstance(condition, Comparison):
        return frozenset({condition.field.lower()})
    return frozenset().union(*(fields_of(part) for part in condition.parts))


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    start: int


def _tokens(text: str) -> list[_Token]:
    tokens = []
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            raise _wrong(text, end - len(text[position:end].lstrip()), "nothing that a query may have")
        kind = match.lastgroup or ""
        tokens.append(_Token(kind, match[kind], match.start(kind)))
        position = match.end()
    return tokens


class _Parser:
    def __init__(self, text: str, tokens: Sequence[_Token]) -> None:
        self._text = text
        self._tokens = tokens
        self._position = 0
        self._depth = 0
        self._comparisons = 0

    def query(self) -> Query:
        self._expect_word("query")
        types = [self._word("a resource type").lower()]
        while self._take(","):
            types.append(self._word("a resource type").lower())
        self._expect_word("resources")
        condition = self._either() if self._take("where") else None
        sort_by, descending = self._order() if self._take("sorted") else (None, False)
        if self._position < len(self._tokens):
            self._fail("the end, or one of where, &&, || and sorted by")
        return Query(types=tuple(types), condition=condition, sort_by=sort_by, descending=descending)

    def _order(self) -> tuple[str, bool]:
        self._expect_word("by")
        field = self._word("a field")
        if self._take("desc"):
            return field, True
        self._take("asc")
        return field, False

    def _either(self) -> Condition:
        parts = [self._both()]
        while self._take("||") or self._take("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _both(self) -> Condition:
        parts = [self._one()]
        while self._take("&&") or self._take("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def _one(self) -> Condition:
        if not self._take("("):
            return self._comparison()
        self._depth += 1
        if self._depth > DEEPEST:
            raise InvalidParameter(f"The query has parentheses more than {DEEPEST} deep.")
        condition = self._either()
        if not self._take(")"):
            self._fail("a closing parenthesis")
        self._depth -= 1
        return condition

    def _comparison(self) -> Comparison:
        self._comparisons += 1
        if self._comparisons > MOST_COMPARISONS:
            raise InvalidParameter(f"The query has more than {MOST_COMPARISONS} comparisons.")
        field = self._word("a field")
        comparator = next((each for each in ("=", "!=", "==", "!==") if self._take(each)), None)
        if comparator is None:
            self._fail("one of =, !=, == and !==")
        token = self._peek()
        if token is None or token.kind != "text":
            self._fail("a value in quotes")
        self._position += 1
        return Comparison(field, comparator, re.sub(r"\\(.)", r"\1", token.text[1:-1], flags=re.DOTALL))

    def _peek(self) -> _Token | None:
        return self._tokens[self._position] if self._position < len(self._tokens) else None

    def _take(self, text: str) -> bool:
        token = self._peek()
        if token is None or token.kind == "text" or token.text.lower() != text:
            return False
        self._position += 1
        return True

    def _word(self, what: str) -> str:
        token = self._peek()
        if token is None or token.kind != "word":
            self._fail(what)
        self._position += 1
        return token.text

    def _expect_word(self, word: str) -> None:
        if not self._take(word):
            self._fail(repr(word))

    def _fail(self, expected: str) -> NoReturn:
        token = self._peek()
        raise _wrong(self._text, len(self._text) if token is None else token.start, f"not {expected}")


def _wrong(text: str, position: int, why: str) -> InvalidParameter:
    there = text[position : position + 40]
    found = f"{there!r}, which is" if there else "nothing more, which is"
    return InvalidParameter(
        f"The query has at character {position + 1} {found} {why}. "
        "A query is: query datasciencemodel resources where displayName = 'a name'."
    )
