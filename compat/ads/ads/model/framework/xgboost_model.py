"""The names of modelyard.model.framework.xgboost_model."""

from modelyard.model.framework.xgboost_model import *  # noqa: F403
