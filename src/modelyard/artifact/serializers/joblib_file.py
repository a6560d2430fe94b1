"""Models as joblib files: pickles with large arrays beside the rest."""

from __future__ import annotations

from pathlib import Path

from modelyard.artifact.serializers.serializer import Given, Serializer, Written
from modelyard.artifact.serializers.writing import modules_of, needed, written_whole

_LOAD = "import joblib\n\nreturn joblib.load(path)"


def save(estimator: object, path: Path, _given: Given) -> Written:
    """Write an estimator with joblib."""
    with needed("joblib", extra="sklearn"):
        import joblib
    modules = modules_of(estimator)
    with written_whole(path, estimator) as partial:
        joblib.dump(estimator, partial)
    return Written(load_block=_LOAD, modules=modules)


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
    load_block=_LOAD,
    runs_code=True,
)
