"""Models as joblib files: pickles with large arrays beside the rest."""

from __future__ import annotations

from pathlib import Path

from modelyard.artifact.serializers.serializer import Given, Serializer
from modelyard.artifact.serializers.writing import needed, refuse_notebook_types, written_whole


def save(estimator: object, path: Path, _given: Given) -> None:
    """Write an estimator with joblib."""
    with needed("joblib", extra="sklearn"):
        import joblib
    refuse_notebook_types(estimator)
    with written_whole(path, estimator) as partial:
        joblib.dump(estimator, partial)


def load(path: Path) -> object:
    """Read an estimator with joblib."""
    with needed("joblib", extra="sklearn"):
        import joblib
    return joblib.load(path)


JOBLIB = Serializer(
    name="joblib",
    suffix=".joblib",
    save=save,
    load=load,
    load_block="import joblib\n\nreturn joblib.load(path)",
    runs_code=True,
)
