"""The names of modelyard.model.deployment.model_deployment_properties."""

from modelyard.model.deployment.model_deployment_properties import *  # noqa: F403
