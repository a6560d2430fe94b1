"""The names of modelyard.model.runtime.env_info."""

from modelyard.model.runtime.env_info import *  # noqa: F403
