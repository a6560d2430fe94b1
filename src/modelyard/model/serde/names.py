"""The names of serializers, by kind of model."""

from __future__ import annotations

from modelyard.model.metadata_names import NamesType


class ModelSerializerType(metaclass=NamesType):
    """Name the ways to write any model into a file."""

    CLOUDPICKLE = "cloudpickle"
    JOBLIB = "joblib"
    ONNX = "onnx"
    PICKLE = "pickle"
    SKOPS = "skops"


class SklearnModelSerializerType(metaclass=NamesType):
    """Name the ways to write a scikit-learn model into a file."""

    SKOPS = "skops"
    JOBLIB = "joblib"
    CLOUDPICKLE = "cloudpickle"
    ONNX = "sklearn_onnx"


class LightGBMModelSerializerType(metaclass=NamesType):
    """Name the ways to write a LightGBM model into a file."""

    LIGHTGBM = "lightgbm"
    SKOPS = "skops"
    JOBLIB = "joblib"
    CLOUDPICKLE = "cloudpickle"
    ONNX = "lightgbm_onnx"


class XgboostModelSerializerType(metaclass=NamesType):
    """Name the ways to write an XGBoost model into a file."""

    XGBOOST = "xgboost"
    XGBOOST_UBJ = "xgboost_ubj"
    XGBOOST_TXT = "xgboost_txt"
    SKOPS = "skops"
    JOBLIB = "joblib"
    CLOUDPICKLE = "cloudpickle"
    ONNX = "xgboost_onnx"


class PyTorchModelSerializerType(metaclass=NamesType):
    """Name the ways to write a PyTorch model."""

    TORCH = "torch"
    TORCHSCRIPT = "torchscript"
    ONNX = "torch_onnx"


class TensorflowModelSerializerType(metaclass=NamesType):
    """Name the ways to write a model of Keras's."""

    TENSORFLOW = "tf"
    ONNX = "tf_onnx"


class HuggingFaceSerializerType(metaclass=NamesType):
    """Name the ways to write a pipeline of transformers."""

    HUGGINGFACE = "huggingface"


class SparkModelSerializerType(metaclass=NamesType):
    """Name the ways to write a pipeline of Spark's."""

    SPARK = "spark"


class ModelInputSerializerType(metaclass=NamesType):
    """Name the ways to send a model its input; those that would run code of the sender are refused by name."""

    JSON = "json"
    CLOUDPICKLE = "cloudpickle"
    HUGGINGFACE = "huggingface"


class SparkModelInputSerializerType(metaclass=NamesType):
    """Name how the reference sends rows of Spark's; here it is another name of ``json``."""

    SPARK = "spark"
