"""The names of modelyard.model.serde.model_input."""

from modelyard.model.serde.model_input import *  # noqa: F403
