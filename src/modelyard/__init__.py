"""modelyard: from a trained model to an HTTP endpoint, on your own machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelyard._version import __version__

if TYPE_CHECKING:
    from modelyard.common.auth import set_auth
    from modelyard.model.datascience_model import DataScienceModel
    from modelyard.model.datascience_model_group import DataScienceModelGroup
    from modelyard.model.deployment.model_deployment import ModelDeployment
    from modelyard.model.deployment.model_deployment_infrastructure import ModelDeploymentInfrastructure
    from modelyard.model.deployment.model_deployment_runtime import (
        ModelDeploymentCondaRuntime,
        ModelDeploymentContainerRuntime,
    )
    from modelyard.model.framework.automl_model import AutoMLModel
    from modelyard.model.framework.embedding_onnx_model import EmbeddingONNXModel
    from modelyard.model.framework.huggingface_model import HuggingFacePipelineModel
    from modelyard.model.framework.lightgbm_model import LightGBMModel
    from modelyard.model.framework.pytorch_model import PyTorchModel
    from modelyard.model.framework.sklearn_model import SklearnModel
    from modelyard.model.framework.spark_model import SparkPipelineModel
    from modelyard.model.framework.tensorflow_model import TensorFlowModel
    from modelyard.model.framework.xgboost_model import XGBoostModel
    from modelyard.model.generic_model import GenericModel
    from modelyard.model.model_properties import ModelProperties
    from modelyard.model.model_version_set import ModelVersionSet, experiment

__all__ = [
    "AutoMLModel",
    "DataScienceModel",
    "DataScienceModelGroup",
    "EmbeddingONNXModel",
    "GenericModel",
    "HuggingFacePipelineModel",
    "LightGBMModel",
    "ModelDeployment",
    "ModelDeploymentCondaRuntime",
    "ModelDeploymentContainerRuntime",
    "ModelDeploymentInfrastructure",
    "ModelProperties",
    "ModelVersionSet",
    "PyTorchModel",
    "SklearnModel",
    "SparkPipelineModel",
    "TensorFlowModel",
    "XGBoostModel",
    "__version__",
    "experiment",
    "set_auth",
]

_HOMES = {
    "AutoMLModel": "modelyard.model.framework.automl_model",
    "DataScienceModel": "modelyard.model.datascience_model",
    "DataScienceModelGroup": "modelyard.model.datascience_model_group",
    "EmbeddingONNXModel": "modelyard.model.framework.embedding_onnx_model",
    "GenericModel": "modelyard.model.generic_model",
    "HuggingFacePipelineModel": "modelyard.model.framework.huggingface_model",
    "LightGBMModel": "modelyard.model.framework.lightgbm_model",
    "ModelDeployment": "modelyard.model.deployment.model_deployment",
    "ModelDeploymentCondaRuntime": "modelyard.model.deployment.model_deployment_runtime",
    "ModelDeploymentContainerRuntime": "modelyard.model.deployment.model_deployment_runtime",
    "ModelDeploymentInfrastructure": "modelyard.model.deployment.model_deployment_infrastructure",
    "ModelProperties": "modelyard.model.model_properties",
    "ModelVersionSet": "modelyard.model.model_version_set",
    "PyTorchModel": "modelyard.model.framework.pytorch_model",
    "SklearnModel": "modelyard.model.framework.sklearn_model",
    "SparkPipelineModel": "modelyard.model.framework.spark_model",
    "TensorFlowModel": "modelyard.model.framework.tensorflow_model",
    "XGBoostModel": "modelyard.model.framework.xgboost_model",
    "experiment": "modelyard.model.model_version_set",
    "set_auth": "modelyard.common.auth",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'modelyard' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
