"""The names of modelyard.model.artifact_uploader."""

from modelyard.model.artifact_uploader import *  # noqa: F403
