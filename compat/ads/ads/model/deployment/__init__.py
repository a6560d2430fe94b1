"""The names of modelyard.model.deployment."""

from modelyard.model.deployment import *  # noqa: F403
