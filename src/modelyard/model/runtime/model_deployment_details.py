"""What runtime.yaml says of the deployment: its environment."""

from __future__ import annotations

from dataclasses import dataclass, field

from modelyard.model.runtime.env_info import InferenceEnvInfo
from modelyard.model.serializable import DataClassSerializable


@dataclass
class ModelDeploymentDetails(DataClassSerializable):
    """Be what a deployment needs to know."""

    inference_conda_env: InferenceEnvInfo = field(default_factory=InferenceEnvInfo)
