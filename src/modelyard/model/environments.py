"""Where a model is to serve and where it was trained, from the names that the user gives."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from modelyard.artifact.environment_lock import EnvironmentLock, describe_environment
from modelyard.artifact.runtime_yaml import DATA_SCIENCE, PUBLISHED, InferenceEnvironment, TrainingEnvironment
from modelyard.errors import UsageError
from modelyard.model.model_properties import ModelProperties

_SERVICE_BUCKET = "service-conda-packs"


@dataclass(frozen=True, kw_only=True)
class Environments:
    """Be the environments that an artifact names."""

    inference: InferenceEnvironment | None
    """None: the default environment."""

    training: TrainingEnvironment
    lock: EnvironmentLock
    """What is installed in the environment that runs now."""


def environments_of(settled: ModelProperties, *, ignore_conda_error: bool) -> Environments:
    """Return the environments that are named; those that are not are the one that runs now.

    An environment is named by a slug, by the ``oci://`` path of a pack, or by its folder on this machine.

    Args:
        settled: What holds of the model's properties.
        ignore_conda_error: Whether an artifact without an environment will do.

    Raises:
        ValueError: A pack was named without its Python version.
    """
    lock = describe_environment()
    inference = None if ignore_conda_error else lock.to_inference()
    if settled.inference_conda_env:
        inference = named(settled.inference_conda_env, settled.inference_python_version, lock)
        if not inference.python_version and not ignore_conda_error:
            raise UsageError(
                f"The Python version of {inference.path} is not known: pass inference_python_version, such as '3.11'."
            )
    training = lock.to_training()
    if settled.training_conda_env:
        known = named(settled.training_conda_env, settled.training_python_version, lock)
        training = TrainingEnvironment(known.path, known.python_version, known.slug, known.type)
    return Environments(inference=inference, training=training, lock=lock)


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
    return InferenceEnvironment(given, python_version or "", given, DATA_SCIENCE)


def _on_this_machine(folder: Path, python_version: str | None, lock: EnvironmentLock) -> InferenceEnvironment:
    if folder == Path(sys.prefix) and python_version is None:
        return lock.to_inference()
    from modelyard.artifact.interpreters import interpreter_of, python_version_of

    path = folder.as_uri()
    found = python_version_of(interpreter_of(path), wanted=python_version or "")
    return InferenceEnvironment(path, found, folder.name, PUBLISHED)
