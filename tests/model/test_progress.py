"""Progress of long steps, as people see it."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from modelyard.model.notebook_bar import NotebookBar
from modelyard.model.progress import Silence, reported
from modelyard.model.transfer_rate import Rate


def ticking(seconds: float) -> Callable[[], float]:
    """A clock that goes on by so much with each look."""
    return itertools.count(0.0, seconds).__next__


def test_amounts_are_told_with_their_speed() -> None:
    rate = Rate(ticking(2.0))
    assert rate.told(0, 40_000_000) == "0.0 of 40.0 MB"
    assert rate.told(10_000_000, 40_000_000) == "10.0 of 40.0 MB, 5.0 MB/s"
    assert rate.told(40_000_000, 40_000_000) == "40.0 of 40.0 MB, 10.0 MB/s"


def test_what_was_done_before_an_interruption_is_no_speed() -> None:
    rate = Rate(ticking(1.0))
    rate.told(30_000_000, 40_000_000)
    assert rate.told(31_000_000, 40_000_000) == "31.0 of 40.0 MB, 1.0 MB/s"


def test_a_notebook_shows_the_step_its_part_and_how_much_is_done() -> None:
    shown: list[str] = []
    bar = NotebookBar(shown.append, "save", clock=ticking(1.0))
    bar.step("sending <b>")
    bar.amount(1_000_000, 4_000_000)
    bar.line("deploying", 50)
    bar.close()
    assert shown[1] == "<div>save: sending &lt;b&gt; <progress></progress></div>"
    assert (
        shown[2] == '<div>save: sending &lt;b&gt; <progress value="1e+06" max="4e+06"></progress> 1.0 of 4.0 MB</div>'
    )
    assert shown[3] == '<div>save: deploying <progress value="50" max="100"></progress></div>'
    assert shown[-1] == ""


def test_a_notebook_is_not_flooded_and_sees_the_end() -> None:
    shown: list[str] = []
    bar = NotebookBar(shown.append, "save", clock=ticking(0.001))
    for done in range(1000):
        bar.amount(done + 1, 1000)
    assert len(shown) < 50
    assert 'value="1000"' in shown[-1]


def test_a_log_sees_nothing() -> None:
    with reported("save") as reporter:
        assert isinstance(reporter, Silence)
