"""The names of modelyard.model.builder."""

from modelyard.model.builder import *  # noqa: F403
