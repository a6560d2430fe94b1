"""The names of modelyard.model.runtime.model_provenance_details."""

from modelyard.model.runtime.model_provenance_details import *  # noqa: F403
