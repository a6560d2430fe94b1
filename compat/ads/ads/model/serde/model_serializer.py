"""The names of modelyard.model.serde.model_serializer."""

from modelyard.model.serde.model_serializer import *  # noqa: F403
