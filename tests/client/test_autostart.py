"""A service that starts when it is needed."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelyard.client.connecting import connect
from modelyard.errors import ServiceUnreachable
from modelyard.settings import Settings

PROBE = "from modelyard.client.connecting import connect; print(connect().profile.endpoint)"


@pytest.fixture
def environ(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment with a home that is empty, and is left without a service."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MODELYARD_", "OCI_"))}
    environ = {**kept, "MODELYARD_HOME": str(tmp_path), "MODELYARD_PORT": "0"}
    yield environ
    del environ["MODELYARD_PORT"]
    subprocess.run([sys.executable, "-m", "modelyard", "down"], env=environ, capture_output=True, timeout=60)


def test_where_it_is_forbidden_the_command_to_run_is_said(tmp_path: Path) -> None:
    with pytest.raises(ServiceUnreachable, match="modelyard up"):
        connect(settings=Settings(home=tmp_path, autostart=False))
    assert list(tmp_path.iterdir()) == []


def test_two_clients_at_once_start_one_service_and_say_so_once(environ: dict[str, str]) -> None:
    clients = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", PROBE],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [client.communicate(timeout=120) for client in clients]
    assert [client.returncode for client in clients] == [0, 0], said
    endpoints = {out.strip() for out, _ in said}
    assert len(endpoints) == 1
    lines = "".join(error for _, error in said).strip().splitlines()
    assert len(lines) == 1
    assert "starting one in the background" in lines[0]


def test_a_service_that_cannot_start_says_why(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "modelyard.db").write_text("this is no database")
    client = subprocess.run([sys.executable, "-c", PROBE], env=environ, capture_output=True, text=True, timeout=150)
    assert client.returncode == 1
    assert "ServiceUnreachable" in client.stderr
    assert "did not start" in client.stderr


def test_the_home_of_a_service_that_was_started_by_a_client_is_its_owners_alone(
    environ: dict[str, str], tmp_path: Path
) -> None:
    environ["MODELYARD_HOME"] = str(tmp_path / "new" / "home")
    subprocess.run([sys.executable, "-c", PROBE], env=environ, check=True, capture_output=True, timeout=120)
    assert stat.S_IMODE((tmp_path / "new" / "home").stat().st_mode) == 0o700
