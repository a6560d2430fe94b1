"""One figure of a measurement, and the table that shows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Figure:
    """Be one line of the table."""

    what: str
    value: str
    peer: str = ""
    """What it is compared with, and what that costs."""

    ratio: float | None = None
    target: str = ""
    """What to aim for; nothing fails where it is missed."""

    is_missed: bool = False
    """Whether it is known to be missed."""


def table(figures: Iterable[Figure]) -> Iterator[str]:
    """Give the lines of a table, each as soon as its figure is there."""
    yield _line("what", "modelyard", "peer", "ratio", "target")
    yield _line("-" * 44, "-" * 20, "-" * 32, "-" * 6, "-" * 20)
    for figure in figures:
        ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
        missed = "  MISSED" if figure.is_missed else ""
        yield _line(figure.what, figure.value, figure.peer, ratio, figure.target + missed)


def _line(what: str, value: str, peer: str, ratio: str, target: str) -> str:
    return f"{what:44}  {value:>20}  {peer:>32}  {ratio:>6}  {target}".rstrip()
