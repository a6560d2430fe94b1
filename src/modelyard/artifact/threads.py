"""Work on many things in a few threads: the first failure, or Ctrl-C, stops the rest."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

_FAREWELL = 2.0  # seconds for work under way to notice that it is over; the threads are daemons and keep no process


class Stopped(Exception):
    """The work is over because other work failed; nobody needs to hear of it."""


class Stop:
    """Tell work under way that it is over."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Say that it is over."""
        self._event.set()

    def check(self) -> None:
        """Raise Stopped if it is over; to be called once a megabyte or so."""
        if self._event.is_set():
            raise Stopped


def in_threads(work: Callable[[T, Stop], R], items: Sequence[T], *, threads: int) -> list[R]:
    """Return the results of work on each item, in the items' order; raise what the first failure raised."""
    stop = Stop()
    if threads <= 1 or len(items) <= 1:
        return [work(item, stop) for item in items]
    waiting: SimpleQueue[int] = SimpleQueue()
    for number in range(len(items)):
        waiting.put(number)
    results: dict[int, R] = {}
    ended: SimpleQueue[BaseException | None] = SimpleQueue()

    def run() -> None:
        try:
            while True:
                stop.check()
                number = waiting.get_nowait()
                results[number] = work(items[number], stop)
        except Empty:
            ended.put(None)
        except BaseException as error:  # raised by the thread that waits
            ended.put(error)

    crew = [threading.Thread(target=run, daemon=True) for _ in range(min(threads, len(items)))]
    try:
        for thread in crew:
            thread.start()
        for _ in crew:
            error = ended.get()
            if error is not None:
                raise error
    finally:
        stop.set()
        for thread in crew:
            thread.join(_FAREWELL)
    return [results[number] for number in range(len(items))]
