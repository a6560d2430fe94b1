"""The names of modelyard.common.auth."""

from modelyard.common.auth import *  # noqa: F403
