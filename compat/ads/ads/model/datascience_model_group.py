"""The names of modelyard.model.datascience_model_group."""

from modelyard.model.datascience_model_group import *  # noqa: F403
