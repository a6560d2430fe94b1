"""Work in a few threads: in order, and over at the first failure."""

from __future__ import annotations

import threading

import pytest

from modelyard.artifact.threads import Stop, Stopped, in_threads


@pytest.mark.parametrize("threads", [1, 4])
def test_results_come_in_the_order_of_the_items(threads: int) -> None:
    assert in_threads(lambda item, _: item * 2, list(range(50)), threads=threads) == [item * 2 for item in range(50)]
    assert in_threads(lambda item, _: item, [], threads=threads) == []


def test_work_is_done_side_by_side() -> None:
    together = threading.Barrier(3, timeout=10)
    assert in_threads(lambda item, _: together.wait() >= 0, [1, 2, 3], threads=3) == [True] * 3


def test_the_first_failure_stops_the_others() -> None:
    done: list[int] = []
    started = threading.Event()

    def work(item: int, stop: Stop) -> None:
        if item == 0:
            started.wait(10)
            raise ValueError("broken")
        started.set()
        pause = threading.Event()
        try:
            while True:
                stop.check()
                pause.wait(0.001)
        except Stopped:
            done.append(item)
            raise

    with pytest.raises(ValueError, match="broken"):
        in_threads(work, list(range(100)), threads=2)
    assert done == [1]
