"""The names of modelyard.model.framework.lightgbm_model."""

from modelyard.model.framework.lightgbm_model import *  # noqa: F403
