"""The official clients in an environment of their own, pointed here as docs/guides/official-clients.md says."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(__file__).with_name("programs")
OFFICIAL = ROOT / ".official" / "bin"


@pytest.fixture(scope="session")
def official_environ(service: Any) -> dict[str, str]:
    """The environment that `modelyard env` makes, and nothing else of ours."""
    if not (OFFICIAL / "python").exists():
        pytest.skip("the official clients are not installed: `make install-official`")
    said = service.run("env", "--output", "json")
    assert said.returncode == 0, said.stderr
    kept = {name: value for name, value in service.environ.items() if not name.startswith("MODELYARD_")}
    return {**kept, **json.loads(said.stdout), "SUPPRESS_LABEL_WARNING": "True", "PYTHONWARNINGS": "ignore"}


@pytest.fixture
def program(official_environ: dict[str, str], tmp_path: Path) -> Callable[..., Any]:
    """Runs a program of this folder with the official clients' Python; returns what it reports."""

    def run(name: str, *arguments: str) -> Any:
        report = tmp_path / "report.json"
        done = subprocess.run(
            [OFFICIAL / "python", PROGRAMS / name, report, *arguments],
            env=official_environ,
            capture_output=True,
            text=True,
            timeout=170,
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return json.loads(report.read_text())

    return run


@pytest.fixture
def oci(official_environ: dict[str, str], tmp_path: Path) -> Callable[..., Any]:
    """Runs a command of the official CLI; returns its JSON."""

    def run(*arguments: object) -> Any:
        done = subprocess.run(
            [OFFICIAL / "oci", *map(str, arguments)],
            env=official_environ,
            capture_output=True,
            text=True,
            timeout=120,
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return json.loads(done.stdout).get("data") if done.stdout.startswith("{") else None

    return run
