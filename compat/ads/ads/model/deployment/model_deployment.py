"""The names of modelyard.model.deployment.model_deployment."""

from modelyard.model.deployment.model_deployment import *  # noqa: F403
