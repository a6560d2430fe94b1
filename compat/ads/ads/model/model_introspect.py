"""The names of modelyard.model.model_introspect."""

from modelyard.model.model_introspect import *  # noqa: F403
