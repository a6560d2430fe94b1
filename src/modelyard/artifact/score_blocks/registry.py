"""The blocks of score.py by the names of their frameworks."""

from __future__ import annotations

from modelyard.artifact.score_blocks.blocks import Blocks
from modelyard.artifact.score_blocks.generic import GENERIC
from modelyard.artifact.score_blocks.huggingface import HUGGINGFACE
from modelyard.artifact.score_blocks.lightgbm import LIGHTGBM
from modelyard.artifact.score_blocks.onnx import ONNX
from modelyard.artifact.score_blocks.pytorch import PYTORCH
from modelyard.artifact.score_blocks.scikit_learn import SCIKIT_LEARN
from modelyard.artifact.score_blocks.spark import SPARK
from modelyard.artifact.score_blocks.tensorflow import TENSORFLOW
from modelyard.artifact.score_blocks.xgboost import ESTIMATOR, XGBOOST
from modelyard.errors import UsageError

BLOCKS = {
    "generic": GENERIC,
    "huggingface": HUGGINGFACE,
    "lightgbm": LIGHTGBM,
    "onnx": ONNX,
    "pytorch": PYTORCH,
    "scikit-learn": SCIKIT_LEARN,
    "spark": SPARK,
    "tensorflow": TENSORFLOW,
    "xgboost": XGBOOST,
    "xgboost-estimator": ESTIMATOR,
}


def blocks_named(framework: str) -> Blocks:
    """Return a framework's blocks; raise UsageError that lists the frameworks there are."""
    found = BLOCKS.get(framework)
    if found is None:
        raise UsageError(f"There is no score.py for {framework!r}; there is for {', '.join(sorted(BLOCKS))}.")
    return found
