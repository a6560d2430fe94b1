"""The SDK, by the names of the reference; each is imported when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelyard.model.datascience_model import DataScienceModel
    from modelyard.model.datascience_model_group import DataScienceModelGroup
    from modelyard.model.deployment import ModelDeployer, ModelDeployment, ModelDeploymentProperties
    from modelyard.model.framework.automl_model import AutoMLModel
    from modelyard.model.framework.embedding_onnx_model import EmbeddingONNXModel
    from modelyard.model.framework.huggingface_model import HuggingFacePipelineModel
    from modelyard.model.framework.lightgbm_model import LightGBMModel
    from modelyard.model.framework.pytorch_model import PyTorchModel
    from modelyard.model.framework.sklearn_model import SklearnModel
    from modelyard.model.framework.spark_model import SparkPipelineModel
    from modelyard.model.framework.tensorflow_model import TensorFlowModel
    from modelyard.model.framework.xgboost_model import XGBoostModel
    from modelyard.model.generic_model import GenericModel, ModelState
    from modelyard.model.model_properties import ModelProperties
    from modelyard.model.model_version_set import (
        ModelVersionSet,
        ModelVersionSetNotExists,
        ModelVersionSetNotSaved,
        experiment,
    )
    from modelyard.model.serde.common import SERDE, Serializer
    from modelyard.model.serde.model_input import ModelInputSerializer

__all__ = [
    "SERDE",
    "AutoMLModel",
    "DataScienceModel",
    "DataScienceModelGroup",
    "EmbeddingONNXModel",
    "GenericModel",
    "HuggingFacePipelineModel",
    "LightGBMModel",
    "ModelDeployer",
    "ModelDeployment",
    "ModelDeploymentProperties",
    "ModelInputSerializer",
    "ModelProperties",
    "ModelState",
    "ModelVersionSet",
    "ModelVersionSetNotExists",
    "ModelVersionSetNotSaved",
    "PyTorchModel",
    "Serializer",
    "SklearnModel",
    "SparkPipelineModel",
    "TensorFlowModel",
    "XGBoostModel",
    "experiment",
]

_HOMES = {
    "AutoMLModel": "framework.automl_model",
    "DataScienceModel": "datascience_model",
    "DataScienceModelGroup": "datascience_model_group",
    "EmbeddingONNXModel": "framework.embedding_onnx_model",
    "GenericModel": "generic_model",
    "HuggingFacePipelineModel": "framework.huggingface_model",
    "LightGBMModel": "framework.lightgbm_model",
    "ModelDeployer": "deployment",
    "ModelDeployment": "deployment",
    "ModelDeploymentProperties": "deployment",
    "ModelInputSerializer": "serde.model_input",
    "ModelProperties": "model_properties",
    "ModelState": "generic_model",
    "ModelVersionSet": "model_version_set",
    "ModelVersionSetNotExists": "model_version_set",
    "ModelVersionSetNotSaved": "model_version_set",
    "PyTorchModel": "framework.pytorch_model",
    "SERDE": "serde.common",
    "Serializer": "serde.common",
    "SklearnModel": "framework.sklearn_model",
    "SparkPipelineModel": "framework.spark_model",
    "TensorFlowModel": "framework.tensorflow_model",
    "XGBoostModel": "framework.xgboost_model",
    "experiment": "model_version_set",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'modelyard.model' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"modelyard.model.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
