"""The serializers of models by their names, and those of one's own among them."""

from __future__ import annotations

import inspect
from pathlib import Path

from modelyard.artifact.serializers import SERIALIZERS, Given, Written, serializer_named
from modelyard.artifact.serializers import Serializer as Format
from modelyard.errors import UsageError
from modelyard.model.failures import SerializeModelNotImplementedError
from modelyard.model.serde.common import SERDE
from modelyard.model.serde.names import (
    HuggingFaceSerializerType,
    LightGBMModelSerializerType,
    ModelSerializerType,
    PyTorchModelSerializerType,
    SklearnModelSerializerType,
    SparkModelSerializerType,
    TensorflowModelSerializerType,
    XgboostModelSerializerType,
)

__all__ = [
    "HuggingFaceSerializerType",
    "LightGBMModelSerializerType",
    "ModelSerializer",
    "ModelSerializerFactory",
    "ModelSerializerType",
    "PyTorchModelSerializerType",
    "SklearnModelSerializerType",
    "SparkModelSerializerType",
    "TensorflowModelSerializerType",
    "XgboostModelSerializerType",
    "format_of",
]


class ModelSerializer(SERDE):
    """Be one of the serializers that are known by name.

    Args:
        how: The serializer's name, or the serializer itself.

    Raises:
        ValueError: There is no serializer of this name.

    Example:
        >>> ModelSerializer("joblib").model_file_suffix
        'joblib'
    """

    def __init__(self, how: str | Format) -> None:
        self.format = serializer_named(how) if isinstance(how, str) else how
        self.name = self.format.name
        self.model_file_suffix = self.format.suffix.removeprefix(".")
        self.load_block = self.format.load_block

    def serialize(
        self,
        estimator: object,
        model_path: str | Path,
        initial_types: list[tuple[str, object]] | None = None,
        X_sample: object = None,  # noqa: N803 (the reference's)
    ) -> None:
        """Write an estimator into a file that is not there yet."""
        self.format.written(estimator, Path(model_path), Given(sample=X_sample, initial_types=initial_types))

    def deserialize(self, model_path: str | Path) -> object:
        """Read an estimator from a file. Pickles run code of their author: load only what you trust.

        Raises:
            NotImplementedError: score.py alone can read it; use verify(), or load_model() in score.py.
        """
        if self.format.load is None:
            raise SerializeModelNotImplementedError(
                f"A {self.name} model is read by its artifact's score.py alone, which knows what was written: call "
                "verify(), or load_model() in score.py."
            )
        return self.format.load(Path(model_path))


class ModelSerializerFactory:
    """Make serializers of models by their names."""

    @classmethod
    def get(cls, se: str | SERDE = ModelSerializerType.CLOUDPICKLE) -> SERDE:
        """Return the serializer of a name; one of one's own stays what it is.

        Raises:
            ValueError: There is no serializer of this name.
        """
        if isinstance(se, SERDE):
            return se
        if se not in SERIALIZERS:
            raise UsageError(f"There is no serializer {se!r}; there are {', '.join(SERIALIZERS)}.")
        return ModelSerializer(se)


def format_of(serde: SERDE) -> Format:
    """Return a serializer as artifacts are written with it."""
    if isinstance(serde, ModelSerializer):
        return serde.format
    name = serde.name or type(serde).__name__
    suffix = serde.model_file_suffix.removeprefix(".")
    return Format(
        name=name,
        suffix=f".{suffix}" if suffix else "",
        save=lambda estimator, path, given: _save(serde, estimator, path, given),
        load=lambda path: serde.deserialize(str(path)),
        load_block=serde.load_block
        or f'raise NotImplementedError("The model was written by {name}: return the model of `path` here.")',
    )


def _save(serde: SERDE, estimator: object, path: Path, given: Given) -> Written | None:
    offered = {"X_sample": given.sample, "initial_types": given.initial_types, **given.options}
    taken = inspect.signature(serde.serialize).parameters
    made = serde.serialize(estimator, str(path), **{name: each for name, each in offered.items() if name in taken})
    if isinstance(made, bytes | bytearray) and not path.exists():
        path.write_bytes(made)
    if not path.exists():
        raise UsageError(
            f"{serde.name or type(serde).__name__}.serialize(estimator, model_path) wrote no file {path.name} and "
            "returned no bytes: it has to do one of the two."
        )
    return None
