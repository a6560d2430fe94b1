"""The names of modelyard.model.runtime.runtime_info."""

from modelyard.model.runtime.runtime_info import *  # noqa: F403
