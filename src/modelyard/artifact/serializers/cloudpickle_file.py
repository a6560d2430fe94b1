"""Models as cloudpickles: classes and functions of notebooks and scripts travel with their code."""

from __future__ import annotations

from pathlib import Path

from modelyard.artifact.serializers.pickle_file import PROTOCOL, load
from modelyard.artifact.serializers.serializer import Given, Serializer
from modelyard.artifact.serializers.writing import written_whole


def save(estimator: object, path: Path, _given: Given) -> None:
    """Write an estimator with cloudpickle."""
    import cloudpickle

    with written_whole(path, estimator) as partial, partial.open("wb") as file:
        cloudpickle.dump(estimator, file, protocol=PROTOCOL)


CLOUDPICKLE = Serializer(
    name="cloudpickle",
    suffix=".pkl",
    save=save,
    load=load,  # a cloudpickle is a pickle; what it needs of cloudpickle it imports itself
    load_block='import cloudpickle\n\nwith open(path, "rb") as file:\n    return cloudpickle.load(file)',
    runs_code=True,
)
