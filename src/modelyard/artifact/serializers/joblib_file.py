"""Models as joblib files: pickles with large arrays beside the rest."""

from __future__ import annotations

from pathlib import Path

from modelyard.artifact.serializers.serializer import Serializer
from modelyard.artifact.serializers.writing import written_whole
from modelyard.errors import MissingDependency


def save(estimator: object, path: Path) -> None:
    """Write an estimator with joblib."""
    try:
        import joblib
    except ImportError as error:
        raise MissingDependency("joblib is not installed: pip install joblib, or choose cloudpickle.") from error
    with written_whole(path, estimator) as partial:
        joblib.dump(estimator, partial)


def load(path: Path) -> object:
    """Read an estimator with joblib."""
    try:
        import joblib
    except ImportError as error:
        raise MissingDependency(f"joblib is not installed, and {path.name} needs it: pip install joblib.") from error
    return joblib.load(path)


JOBLIB = Serializer(
    name="joblib",
    suffix=".joblib",
    save=save,
    load=load,
    load_block="import joblib\n\nreturn joblib.load(path)",
)
