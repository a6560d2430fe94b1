"""The names of modelyard.model.model_metadata."""

from modelyard.model.model_metadata import *  # noqa: F403
