"""One line for each step of a script: what was done, how long it took, what came of it. Live where somebody looks."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from rich.text import Text

WIDTH = 34


class Step:
    """Be one step while it runs."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.result = ""
        self._began = time.perf_counter()

    @property
    def seconds(self) -> float:
        """How long it has run."""
        return time.perf_counter() - self._began

    def tell(self, result: str) -> None:
        """Say what has come of it so far."""
        self.result = result

    def __str__(self) -> str:
        return f"  {self.what:{WIDTH}} {self.seconds:6.2f} s  {self.result}".rstrip()

    def __rich__(self) -> Text:
        from rich.text import Text

        return Text(f"{self}  …", style="dim", overflow="ellipsis", no_wrap=True)


@contextmanager
def watched(what: str) -> Iterator[Step]:
    """Run a step: its line moves while it runs in a terminal, and stands when it is done."""
    step = Step(what)
    with _live(step):
        yield step
    print(step, flush=True)


@contextmanager
def timed(what: str) -> Iterator[Step]:
    """Run a step that shows its own progress: only its line follows."""
    step = Step(what)
    yield step
    print(step, flush=True)


def _live(step: Step) -> AbstractContextManager[object]:
    if not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console
    from rich.live import Live

    return Live(step, console=Console(stderr=True), refresh_per_second=10, transient=True)
