"""The names of modelyard.model.framework.spark_model."""

from modelyard.model.framework.spark_model import *  # noqa: F403
