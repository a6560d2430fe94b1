"""The command line in a home with a running service, as a user has it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from modelyard.settings import from_environ, inherited_environ

_SCORE_PY = """
import os

print("loading")

def load_model():
    return 2

def predict(data, model=load_model()):
    return {"prediction": [model * value for value in data], "greeting": os.environ.get("GREETING")}
"""

_RUNTIME_YAML = f"""
MODEL_ARTIFACT_VERSION: '3.0'
MODEL_DEPLOYMENT:
  INFERENCE_CONDA_ENV:
    INFERENCE_ENV_PATH: file://{sys.prefix}
    INFERENCE_ENV_SLUG: here
    INFERENCE_ENV_TYPE: published
    INFERENCE_PYTHON_VERSION: '{sys.version_info.major}.{sys.version_info.minor}'
"""


@dataclass
class CommandLine:
    """Runs `modelyard` in one home."""

    home: Path
    environ: dict[str, str]

    def run(self, *arguments: object, stdin: str | None = None, cwd: Path | None = None, **variables: str) -> Any:
        """Run a command to its end, whatever that is."""
        return subprocess.run(
            [sys.executable, "-m", "modelyard", *map(str, arguments)],
            env={**self.environ, **variables},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            cwd=cwd,
        )

    def text(self, *arguments: object, **options: Any) -> str:
        """Return what a command prints that succeeds."""
        done = self.run(*arguments, **options)
        assert done.returncode == 0, done.stderr
        printed: str = done.stdout
        return printed

    def json(self, *arguments: object, **options: Any) -> Any:
        """Return the JSON that a command prints that succeeds."""
        return json.loads(self.text(*arguments, "--output", "json", **options))

    def failure(self, *arguments: object, status: int = 1, **options: Any) -> str:
        """Return what a command says that fails, after checking that it says it as it should."""
        done = self.run(*arguments, **options)
        assert done.returncode == status, done.stdout + done.stderr
        said: str = done.stderr
        assert "error: " in said
        assert "\nhint: " in said
        assert 'File "' not in said.partition("error: ")[0]
        return said


@pytest.fixture(scope="session")
def command_line() -> Iterator[CommandLine]:
    """The command line in a home in which nothing runs."""
    home = Path(tempfile.mkdtemp(prefix="yard-"))  # short: sockets are in it
    kept = {name: value for name, value in inherited_environ().items() if not name.startswith(("MODELYARD_", "OCI_"))}
    command_line = CommandLine(home, {**kept, "MODELYARD_HOME": str(home), "MODELYARD_DRAIN_TIMEOUT": "5"})
    yield command_line
    command_line.run("down")
    shutil.rmtree(from_environ(command_line.environ).sockets, ignore_errors=True)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def cli(command_line: CommandLine) -> CommandLine:
    """The command line in a home in which the service runs."""
    command_line.text("up", "--detach", MODELYARD_PORT="0", MODELYARD_CONTAINER_RUNTIME="no-such-runtime")
    return command_line


def write_artifact(folder: Path, score_py: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "score.py").write_text(score_py)
    (folder / "runtime.yaml").write_text(_RUNTIME_YAML)
    return folder


@pytest.fixture(scope="session")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An artifact that doubles."""
    return write_artifact(tmp_path_factory.mktemp("artifacts") / "double", _SCORE_PY)


@pytest.fixture(scope="session")
def broken_artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An artifact whose model does not load."""
    score_py = _SCORE_PY.replace("return 2", 'raise RuntimeError("the weights are gone")')
    return write_artifact(tmp_path_factory.mktemp("artifacts") / "broken", score_py)


@pytest.fixture(scope="session")
def model(cli: CommandLine, artifact: Path) -> Any:
    """A model that doubles."""
    return cli.json("model", "create", artifact, "--name", "double")


@pytest.fixture(scope="session")
def deployment(cli: CommandLine, model: Any) -> Any:
    """A deployment that doubles."""
    return cli.json("deployment", "create", "--model", model["id"], "--name", "doubling")
