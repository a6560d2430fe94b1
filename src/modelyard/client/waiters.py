"""Wait for what goes on after its answer: ask often at first, then more seldom."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from modelyard.client.data_science import DataScienceClient
from modelyard.errors import WaitTimeout, WorkRequestFailed
from modelyard.lifecycle import WORK_REQUEST_DONE, WorkRequestState
from modelyard.resources.work_request import WorkRequest

FIRST_PAUSE = 0.02
LONGEST_PAUSE = 1.0
_SHARE = 0.1
"""How long a pause may be of the time that was waited so far: nobody learns of the end much later than it comes."""


class Watcher(Protocol):
    """Be told how a work request goes."""

    def __call__(self, message: str, percent: float) -> None:
        """Take the last line of the log, and how much is done, from 0 to 100."""


def wait_for_work_request(
    client: DataScienceClient,
    work_request_id: str,
    *,
    max_wait_time: float = 1200.0,
    poll_interval: float = LONGEST_PAUSE,
    watcher: Watcher | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> WorkRequest:
    """Return a work request once it has succeeded.

    Args:
        client: Who asks.
        work_request_id: The work request.
        max_wait_time: How long to wait, in seconds; negative: for ever.
        poll_interval: The longest pause between two questions, in seconds; never more than one second.
        watcher: Is told the log's lines as they come.
        clock: The time, in seconds.
        sleep: What pauses.

    Raises:
        WorkRequestFailed: It failed or was cancelled; the message is what its errors say.
        WaitTimeout: It was not done in time, and goes on.
    """
    began = clock()
    told = 0
    while True:
        # the log first: a line is never older than the percentage that it is told with
        lines = list(client.list_work_request_logs(work_request_id)) if watcher else []
        work_request = client.get_work_request(work_request_id)
        is_done = work_request.status in WORK_REQUEST_DONE
        if watcher is not None:
            lines = list(client.list_work_request_logs(work_request_id)) if is_done else lines
            for line in lines[told:]:
                watcher(line.message, work_request.percent_complete)
            told = len(lines)
        if is_done:
            return _ended(client, work_request)
        waited = clock() - began
        if 0 <= max_wait_time <= waited:
            raise WaitTimeout(
                f"{work_request.operation_type} was not done after {waited:.0f} s ({work_request.percent_complete:.0f} "
                f"%); it goes on. Follow it by its work request {work_request_id}."
            )
        pause = max(FIRST_PAUSE, min(waited * _SHARE, poll_interval, LONGEST_PAUSE))
        left = max_wait_time - waited if max_wait_time >= 0 else pause
        sleep(max(min(pause, left), 0.0))


def _ended(client: DataScienceClient, work_request: WorkRequest) -> WorkRequest:
    if work_request.status is WorkRequestState.SUCCEEDED:
        return work_request
    if work_request.status is WorkRequestState.CANCELED:
        raise WorkRequestFailed(f"{work_request.operation_type} was cancelled.")
    reasons = [error.message for error in client.list_work_request_errors(work_request.id)]
    raise WorkRequestFailed("\n".join(reasons) or f"{work_request.operation_type} failed and does not say why.")
