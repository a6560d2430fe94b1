"""The names of modelyard.model.serializable."""

from modelyard.model.serializable import *  # noqa: F403
