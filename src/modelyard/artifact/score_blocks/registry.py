"""The blocks of score.py by the names of their frameworks, each imported when it is asked for."""

from __future__ import annotations

from importlib import import_module

from modelyard.artifact.score_blocks.blocks import Blocks
from modelyard.errors import UsageError

_PLACES = {
    "generic": ("generic", "GENERIC"),
    "huggingface": ("huggingface", "HUGGINGFACE"),
    "lightgbm": ("lightgbm", "LIGHTGBM"),
    "onnx": ("onnx", "ONNX"),
    "pytorch": ("pytorch", "PYTORCH"),
    "scikit-learn": ("scikit_learn", "SCIKIT_LEARN"),
    "spark": ("spark", "SPARK"),
    "tensorflow": ("tensorflow", "TENSORFLOW"),
    "xgboost": ("xgboost", "XGBOOST"),
    "xgboost-estimator": ("xgboost", "ESTIMATOR"),
}

BLOCKS = tuple(_PLACES)
"""The names of all frameworks, sorted."""


def blocks_named(framework: str) -> Blocks:
    """Return a framework's blocks; raise UsageError that lists the frameworks there are."""
    place = _PLACES.get(framework)
    if place is None:
        raise UsageError(f"There is no score.py for {framework!r}; there is for {', '.join(BLOCKS)}.")
    module, variable = place
    found: Blocks = getattr(import_module(f"modelyard.artifact.score_blocks.{module}"), variable)
    return found
