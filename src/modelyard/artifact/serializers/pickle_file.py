"""Models as pickles: classes and functions go by their names, so their modules must be there where they load."""

from __future__ import annotations

import pickle
from pathlib import Path

from modelyard.artifact.serializers.serializer import Given, Serializer, Written
from modelyard.artifact.serializers.writing import modules_of, written_whole

PROTOCOL = 4  # of Python 3.4 to 3.7, so that an older serving environment can read it


_LOAD = 'import pickle\n\nwith open(path, "rb") as file:\n    return pickle.load(file)'


def save(estimator: object, path: Path, _given: Given) -> Written:
    """Write an estimator with pickle."""
    modules = modules_of(estimator)
    with written_whole(path, estimator) as partial, partial.open("wb") as file:
        pickle.dump(estimator, file, protocol=PROTOCOL)
    return Written(load_block=_LOAD, modules=modules)


def load(path: Path) -> object:
    """Read an estimator with pickle."""
    with path.open("rb") as file:
        return pickle.load(file)  # noqa: S301 # the user's own model, asked for by name


PICKLE = Serializer(
    name="pickle",
    suffix=".pkl",
    save=save,
    load=load,
    load_block=_LOAD,
    runs_code=True,
)
