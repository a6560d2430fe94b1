"""The names of modelyard.model.framework.sklearn_model."""

from modelyard.model.framework.sklearn_model import *  # noqa: F403
