"""The names of modelyard.model.datascience_model."""

from modelyard.model.datascience_model import *  # noqa: F403
