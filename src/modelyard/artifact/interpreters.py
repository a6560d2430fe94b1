"""The interpreter of the environment that runtime.yaml names, found on this machine."""

from __future__ import annotations

from pathlib import Path

from modelyard.artifact import model_artifact_validate as rules
from modelyard.artifact.runtime_yaml import InferenceEnvironment
from modelyard.artifact.service_packs import Packs, slug_of
from modelyard.errors import EnvironmentNotFound

_LOCAL = "file://"


def interpreter_of(path: str, *, packs: Packs | None = None) -> Path:
    """Return the interpreter of an environment; raise EnvironmentNotFound that says what to do.

    Args:
        path: What runtime.yaml says: ``file://<prefix>``, or the ``oci://`` path of a service pack.
        packs: What serves here under the names of service packs.
    """
    slug = slug_of(path)
    if slug is not None and packs and slug in packs:
        return _interpreter_in(packs[slug])
    if slug is not None:
        here = f"; here are {', '.join(sorted(packs))}" if packs else ""
        raise EnvironmentNotFound(
            f"No environment of this machine serves as the service pack {slug}{here}. Name one that does in the "
            f"service's setting MODELYARD_PACKS={slug}=<prefix>, or prepare the artifact in an environment of its."
        )
    if not path.startswith(_LOCAL):
        raise EnvironmentNotFound(
            f"The environment {path} is a pack, and packs are not served yet. Prepare the artifact in an environment "
            "of this machine, or leave out INFERENCE_CONDA_ENV to serve in the default one."
        )
    return _interpreter_in(path)


def checked_interpreter(environment: InferenceEnvironment, *, packs: Packs | None = None) -> Path:
    """Return the interpreter of an environment after starting it once to see that it is the Python it should be."""
    python = interpreter_of(environment.path, packs=packs)
    python_version_of(python, wanted=environment.python_version)
    return python


def python_version_of(python: Path, *, wanted: str = "") -> str:
    """Return an interpreter's version; raise EnvironmentNotFound where it does not start or is not the one wanted."""
    try:
        return rules.check_python(python, wanted)
    except LookupError as error:
        raise EnvironmentNotFound(str(error.args[0])) from None


def _interpreter_in(place: str | Path) -> Path:
    """Return an interpreter from its own path, or from the folder or ``file://`` path of its environment."""
    if isinstance(place, Path) and place.is_file():
        return place
    try:
        return rules.interpreter(str(place))
    except LookupError as error:
        raise EnvironmentNotFound(str(error.args[0])) from None
