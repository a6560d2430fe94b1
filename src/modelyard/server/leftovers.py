"""Processes that a killed supervisor left behind: found by the locks they hold, and stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from modelyard.server import process_lock
from modelyard.settings import Settings

_STEP = 0.02

GATEWAY = "gateway"
SERVICE = "service"

SERVICE_PATIENCE = 20.0
"""How long a service may take to stop, in seconds."""


def gateway_patience(settings: Settings) -> float:
    """Return how long a gateway may take to stop, in seconds: it finishes the requests it holds."""
    return settings.drain_timeout + 5.0


class Leftover(NamedTuple):
    """Be a gateway or service that runs, whoever started it."""

    name: str
    pid: int
    lock: Path


def pid_folder(settings: Settings) -> Path:
    """Return the folder of the pid files of gateway and service."""
    return settings.run / "processes"


def find_processes(settings: Settings) -> list[Leftover]:
    """Return the gateways and services of this home that run."""
    found = []
    for lock in sorted(pid_folder(settings).glob("*.pid")):
        pid = process_lock.holder(lock)
        if pid is not None:
            found.append(Leftover(lock.name.partition(".")[0], pid, lock))
    return found


def ask_to_stop(processes: Iterable[Leftover]) -> None:
    """Send each its SIGTERM."""
    for process in processes:
        _signal(process, signal.SIGTERM)


async def see_off(process: Leftover, *, patience: float) -> None:
    """Return when a process that was asked to stop is gone; kill it when it takes longer than ``patience`` seconds."""
    deadline = time.monotonic() + patience
    while process_lock.is_held(process.lock):
        if time.monotonic() > deadline:
            _signal(process, signal.SIGKILL)
        await asyncio.sleep(_STEP)


def _signal(process: Leftover, number: signal.Signals) -> None:
    # Asked again just before: a pid whose lock is free may be anybody's by now.
    if process_lock.is_held(process.lock):
        with suppress(ProcessLookupError):
            os.kill(process.pid, number)
