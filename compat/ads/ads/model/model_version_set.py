"""The names of modelyard.model.model_version_set."""

from modelyard.model.model_version_set import *  # noqa: F403
