"""Estimators of scikit-learn, and those of other libraries that behave like them."""

from __future__ import annotations

from modelyard.artifact.score_blocks.blocks import Blocks
from modelyard.artifact.score_blocks.generic import PREDICT

TABLES = """
features = as_table(deserialize(data, input_schema_path), data, input_schema_path, model)
return list(features) if isinstance(features, tuple) else features
"""

SCIKIT_LEARN = Blocks(name="scikit-learn", pre_block=TABLES, inference_block=PREDICT, post_block="return yhat.tolist()")
