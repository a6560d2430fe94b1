"""runtime.yaml as the reference has it: records that can be changed and written again."""

from modelyard.model.runtime.env_info import PACK_TYPE, EnvInfo, InferenceEnvInfo, TrainingEnvInfo
from modelyard.model.runtime.model_deployment_details import ModelDeploymentDetails
from modelyard.model.runtime.model_provenance_details import ModelProvenanceDetails, TrainingCode
from modelyard.model.runtime.runtime_info import RuntimeInfo

__all__ = [
    "PACK_TYPE",
    "EnvInfo",
    "InferenceEnvInfo",
    "ModelDeploymentDetails",
    "ModelProvenanceDetails",
    "RuntimeInfo",
    "TrainingCode",
    "TrainingEnvInfo",
]
