"""Models as cloudpickles: classes and functions of notebooks and scripts travel with their code."""

from __future__ import annotations

from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from modelyard.artifact.serializers.pickle_file import PROTOCOL, load
from modelyard.artifact.serializers.serializer import Given, Serializer, Written
from modelyard.artifact.serializers.writing import written_whole

_LOAD = 'import cloudpickle\n\nwith open(path, "rb") as file:\n    return cloudpickle.load(file)'


def save(estimator: object, path: Path, _given: Given) -> Written:
    """Write an estimator with cloudpickle."""
    import cloudpickle

    modules: set[str] = set()

    class Noting(cloudpickle.Pickler):  # type: ignore[misc]
        def reducer_override(self, obj: object) -> Any:
            reduced = super().reducer_override(obj)
            if reduced is NotImplemented:  # it is written by its name
                modules.update(_modules_of(obj))
            return reduced

    with written_whole(path, estimator) as partial, partial.open("wb") as file:
        Noting(file, protocol=PROTOCOL).dump(estimator)
    return Written(load_block=_LOAD, modules=tuple(sorted(modules)))


def _modules_of(part: object) -> list[str]:
    if isinstance(part, ModuleType):
        return [part.__name__]
    return [str(part.__module__)] if isinstance(part, type | FunctionType) else []


CLOUDPICKLE = Serializer(
    name="cloudpickle",
    suffix=".pkl",
    save=save,
    load=load,  # a cloudpickle is a pickle; what it needs of cloudpickle it imports itself
    load_block=_LOAD,
    runs_code=True,
)
