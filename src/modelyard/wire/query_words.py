"""What the query languages of the wire share: words, and a reader that takes them and says where it fails."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from modelyard.errors import InvalidParameter

MOST_COMPARISONS = 100
"""How many comparisons a query may have."""

DEEPEST = 20
"""How deep a condition may be nested."""

_WORD = re.compile(
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
class Word:
    """Be a word of a query; ``kind`` is one of text, number, symbol and word."""

    kind: str
    text: str
    start: int

    @property
    def value(self) -> str:
        """What a text in quotes says."""
        return _ESCAPED.sub(r"\1", self.text[1:-1])


class WordReader:
    """Take the words of a query, one by one.

    Args:
        text: The query.
        example: What a query looks like, for those who got it wrong.

    Raises:
        InvalidParameter: Some of the query is no word.
    """

    def __init__(self, text: str, *, example: str) -> None:
        self._text = text
        self._example = example
        self._position = 0
        self._depth = 0
        self._comparisons = 0
        self._words = self._split()

    def peek(self) -> Word | None:
        """Return the next word, and leave it; None at the end."""
        return self._words[self._position] if self._position < len(self._words) else None

    def skip(self) -> None:
        """Go on to the word behind the next."""
        self._position += 1

    def take(self, text: str) -> bool:
        """Take the next word if it is a keyword or symbol, in letters of either case; tell whether it was."""
        word = self.peek()
        if word is None or word.kind not in {"symbol", "word"} or word.text.lower() != text:
            return False
        self.skip()
        return True

    def expect(self, text: str) -> None:
        """Take a keyword or symbol, or fail."""
        if not self.take(text):
            self.fail(repr(text))

    def name(self, what: str) -> str:
        """Take a word that names something, or fail for want of it."""
        word = self.peek()
        if word is None or word.kind != "word":
            self.fail(what)
        self.skip()
        return word.text

    def is_text(self) -> bool:
        """Tell whether the next word is a text in quotes."""
        word = self.peek()
        return word is not None and word.kind == "text"

    def deeper(self) -> None:
        """Go into a condition within another; fail where that is too deep."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise InvalidParameter(f"The query has conditions nested more than {DEEPEST} deep.")

    def back(self) -> None:
        """Go out of a condition within another."""
        self._depth -= 1

    def count(self) -> None:
        """Count a comparison; fail where there are too many."""
        self._comparisons += 1
        if self._comparisons > MOST_COMPARISONS:
            raise InvalidParameter(f"The query has more than {MOST_COMPARISONS} comparisons.")

    def fail(self, expected: str) -> NoReturn:
        """Say what belongs where the next word stands."""
        word = self.peek()
        raise self._wrong(len(self._text) if word is None else word.start, f"not {expected}")

    def _split(self) -> list[Word]:
        words = []
        position, end = 0, len(self._text.rstrip())
        while position < end:
            match = _WORD.match(self._text, position)
            if match is None:
                rest = self._text[position:end].lstrip()
                why = "a text without its closing quote" if rest[0] in "'\"" else "nothing that a query may have"
                raise self._wrong(end - len(rest), why)
            kind = match.lastgroup or ""
            words.append(Word(kind, match[kind], match.start(kind)))
            position = match.end()
        return words

    def _wrong(self, position: int, why: str) -> InvalidParameter:
        there = self._text[position : position + 40]
        found = f"{there!r}, which is" if there else "nothing more, which is"
        return InvalidParameter(
            f"The query has at character {position + 1} {found} {why}. A query is: {self._example}."
        )
