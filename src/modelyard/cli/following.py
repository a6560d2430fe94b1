"""Follow what goes on after its request was answered, line by line."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from modelyard.cli.command import Argument, option, switch_off, switch_on
from modelyard.cli.options import seconds

if TYPE_CHECKING:
    from modelyard.cli.context import Context

WAITING: tuple[Argument, ...] = (
    switch_on("--wait", sets="wait", about="Wait until it is done, and show how it goes (the default)."),
    switch_off("--no-wait", sets="wait", about="Return at once; `modelyard work-request show` tells how it goes."),
    option("--max-wait", convert=seconds, default=1200.0, metavar="SECONDS", about="How long to wait at most (1200)."),
)
"""The options of every command that starts what takes a while."""


def follow(context: Context, work_request_id: str, *, what: str, seconds: float) -> None:
    """Return when a work request has succeeded; show the lines of its log meanwhile.

    Args:
        context: The command's.
        work_request_id: The work request.
        what: What it does, as in "the deployment is being created".
        seconds: How long to wait at most.

    Raises:
        WorkRequestFailed: It failed; the message is what its errors say, the model's own traceback among it.
        WaitTimeout: It was not done in time.
    """
    from modelyard.client.waiters import wait_for_work_request

    began = time.monotonic()

    def tell(message: str, percent: float) -> None:
        context.output.note(f"{time.monotonic() - began:6.1f} s  {percent:3.0f} %  {message}")

    context.goes_on = f"{what} goes on: `modelyard work-request show {work_request_id}` tells how far it is."
    wait_for_work_request(context.client, work_request_id, max_wait_time=seconds, watcher=tell)
    context.goes_on = None
