"""What every test runs under, and the service that most of them share."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from modelyard.server.installation import load
from modelyard.settings import Settings, from_environ

# no deadline: a busy machine makes an example slow, not wrong
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
settings.load_profile("tests")


@dataclass(frozen=True)
class Service:
    """A running service, in a home of its own."""

    environ: dict[str, str]
    """The whole environment in which clients find it."""

    endpoint: str
    compartment_id: str
    project_id: str

    @property
    def settings(self) -> Settings:
        """Its settings."""
        return from_environ(self.environ)

    @property
    def home(self) -> Path:
        """Its home."""
        return self.settings.home

    def run(self, *arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """Run a command of the CLI."""
        return subprocess.run(
            [sys.executable, "-m", "modelyard", *arguments],
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=timeout,
        )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Let one process run the tests of a file, which share what is dear, and one all of contract.

    There the table of operations tells what all others have asked of the one service that they share.
    """
    from xdist.scheduler import LoadScopeScheduling

    contract = "tests/contract/"

    class ByPlace(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return contract if file.startswith(contract) else file

    return ByPlace(config, log)


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service that tests share: started as a user starts it, on a free port."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MODELYARD_", "OCI_"))}
    home = tmp_path_factory.mktemp("home")
    # the tests of containers have a service of their own: here none runs, whatever is installed
    environ = {**kept, "MODELYARD_HOME": str(home), "MODELYARD_CONTAINER_RUNTIME": "no-such-runtime"}
    starting = Service({**environ, "MODELYARD_PORT": "0"}, "", "", "")
    started = starting.run("up", "--detach")
    assert started.returncode == 0, started.stderr
    made = load(starting.settings)
    yield Service(environ, made.endpoint, made.compartment_id, made.project_id)
    stopped = starting.run("down")
    assert stopped.returncode == 0, stopped.stderr
    shutil.rmtree(starting.settings.sockets, ignore_errors=True)  # beside the home where its path is long
