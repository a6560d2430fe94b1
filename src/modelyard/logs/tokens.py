"""The words of the log query language: texts in quotes, numbers, symbols, names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from modelyard.errors import InvalidParameter

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
      | (?P<number>-?\d{1,300}(?:\.\d{1,300})?(?![A-Za-z0-9_.]))
      | (?P<symbol>&&|\|\||!==|!=|==|<=|>=|[=<>|(),])
      | (?P<word>[A-Za-z_][A-Za-z0-9_.-]*)
    )""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True)
class Token:
    """Be a word of a query; ``kind`` is one of text, number, symbol and word."""

    kind: str
    text: str
    start: int

    @property
    def value(self) -> str:
        """What a text in quotes says."""
        return _ESCAPED.sub(r"\1", self.text[1:-1])


def tokens(text: str) -> list[Token]:
    """Return the words of a query.

    Raises:
        InvalidParameter: Some of it is no word.
    """
    found = []
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            rest = text[position:end].lstrip()
            why = "a text without its closing quote" if rest[0] in "'\"" else "nothing that a query may have"
            raise wrong(text, end - len(rest), why)
        kind = match.lastgroup or ""
        found.append(Token(kind, match[kind], match.start(kind)))
        position = match.end()
    return found


def wrong(text: str, position: int, why: str) -> InvalidParameter:
    """Return the error that says what is wrong with a query, and where."""
    there = text[position : position + 40]
    found = f"{there!r}, which is" if there else "nothing more, which is"
    return InvalidParameter(
        f"The query has at character {position + 1} {found} {why}. A query is: "
        "search \"compartment/log group/log\" | where source = '*a text*' | sort by datetime desc."
    )
