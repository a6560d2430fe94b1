"""The names of modelyard.model.generic_model."""

from modelyard.model.generic_model import *  # noqa: F403
