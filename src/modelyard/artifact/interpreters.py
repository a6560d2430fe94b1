"""The interpreter of the environment that runtime.yaml names, found on this machine."""

from __future__ import annotations

from pathlib import Path

from modelyard.artifact import model_artifact_validate as rules
from modelyard.artifact.runtime_yaml import InferenceEnvironment
from modelyard.errors import EnvironmentNotFound

_LOCAL = "file://"


def interpreter_of(path: str) -> Path:
    """Return the interpreter of an environment; raise EnvironmentNotFound that says what to do."""
    if not path.startswith(_LOCAL):
        raise EnvironmentNotFound(
            f"The environment {path} is a pack, and packs are not served yet. Prepare the artifact in an environment "
            "of this machine, or leave out INFERENCE_CONDA_ENV to serve in the default one."
        )
    try:
        return rules.interpreter(path)
    except LookupError as error:
        raise EnvironmentNotFound(str(error.args[0])) from None


def checked_interpreter(environment: InferenceEnvironment) -> Path:
    """Return the interpreter of an environment after starting it once to see that it is the Python it should be."""
    python = interpreter_of(environment.path)
    python_version_of(python, wanted=environment.python_version)
    return python


def python_version_of(python: Path, *, wanted: str = "") -> str:
    """Return an interpreter's version; raise EnvironmentNotFound where it does not start or is not the one wanted."""
    try:
        return rules.check_python(python, wanted)
    except LookupError as error:
        raise EnvironmentNotFound(str(error.args[0])) from None
