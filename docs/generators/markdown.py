"""From docstrings and rows to Markdown."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; a vertical bar in a cell stays what it is."""
    return "\n".join(_lines(head, rows))


def first_sentence(thing: object) -> str:
    """Return the first paragraph of something's own docstring, as Markdown."""
    return as_markdown((inspect.getdoc(thing) or "").partition("\n\n")[0])


def as_markdown(docstring: str) -> str:
    """Return text with the marks of docstrings as Markdown has them, on one line."""
    text = re.sub(r":\w+:`~?([^`]+)`", r"`\1`", docstring.replace("``", "`"))
    return " ".join(text.split())


def _lines(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |"
