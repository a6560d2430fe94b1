"""The names of modelyard.model.runtime."""

from modelyard.model.runtime import *  # noqa: F403
