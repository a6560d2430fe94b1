"""Stop what runs in a home: first the supervisor with gateway and service, then the replicas."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from modelyard.errors import StopFailed
from modelyard.server import leftovers, socket_folder
from modelyard.server.leftovers import GATEWAY, SERVICE_PATIENCE, Leftover, gateway_patience
from modelyard.server.running import Running, find_running, is_supervised
from modelyard.serving import state as replica_state
from modelyard.settings import Settings

_STEP = 0.02
_BEGIN_PATIENCE = 2.0


def stop_processes(settings: Settings) -> int:
    """Stop supervisor, gateways and service, whoever started them; return how many ran.

    Requests that the gateway holds are answered first.

    Raises:
        StopFailed: The supervisor does not stop.
    """
    supervisor = find_running(settings)
    processes = leftovers.find_processes(settings)
    if supervisor is not None:
        _stop_supervisor(settings, supervisor)
    left = leftovers.find_processes(settings)
    leftovers.ask_to_stop(left)
    asyncio.run(_see_off(settings, left))
    return len(processes) + (supervisor is not None)


def stop_replicas(settings: Settings) -> int:
    """Stop every replica of this home after the requests it holds, and remove their sockets; return how many ran.

    The service is stopped before: it would start them again.
    """
    _wait_for_those_that_begin(settings)
    running = [file for file in sorted(settings.replicas.glob("*/state.json")) if _is_alive(file)]
    for file in running:
        _signal(file, signal.SIGTERM)
    deadline = time.monotonic() + settings.drain_timeout + 5.0
    while any(_is_alive(file) for file in running):
        if time.monotonic() > deadline:
            for file in running:
                _signal(file, signal.SIGKILL)
        time.sleep(_STEP)
    socket_folder.remove(settings)
    return len(running)


def count_replicas(settings: Settings) -> int:
    """Return how many replicas run in this home."""
    return sum(_is_alive(file) for file in settings.replicas.glob("*/state.json"))


def _wait_for_those_that_begin(settings: Settings) -> None:
    # One that was started in the service's last moment has no lock to be found by yet.
    deadline = time.monotonic() + _BEGIN_PATIENCE
    while time.monotonic() < deadline and any(
        time.time() - file.stat().st_mtime < _BEGIN_PATIENCE and not file.with_name("state.json").exists()
        for file in settings.replicas.glob("*/spec.json")
    ):
        time.sleep(_STEP)


def _stop_supervisor(settings: Settings, supervisor: Running) -> None:
    with suppress(ProcessLookupError):
        os.kill(supervisor.pid, signal.SIGTERM)
    deadline = time.monotonic() + gateway_patience(settings) + SERVICE_PATIENCE + 5.0
    while is_supervised(settings):
        if time.monotonic() > deadline:
            raise StopFailed(
                f"The supervisor (pid {supervisor.pid}) does not stop; its log is {settings.logs / 'supervisor.log'}. "
                f"Kill it with `kill -9 {supervisor.pid}` and run `modelyard down` again."
            )
        time.sleep(_STEP)


async def _see_off(settings: Settings, processes: list[Leftover]) -> None:
    for process in processes:
        patience = gateway_patience(settings) if process.name == GATEWAY else SERVICE_PATIENCE
        await leftovers.see_off(process, patience=patience)


def _is_alive(state_file: Path) -> bool:
    return replica_state.is_alive(replica_state.lock_path(str(state_file)))


def _signal(state_file: Path, number: signal.Signals) -> None:
    said = replica_state.read_state(str(state_file))
    if said is not None and _is_alive(state_file):
        with suppress(ProcessLookupError):
            os.kill(said.pid, number)
