"""The names of modelyard.model.artifact_downloader."""

from modelyard.model.artifact_downloader import *  # noqa: F403
