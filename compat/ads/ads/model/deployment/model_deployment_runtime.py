"""The names of modelyard.model.deployment.model_deployment_runtime."""

from modelyard.model.deployment.model_deployment_runtime import *  # noqa: F403
