"""Start the supervisor in the background, and wait until it is ready."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from modelyard.errors import StartFailed
from modelyard.server import installation
from modelyard.server.logs import open_log, tail
from modelyard.server.probe import answers_at_port
from modelyard.server.running import READY, STOPPING, Running, find_running, is_supervised
from modelyard.server.whole_file import make_private
from modelyard.settings import DEFAULT_PORT, Settings, inherited_environ

_PATIENCE = 120.0
_STEP = 0.02
_TAIL_LINES = 20
_SPEECHLESS = 2.0
"""How long a supervisor may take to write down that it starts, in seconds."""


def start_detached(settings: Settings) -> Running:
    """Return the supervisor that runs in this home and is ready; start one where none is.

    Several may call this at once: one supervisor wins, and all of them wait for it.

    Raises:
        StartFailed: It did not come up.
        ConfigurationError: The home cannot be used.
    """
    _wait_for_one_that_stops(settings)
    make_private(settings.home)
    make_private(settings.logs)
    log = settings.logs / "supervisor.log"
    written = log.stat().st_size if log.exists() else 0
    started = None if is_supervised(settings) else _start(settings)
    begun = time.monotonic()
    deadline = begun + _PATIENCE
    while True:
        running = find_running(settings)
        if running is not None and running.state != READY and time.monotonic() - begun > _SPEECHLESS:
            running = _as_it_answers(settings, running)
        if running is not None and running.state == READY:
            return running
        if running is None and (started is None or started.poll() is not None) and not is_supervised(settings):
            raise StartFailed(_reason(tail(log, lines=_TAIL_LINES, since=written), log=log))
        if time.monotonic() > deadline:
            raise StartFailed(
                f"modelyard is not ready after {_PATIENCE:.0f} s. The end of {log}:\n"
                f"{tail(log, lines=_TAIL_LINES, since=written)}"
            )
        time.sleep(_STEP)


def _start(settings: Settings) -> subprocess.Popen[bytes]:
    log = open_log(settings.logs / "supervisor.log")
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "modelyard", "up"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",  # no folder that somebody may want to remove, or whose modules Python would import first
            env={**inherited_environ(), "MODELYARD_HOME": str(settings.home)},
            start_new_session=True,
        )
    finally:
        os.close(log)


def _wait_for_one_that_stops(settings: Settings) -> None:
    deadline = time.monotonic() + _PATIENCE
    while (running := find_running(settings)) is not None and running.state == STOPPING:
        if time.monotonic() > deadline:
            raise StartFailed(f"modelyard (pid {running.pid}) is still stopping; run `modelyard down`, then try again.")
        time.sleep(_STEP)


def _as_it_answers(settings: Settings, running: Running) -> Running:
    """Return a supervisor that could write nothing, as on a full disk, as ready where its service answers."""
    made = installation.find(settings) if running.endpoint is None else None
    if made is None:
        return running
    address = urlsplit(made.endpoint)
    answers = asyncio.run(answers_at_port(address.hostname or "", address.port or DEFAULT_PORT))
    return replace(running, state=READY, endpoint=made.endpoint) if answers else running


def _reason(said: str, *, log: Path) -> str:
    """Return what a supervisor that did not come up printed as its error, else the end of its log."""
    _, error, reason = said.rpartition("error: ")
    return reason.partition("\nhint: ")[0] if error else f"modelyard did not start. The end of {log}:\n{said}"
