"""Progress of long steps: a bar in a terminal or a notebook, nothing in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from modelyard.model.notebook_bar import in_notebook, notebook_bar
from modelyard.model.transfer_rate import Rate

if TYPE_CHECKING:
    from rich.progress import Progress

    from modelyard.client.waiters import Watcher


class Reporter(Protocol):
    """Be told how a long step goes."""

    def step(self, what: str) -> None:
        """Begin a part of the step."""

    def amount(self, done: int, total: int) -> None:
        """Say how many bytes of the part are done, of how many."""

    def line(self, message: str, percent: float) -> None:
        """Take what somebody else says of the part, and how much is done, from 0 to 100."""


class Silence:
    """Tell nobody."""

    def step(self, what: str) -> None:
        """Begin a part of the step."""

    def amount(self, done: int, total: int) -> None:
        """Say how many bytes of the part are done, of how many."""

    def line(self, message: str, percent: float) -> None:
        """Take what somebody else says of the part."""


def watcher_of(reporter: Reporter) -> Watcher | None:
    """Return what is told of a work request; None where nobody looks, and its log need not be asked for."""
    return None if isinstance(reporter, Silence) else reporter.line


class Bar:
    """Show one line: the step, its part, how much is done, and the time."""

    def __init__(self, shown: Progress, title: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._shown = shown
        self._title = title
        self._clock = clock
        self._rate = Rate(clock)
        self._task = shown.add_task(title, total=None, rate="")

    def step(self, what: str) -> None:
        """Begin a part of the step."""
        self._rate = Rate(self._clock)
        self._shown.update(self._task, description=f"{self._title}: {what}", completed=0, total=None, rate="")

    def amount(self, done: int, total: int) -> None:
        """Say how many bytes of the part are done, of how many."""
        self._shown.update(self._task, completed=done, total=total, rate=self._rate.told(done, total))

    def line(self, message: str, percent: float) -> None:
        """Take what somebody else says of the part."""
        self._shown.update(self._task, description=f"{self._title}: {message}", completed=percent, total=100, rate="")


@contextmanager
def reported(title: str) -> Iterator[Reporter]:
    """Give a reporter for a long step; it shows something where somebody looks."""
    if in_notebook():
        with notebook_bar(title) as bar:
            yield bar
        return
    if not sys.stderr.isatty():
        yield Silence()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        yield Bar(shown, title)
