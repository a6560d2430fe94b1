"""Keras models in Keras's own format, with the classes of the user's own that they are built from."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from modelyard.artifact.serializers.own_classes import OwnClasses, said_of
from modelyard.artifact.serializers.serializer import Extent, Given, Serializer, Written
from modelyard.artifact.serializers.writing import needed
from modelyard.errors import ArtifactError

if TYPE_CHECKING:
    import keras

EXTRA = "tensorflow"
MODEL = "model.keras"


def save(estimator: object, path: Path, _given: Given) -> Written:
    """Write a model, and the files of its own classes, into a folder."""
    with needed("keras", extra=EXTRA):
        import keras
    if not isinstance(estimator, keras.Model):
        raise ArtifactError(f"A {type(estimator).__name__} is no keras.Model.")
    if not estimator.built:
        raise ArtifactError("The model has no weights yet: call it once, or train it, before it is saved.")
    classes = OwnClasses()
    names = [classes.name(cls) for cls in _own_classes_of(estimator)]
    path.mkdir()
    _write(estimator, path / MODEL)
    written = classes.write(path)
    return Written(load_block=_load_block(keras.backend.backend(), names), facts=said_of(written))


def _write(model: keras.Model, path: Path) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Keras's own use of TensorFlow and numpy
            model.save(path)
    except (TypeError, ValueError, NotImplementedError) as error:
        raise ArtifactError(
            f"Keras cannot write the {type(model).__name__}: {error} Give classes of your own a get_config(), and "
            "register them with @keras.saving.register_keras_serializable()."
        ) from error


def _own_classes_of(model: keras.Model) -> list[type]:
    """Return the classes of a model and its layers that are not Keras's, each before those that derive from it."""
    layers = [model, *model._flatten_layers(include_self=False)]  # noqa: SLF001 # also those inside of other layers
    classes = {cls: None for each in layers for cls in reversed(type(each).__mro__)}
    return [cls for cls in classes if cls.__module__.partition(".")[0] not in {"keras", "tensorflow", "builtins"}]


def _load_block(backend: str, names: list[str]) -> str:
    lines = [f'os.environ.setdefault("KERAS_BACKEND", "{backend}")', "import keras", ""]
    if not names:
        return "\n".join([*lines, f'return keras.saving.load_model(os.path.join(path, "{MODEL}"))'])
    lines.append("sys.path.insert(0, path)  # the model's own classes")
    imports = [name.partition(":") for name in names]
    lines += [f"from {module} import {cls}" for module, _, cls in imports]
    own = ", ".join(f'"{cls}": {cls}' for _, _, cls in imports)
    return "\n".join(
        [*lines, "", f'return keras.saving.load_model(os.path.join(path, "{MODEL}"), custom_objects={{{own}}})']
    )


def load(path: Path) -> object:
    """Read a model whose classes are Keras's, or registered with it in this process."""
    with needed("keras", extra=EXTRA):
        import keras
    return keras.saving.load_model(path / MODEL)


KERAS = Serializer(name="tf", suffix="", save=save, load=load, extent=Extent.FOLDER)
