"""The names of modelyard.model.framework.pytorch_model."""

from modelyard.model.framework.pytorch_model import *  # noqa: F403
