"""The serializers by their names."""

from __future__ import annotations

from modelyard.artifact.serializers.cloudpickle_file import CLOUDPICKLE
from modelyard.artifact.serializers.huggingface_folder import HUGGINGFACE
from modelyard.artifact.serializers.joblib_file import JOBLIB
from modelyard.artifact.serializers.keras_folder import KERAS
from modelyard.artifact.serializers.lightgbm_file import LIGHTGBM_TEXT
from modelyard.artifact.serializers.neural_onnx_file import KERAS_ONNX, TORCH_ONNX
from modelyard.artifact.serializers.onnx_file import DIFFERENCE, LIGHTGBM_ONNX, ONNX, SKLEARN_ONNX, XGBOOST_ONNX
from modelyard.artifact.serializers.own_classes import CLASS_FILES
from modelyard.artifact.serializers.pickle_file import PICKLE
from modelyard.artifact.serializers.serializer import Serializer
from modelyard.artifact.serializers.skops_file import SKOPS, TRUSTED
from modelyard.artifact.serializers.spark_folder import SPARK
from modelyard.artifact.serializers.torch_file import TORCH, TORCHSCRIPT
from modelyard.artifact.serializers.xgboost_file import XGBOOST_JSON, XGBOOST_TEXT, XGBOOST_UBJ
from modelyard.errors import UsageError

SERIALIZERS = {
    each.name: each
    for each in (
        CLOUDPICKLE,
        HUGGINGFACE,
        JOBLIB,
        KERAS,
        KERAS_ONNX,
        LIGHTGBM_ONNX,
        LIGHTGBM_TEXT,
        ONNX,
        PICKLE,
        SKLEARN_ONNX,
        SKOPS,
        SPARK,
        TORCH,
        TORCHSCRIPT,
        TORCH_ONNX,
        XGBOOST_JSON,
        XGBOOST_ONNX,
        XGBOOST_TEXT,
        XGBOOST_UBJ,
    )
}


FACTS_OF_FILES = (CLASS_FILES, DIFFERENCE, TRUSTED)
"""The custom metadata that serializers tell of the file they wrote."""


def serializer_named(name: str) -> Serializer:
    """Return the serializer of a name; raise UsageError that lists those there are."""
    found = SERIALIZERS.get(name)
    if found is None:
        raise UsageError(f"There is no serializer {name!r}; there are {', '.join(sorted(SERIALIZERS))}.")
    return found
