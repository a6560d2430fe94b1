"""The names of modelyard.model.framework.tensorflow_model."""

from modelyard.model.framework.tensorflow_model import *  # noqa: F403
