"""The names of modelyard.model.model_properties."""

from modelyard.model.model_properties import *  # noqa: F403
