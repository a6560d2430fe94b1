"""The serializers by their names."""

from __future__ import annotations

from modelyard.artifact.serializers.cloudpickle_file import CLOUDPICKLE
from modelyard.artifact.serializers.joblib_file import JOBLIB
from modelyard.artifact.serializers.pickle_file import PICKLE
from modelyard.artifact.serializers.serializer import Serializer
from modelyard.errors import UsageError

SERIALIZERS = {each.name: each for each in (CLOUDPICKLE, JOBLIB, PICKLE)}

__all__ = ["SERIALIZERS", "Serializer", "serializer_named"]


def serializer_named(name: str) -> Serializer:
    """Return the serializer of a name; raise UsageError that lists those there are."""
    found = SERIALIZERS.get(name)
    if found is None:
        raise UsageError(f"There is no serializer {name!r}; there are {', '.join(sorted(SERIALIZERS))}.")
    return found
