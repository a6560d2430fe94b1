"""The names of modelyard.model.artifact."""

from modelyard.model.artifact import *  # noqa: F403
