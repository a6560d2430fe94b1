"""The serializers by their names. Each is imported when it is asked for: the SDK's import is light."""

from __future__ import annotations

from importlib import import_module

from modelyard.artifact.serializers.serializer import Serializer
from modelyard.errors import UsageError

_PLACES = {
    "cloudpickle": ("cloudpickle_file", "CLOUDPICKLE"),
    "huggingface": ("huggingface_folder", "HUGGINGFACE"),
    "joblib": ("joblib_file", "JOBLIB"),
    "lightgbm": ("lightgbm_file", "LIGHTGBM_TEXT"),
    "lightgbm_onnx": ("onnx_file", "LIGHTGBM_ONNX"),
    "onnx": ("onnx_file", "ONNX"),
    "pickle": ("pickle_file", "PICKLE"),
    "sklearn_onnx": ("onnx_file", "SKLEARN_ONNX"),
    "skops": ("skops_file", "SKOPS"),
    "spark": ("spark_folder", "SPARK"),
    "tf": ("keras_folder", "KERAS"),
    "tf_onnx": ("neural_onnx_file", "KERAS_ONNX"),
    "torch": ("torch_file", "TORCH"),
    "torch_onnx": ("neural_onnx_file", "TORCH_ONNX"),
    "torchscript": ("torch_file", "TORCHSCRIPT"),
    "xgboost": ("xgboost_file", "XGBOOST_JSON"),
    "xgboost_onnx": ("onnx_file", "XGBOOST_ONNX"),
    "xgboost_txt": ("xgboost_file", "XGBOOST_TEXT"),
    "xgboost_ubj": ("xgboost_file", "XGBOOST_UBJ"),
}

SERIALIZERS = tuple(_PLACES)
"""The names of all serializers, sorted."""


def serializer_named(name: str) -> Serializer:
    """Return the serializer of a name; raise UsageError that lists those there are."""
    place = _PLACES.get(name)
    if place is None:
        raise UsageError(f"There is no serializer {name!r}; there are {', '.join(SERIALIZERS)}.")
    module, variable = place
    found: Serializer = getattr(import_module(f"modelyard.artifact.serializers.{module}"), variable)
    return found
