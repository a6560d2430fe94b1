"""The names of modelyard.model.model_metadata_mixin."""

from modelyard.model.model_metadata_mixin import *  # noqa: F403
