"""The names of modelyard.model.runtime.model_deployment_details."""

from modelyard.model.runtime.model_deployment_details import *  # noqa: F403
