"""The names of modelyard.model.framework."""

from modelyard.model.framework import *  # noqa: F403
