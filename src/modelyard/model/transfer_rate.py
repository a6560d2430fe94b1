"""How fast bytes come or go, in words."""

from __future__ import annotations

from collections.abc import Callable


class Rate:
    """Tell amounts and speed, from the first amount that is told on.

    Args:
        clock: Seconds from any beginning.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._first: tuple[float, int] | None = None  # when amounts were first told, and how much was done then

    def told(self, done: int, total: int) -> str:
        """Return how much is done, and how fast: ``512.0 of 2048.0 MB, 310.2 MB/s``."""
        now = self._clock()
        self._first = began, before = self._first or (now, done)
        amount = f"{done / 1e6:.1f} of {total / 1e6:.1f} MB"
        return amount if now <= began else f"{amount}, {(done - before) / (now - began) / 1e6:.1f} MB/s"
