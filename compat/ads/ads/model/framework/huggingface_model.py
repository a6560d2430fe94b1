"""The names of modelyard.model.framework.huggingface_model."""

from modelyard.model.framework.huggingface_model import *  # noqa: F403
