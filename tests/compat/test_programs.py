"""Code that was written to the reference, against a real service, without a changed line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = Path(__file__).with_name("programs")


@pytest.mark.parametrize("program", sorted(path.name for path in PROGRAMS.glob("*.py")))
def test_it_runs_unchanged(program: str, service: Any, tmp_path: Path) -> None:
    environ = {**service.environ, "OCI_CONFIG_FILE": str(service.settings.own_config_file)}
    done = subprocess.run(
        [sys.executable, "-W", "error", PROGRAMS / program],
        env=environ,
        capture_output=True,
        text=True,
        timeout=170,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr[-4000:]
