"""Who wants to know of new messages at once."""

from __future__ import annotations

from collections.abc import Callable, Collection

Listener = Callable[[str, Collection[int]], None]
"""Told a stream, and those of its partitions that have new messages; it may not wait."""


class Arrivals:
    """Pass on that there are new messages, to those in this process."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Tell a listener from now on."""
        self._listeners.append(listener)

    def tell(self, stream_id: str, partitions: Collection[int]) -> None:
        """Tell every listener."""
        for listener in self._listeners:
            listener(stream_id, partitions)
