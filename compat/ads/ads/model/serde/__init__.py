"""The names of modelyard.model.serde."""

from modelyard.model.serde import *  # noqa: F403
