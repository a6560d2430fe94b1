"""Trying an artifact in the very worker that will serve it."""

from __future__ import annotations

import json
import sys
import weakref
from pathlib import Path
from typing import TYPE_CHECKING

from modelyard.artifact import layout, runtime_yaml
from modelyard.artifact.runtime_yaml import InferenceEnvironment
from modelyard.artifact.service_packs import packs_of, slug_of
from modelyard.errors import InternalServerError
from modelyard.model.notices import notice
from modelyard.settings import from_environ
from modelyard.wire.faults import fault_of

if TYPE_CHECKING:
    from modelyard.model.request_data import Body
    from modelyard.serving.session import ModelSession

Stamp = tuple[tuple[str, int, int], ...]
"""The names, sizes and times of a folder's files: while it stays, so do they."""


class Trial:
    """Keep one loaded copy of an artifact, as long as its files stay as they are."""

    def __init__(self) -> None:
        self._session: ModelSession | None = None
        self._stamp: Stamp = ()
        self._folder: Path | None = None

    def __reduce__(self) -> tuple[type[Trial], tuple[()]]:
        """Leave the worker out of a copy or a pickle, which loads the artifact itself when it is asked."""
        return Trial, ()

    def predict(self, folder: Path, body: Body, *, reload: bool, default_python: str) -> dict[str, object]:
        """Return what the endpoint would answer.

        Args:
            folder: The artifact.
            body: The request.
            reload: Whether to load the artifact again where a file has changed since.
            default_python: The interpreter for an artifact that names no environment.

        Raises:
            ModelLoadError: The model did not load.
            PredictionFailed: The model's own code raised.
        """
        kept = None if reload or folder != self._folder else self._session
        session = kept or self._ready(folder, default_python)
        answer = session.predict(body.content, body.content_type)
        if answer.status != 200:
            raise fault_of(status=answer.status, body=answer.body)
        value: object = json.loads(answer.body)
        if not isinstance(value, dict):
            raise InternalServerError(
                f"predict() in score.py returned a {type(value).__name__}; return a dict such as {{'prediction': […]}}."
            )
        return value

    def load(self, folder: Path, *, default_python: str) -> None:
        """Load the artifact where it is not loaded as it is now; raises ModelLoadError."""
        self._ready(folder, default_python)

    def close(self) -> None:
        """Stop the worker."""
        if self._session is not None:
            self._finalizer()
            self._session = None

    def _ready(self, folder: Path, default_python: str) -> ModelSession:
        from modelyard.serving.session import ModelSession

        stamp = _stamp_of(folder)
        if self._session is not None and (stamp, folder) == (self._stamp, self._folder):
            return self._session
        self.close()
        self._session = ModelSession(folder, python=python_of(folder, default_python=default_python))
        self._finalizer = weakref.finalize(self, self._session.close)
        self._stamp, self._folder = stamp, folder
        return self._session


def python_of(folder: Path, *, default_python: str) -> Path:
    """Return the interpreter that an artifact is to run in.

    An environment that is not kept on this machine cannot be tried; this one is taken for it, with a warning.

    Raises:
        EnvironmentNotFound: The artifact names an environment of this machine that is not there.
    """
    from modelyard.artifact.interpreters import interpreter_of

    layout.check_layout(folder)
    file = folder / layout.RUNTIME_YAML
    environment = runtime_yaml.read(file).environment if file.is_file() else None
    if environment is None:
        return Path(default_python)
    if not _is_here(environment):
        notice(
            f"The artifact is to serve in {environment.path}, which is not on this machine: it is tried in the "
            f"environment that runs now, {sys.prefix}."
        )
        return Path(sys.executable)
    return interpreter_of(environment.path, packs=packs_of(from_environ()))


def _is_here(environment: InferenceEnvironment) -> bool:
    slug = slug_of(environment.path)
    return environment.path.startswith("file://") or (slug is not None and slug in packs_of(from_environ()))


def can_be_tried(folder: Path) -> bool:
    """Tell whether an artifact has a score.py, and an environment that is on this machine."""
    if not (folder / layout.SCORE_PY).is_file():
        return False
    file = folder / layout.RUNTIME_YAML
    environment = runtime_yaml.read(file).environment if file.is_file() else None
    return environment is None or _is_here(environment)


def _stamp_of(folder: Path) -> Stamp:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts)
    # What introspection writes is no part of what is loaded.
    kept = (path for path in files if path.name != layout.TEST_RESULTS)
    return tuple((str(path), status.st_size, status.st_mtime_ns) for path in kept for status in [path.stat()])
