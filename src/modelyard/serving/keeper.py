"""Run one container, and leave nothing of it when who asked for it has gone: ``PYTHON keeper.py NAME < PIPE``.

The pipe begins with the order, a line of JSON: ``run`` is the command that runs the container until it ends, and
``environment`` what that finds in its environment; ``stop`` are the commands that stop and remove it. The end of the
pipe, which the replica's server and its workers hold, says that they have gone, however they went. A process of its own
and in a session of its own, so that it outlives them by as long as that takes; the name is for who lists processes.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from typing import List, NoReturn

_COMMAND_WITHIN = 60.0  # seconds that a runtime may take to stop or remove a container
_END_WITHIN = 2.0  # seconds between a container's end and that of the command that ran it


def main() -> NoReturn:
    """Run the container until it ends; exit as it did."""
    order = json.loads(_first_line())
    run = subprocess.Popen(order["run"], stdin=subprocess.DEVNULL, env=dict(os.environ, **order["environment"]))
    threading.Thread(target=_stop_with_owner, args=(run, order["stop"]), daemon=True).start()
    status = run.wait()
    _call_each(order["stop"])
    os._exit(status if status >= 0 else 128 - status)  # the other thread waits for ever


def _first_line() -> bytes:
    text = b""
    while not text.endswith(b"\n"):
        piece = os.read(0, 4096)  # not sys.stdin, whose lock a thread would hold when the process ends
        if not piece:
            sys.exit("Who asked for a container has gone, and said not which.")
        text += piece
    return text


def _stop_with_owner(run: subprocess.Popen[bytes], commands: List[List[str]]) -> None:
    while os.read(0, 4096):
        pass
    _call_each(commands)
    with contextlib.suppress(subprocess.TimeoutExpired):
        run.wait(_END_WITHIN)
        return
    run.kill()  # it pulls the image still: there is no container yet to be stopped


def _call_each(commands: List[List[str]]) -> None:
    for command in commands:
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=_COMMAND_WITHIN,
                check=False,
            )


if __name__ == "__main__":
    main()
