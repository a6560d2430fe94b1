"""Progress below a notebook's cell: one line that is written anew, and gone when the step is done."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from modelyard.model.transfer_rate import Rate

_EVERY = 0.1
"""How long a line stands at least, in seconds: a notebook keeps every message."""


class NotebookBar:
    """Show the step, its part and how much is done.

    Args:
        show: Puts HTML in the place of what was shown before.
        title: The step.
        clock: Seconds from any beginning.
    """

    def __init__(self, show: Callable[[str], None], title: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._show = show
        self._title = title
        self._clock = clock
        self._rate = Rate(clock)
        self._part = ""
        self._shown_at: float | None = None
        self._write("")

    def step(self, what: str) -> None:
        """Begin a part of the step."""
        self._rate = Rate(self._clock)
        self._part = what
        self._write("<progress></progress>")

    def amount(self, done: int, total: int) -> None:
        """Say how many bytes of the part are done, of how many."""
        self._rewrite(f"{_bar(done, total)} {self._rate.told(done, total)}", is_last=done >= total)

    def line(self, message: str, percent: float) -> None:
        """Take what somebody else says of the part, and how much is done, from 0 to 100."""
        is_news, self._part = message != self._part, message
        self._rewrite(_bar(percent, 100), is_last=is_news)

    def close(self) -> None:
        """Take the line away."""
        self._show("")

    def _rewrite(self, html: str, *, is_last: bool) -> None:
        if is_last or self._shown_at is None or self._clock() - self._shown_at >= _EVERY:
            self._write(html)

    def _write(self, html: str) -> None:
        from html import escape

        self._shown_at = self._clock()
        words = f"{self._title}: {self._part}" if self._part else self._title
        self._show(f"<div>{escape(words)} {html}</div>")


def in_notebook() -> bool:
    """Tell whether this process is a notebook's kernel."""
    return "ipykernel" in sys.modules


@contextmanager
def notebook_bar(title: str) -> Iterator[NotebookBar]:
    """Give a bar below the cell that runs, until the step is done or fails."""
    from IPython.display import HTML, display

    handle = display(HTML(""), display_id=True)
    bar = NotebookBar(lambda html: handle.update(HTML(html)), title)
    try:
        yield bar
    finally:
        bar.close()


def _bar(done: float, total: float) -> str:
    return f'<progress value="{done:g}" max="{max(total, 1):g}"></progress>'
