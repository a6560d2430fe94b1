"""modelyard: from a trained model to an HTTP endpoint, on your own machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelyard._version import __version__

if TYPE_CHECKING:
    from modelyard.model.framework.sklearn_model import SklearnModel
    from modelyard.model.generic_model import GenericModel
    from modelyard.model.model_properties import ModelProperties
    from modelyard.model.model_version_set import ModelVersionSet, experiment

__all__ = ["GenericModel", "ModelProperties", "ModelVersionSet", "SklearnModel", "__version__", "experiment"]

_HOMES = {
    "GenericModel": "modelyard.model.generic_model",
    "ModelProperties": "modelyard.model.model_properties",
    "ModelVersionSet": "modelyard.model.model_version_set",
    "SklearnModel": "modelyard.model.framework.sklearn_model",
    "experiment": "modelyard.model.model_version_set",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'modelyard' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
