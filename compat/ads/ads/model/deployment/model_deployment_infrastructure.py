"""The names of modelyard.model.deployment.model_deployment_infrastructure."""

from modelyard.model.deployment.model_deployment_infrastructure import *  # noqa: F403
