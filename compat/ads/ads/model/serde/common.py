"""The names of modelyard.model.serde.common."""

from modelyard.model.serde.common import *  # noqa: F403
