"""Where a model is to serve and where it was trained, from the names that the user gives."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from modelyard.artifact.environment_lock import EnvironmentLock, describe_environment
from modelyard.artifact.installed import has_distribution
from modelyard.artifact.interpreters import interpreter_of
from modelyard.artifact.runtime_yaml import DATA_SCIENCE, PUBLISHED, InferenceEnvironment, TrainingEnvironment
from modelyard.artifact.service_packs import Packs, packs_of, path_of
from modelyard.errors import EnvironmentNotFound, UsageError
from modelyard.model.model_properties import ModelProperties
from modelyard.settings import Settings

_SERVICE_BUCKET = "service-conda-packs"


def lacks_here(library: str) -> str | None:
    """Return why a library is missing in the environment that runs now; None where it is there."""
    return None if describe_environment().has(library) else f"{library} is not installed here"


def _lacks(library: str, *, interpreter: Path, name: str) -> str | None:
    return None if has_distribution(interpreter, library) else f"{name} has no {library}"


@dataclass(frozen=True, kw_only=True)
class Environments:
    """Be the environments that an artifact names."""

    inference: InferenceEnvironment | None
    """None: the default environment."""

    training: TrainingEnvironment
    lock: EnvironmentLock
    """What is installed in the environment that runs now."""

    default_python: str
    """The interpreter of the default environment."""

    packs: Packs
    """What serves as service packs on this machine."""

    def lacks(self, library: str) -> str | None:
        """Return why a library is missing where the model is to serve; None where it is there."""
        if not self.lock.has(library):
            return f"{library} is not installed here"
        if self.inference is None:
            return _lacks(library, interpreter=Path(self.default_python), name="the default environment")
        if self.inference.path == self.lock.path:
            return None
        try:
            path = self.inference.path
            interpreter = interpreter_of(path if "://" in path else path_of(path), packs=self.packs)
        except EnvironmentNotFound:
            return f"it is not known whether {self.inference.path} has {library}"
        return _lacks(library, interpreter=interpreter, name=self.inference.path)


def environments_of(settled: ModelProperties, *, settings: Settings, ignore_conda_error: bool) -> Environments:
    """Return the environments that are named; those that are not are the one that runs now.

    An environment is named by a slug, by the ``oci://`` path of a pack, or by its folder on this machine.

    Args:
        settled: What holds of the model's properties.
        settings: What serves on this machine.
        ignore_conda_error: Whether an artifact without an environment will do.

    Raises:
        ValueError: A pack was named without its Python version.
        EnvironmentNotFound: The environment of this machine is not there, or has another Python version.
    """
    lock = describe_environment()
    inference = None if ignore_conda_error else lock.to_inference()
    if settled.inference_conda_env:
        inference = named(settled.inference_conda_env, settled.inference_python_version, lock)
        if not inference.python_version:
            inference = replace(inference, python_version=_version_here(inference.slug, packs_of(settings)))
        if not inference.python_version and not ignore_conda_error:
            raise UsageError(
                f"The Python version of {inference.path} is not known: pass inference_python_version, such as '3.11'."
            )
    elif inference is not None and settled.inference_python_version:  # said of the environment that runs now
        _on_this_machine(Path(sys.prefix), settled.inference_python_version, lock)
    return Environments(
        inference=inference,
        training=_training_of(settled.training_conda_env, settled.training_python_version, lock),
        lock=lock,
        default_python=settings.default_python,
        packs=packs_of(settings),
    )


def _training_of(env: str | None, python_version: str | None, lock: EnvironmentLock) -> TrainingEnvironment:
    """Return where a model was trained; a version alone that is not the one here says that it was elsewhere."""
    if python_version is not None and not re.fullmatch(r"\d+(\.\d+){0,2}", str(python_version)):
        raise UsageError(f"training_python_version is {python_version!r}; it takes a version such as '3.11'.")
    if env:
        known = named(env, python_version, lock)
        return TrainingEnvironment(known.path, known.python_version, known.slug, known.type)
    if python_version is None or f"{lock.python_version}.".startswith(f"{python_version}."):
        return lock.to_training()
    return TrainingEnvironment(python_version=python_version)


def _version_here(slug: str, packs: Packs) -> str:
    """Return the Python version of a pack, as far as something on this machine serves as it."""
    from modelyard.artifact.interpreters import python_version_of

    return python_version_of(interpreter_of(path_of(slug), packs=packs)) if slug in packs else ""


def named(given: str, python_version: str | None, lock: EnvironmentLock) -> InferenceEnvironment:
    """Return the environment that a slug, a pack's path or a folder names."""
    folder = Path(given.removeprefix("file://")).expanduser()
    if given.startswith("file://") or folder.is_absolute():
        return _on_this_machine(folder, python_version, lock)
    if given.startswith("oci://"):
        bucket, _, path = given.removeprefix("oci://").partition("/")
        of_service = bucket.partition("@")[0] == _SERVICE_BUCKET and path.startswith("service_pack/")
        slug = path.rstrip("/").rpartition("/")[2].removesuffix(".tar.gz")
        return InferenceEnvironment(given, python_version or "", slug, DATA_SCIENCE if of_service else PUBLISHED)
    return InferenceEnvironment(path_of(given), python_version or "", given, DATA_SCIENCE)


def _on_this_machine(folder: Path, python_version: str | None, lock: EnvironmentLock) -> InferenceEnvironment:
    if folder == Path(sys.prefix) and python_version is None:
        return lock.to_inference()
    from modelyard.artifact.interpreters import interpreter_of, python_version_of

    path = folder.as_uri()
    found = python_version_of(interpreter_of(path), wanted=python_version or "")
    return InferenceEnvironment(path, found, folder.name, PUBLISHED)
