"""Homes with real supervisors in them, and a way to wait for what they do."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from modelyard.server import leftovers, running
from modelyard.serving.state import is_alive, lock_path
from modelyard.settings import Settings, from_environ, inherited_environ

Wait = Callable[..., None]


def _wait_until(condition: Callable[[], bool], *, seconds: float = 30.0, what: str = "what was waited for") -> None:
    deadline = time.monotonic() + seconds
    pause = _pauses()
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {seconds:.0f} s")
        next(pause)


def _pauses() -> Iterator[None]:
    from threading import Event

    never = Event()
    while True:
        never.wait(0.02)
        yield


@pytest.fixture(scope="session")
def wait_until() -> Wait:
    """Returns when a condition is true, and fails when that takes too long."""
    return _wait_until


@dataclass
class Yard:
    """A home, and the command line in it."""

    home: Path
    environ: dict[str, str]
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        return from_environ(self.environ)

    def run(self, *arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "modelyard", *map(str, arguments)],
            env={**self.environ, **variables},
            capture_output=True,
            text=True,
            timeout=120,
        )

    def start(self, **variables: str) -> subprocess.Popen[str]:
        """Start a supervisor in the foreground and wait until it says that it is ready."""
        process = self.begin(**variables)
        assert process.stdout is not None
        while not process.stdout.readline().startswith("modelyard is ready"):
            if process.poll() is not None:
                assert process.stderr is not None
                raise AssertionError(f"up ended with {process.returncode}: {process.stderr.read()}")
        return process

    def begin(self, **variables: str) -> subprocess.Popen[str]:
        """Start a supervisor in the foreground."""
        process = subprocess.Popen(
            [sys.executable, "-m", "modelyard", "up"],
            env={**self.environ, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    def pid(self, name: str) -> int | None:
        """The pid of a process of the service."""
        return next((process.pid for process in self.processes() if process.name == name), None)

    def processes(self) -> list[leftovers.Leftover]:
        return leftovers.find_processes(self.settings)

    def replica_pids(self) -> list[int]:
        """The pids of the replicas that run."""
        states = sorted(self.settings.replicas.glob("*/state.json"))
        return [json.loads(state.read_text())["pid"] for state in states if is_alive(lock_path(str(state)))]

    @property
    def endpoint(self) -> str:
        found = running.find_running(self.settings)
        assert found is not None
        assert found.endpoint is not None
        return found.endpoint

    def close(self) -> None:
        """Stop all of it, however."""
        for process in self.started:
            process.kill()
            process.communicate()
        supervisor = running.find_running(self.settings)
        if supervisor is not None:
            os.kill(supervisor.pid, signal.SIGKILL)
        for pid in [left.pid for left in self.processes()] + self.replica_pids():
            os.killpg(pid, signal.SIGKILL)
        shutil.rmtree(self.settings.sockets, ignore_errors=True)
        shutil.rmtree(self.home, ignore_errors=True)


@pytest.fixture
def yard() -> Iterator[Yard]:
    """A home in which nothing was started yet; its first start takes any free port."""
    home = Path(tempfile.mkdtemp(prefix="yard-"))  # short: sockets are in it
    kept = {name: value for name, value in inherited_environ().items() if not name.startswith(("MODELYARD_", "OCI_"))}
    yard = Yard(home, {**kept, "MODELYARD_HOME": str(home), "MODELYARD_DRAIN_TIMEOUT": "5"})
    yield yard
    yard.close()


@pytest.fixture
def up(yard: Yard) -> Yard:
    """A home in which a supervisor runs in the foreground."""
    yard.start(MODELYARD_PORT="0")
    return yard


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    """An artifact that doubles."""
    folder = tmp_path / "artifact"
    folder.mkdir()
    (folder / "score.py").write_text(
        "def load_model():\n    return 2\n\n"
        "def predict(data, model=load_model()):\n    return {'prediction': [model * value for value in data]}\n"
    )
    return folder


@pytest.fixture(scope="session")
def answers() -> Callable[[str], bool]:
    """Tells whether the service answers behind the gateway of an endpoint."""

    def ask(endpoint: str) -> bool:
        try:
            return httpx.get(f"{endpoint}/20190101/projects", trust_env=False, timeout=10.0).status_code == 401
        except httpx.TransportError:
            return False

    return ask
