"""Model deployments, as the SDK sees them."""

from modelyard.model.deployment.model_deployer import ModelDeployer
from modelyard.model.deployment.model_deployment import ModelDeployment, Origin, Prediction
from modelyard.model.deployment.model_deployment_infrastructure import ModelDeploymentInfrastructure
from modelyard.model.deployment.model_deployment_properties import ModelDeploymentProperties
from modelyard.model.deployment.model_deployment_runtime import (
    ModelDeploymentCondaRuntime,
    ModelDeploymentContainerRuntime,
    ModelDeploymentRuntime,
)
from modelyard.model.deployment.state import ModelDeploymentMode, State

__all__ = [
    "ModelDeployer",
    "ModelDeployment",
    "ModelDeploymentCondaRuntime",
    "ModelDeploymentContainerRuntime",
    "ModelDeploymentInfrastructure",
    "ModelDeploymentMode",
    "ModelDeploymentProperties",
    "ModelDeploymentRuntime",
    "Origin",
    "Prediction",
    "State",
]
