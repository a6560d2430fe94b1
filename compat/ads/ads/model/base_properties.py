"""The names of modelyard.model.base_properties."""

from modelyard.model.base_properties import *  # noqa: F403
