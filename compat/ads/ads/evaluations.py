"""The names of modelyard.model.evaluator_mixin."""

from modelyard.model.evaluator_mixin import *  # noqa: F403
