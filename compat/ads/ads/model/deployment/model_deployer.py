"""The names of modelyard.model.deployment.model_deployer."""

from modelyard.model.deployment.model_deployer import *  # noqa: F403
