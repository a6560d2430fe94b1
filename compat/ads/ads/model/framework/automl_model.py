"""The names of modelyard.model.framework.automl_model."""

from modelyard.model.framework.automl_model import *  # noqa: F403
