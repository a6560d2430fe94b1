"""Estimators of scikit-learn, and those of other libraries that behave like them."""

from __future__ import annotations

from modelyard.artifact.score_blocks.blocks import Blocks
from modelyard.artifact.score_blocks.generic import PREDICT

TABLES = """
features = deserialize(data, input_schema_path)
if isinstance(features, dict):
    import pandas as pd

    is_row = features and all(isinstance(each, str) or not hasattr(each, "__len__") for each in features.values())
    return pd.DataFrame([features] if is_row else features)
return features
"""

SCIKIT_LEARN = Blocks(name="scikit-learn", pre_block=TABLES, predict_block=PREDICT, post_block="return yhat.tolist()")
