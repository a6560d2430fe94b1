"""XGBoost's boosters, which take their input as a DMatrix; its estimators are predicted with as scikit-learn's are."""

from __future__ import annotations

from modelyard.artifact.score_blocks.blocks import Blocks
from modelyard.artifact.score_blocks.scikit_learn import SCIKIT_LEARN, TABLES

_MATRIX = """

def as_matrix(features, model):
    \"\"\"Return rows as a booster takes them: those without names of columns have the model's.\"\"\"
    import numpy as np
    import xgboost

    if hasattr(features, "columns"):
        return xgboost.DMatrix(features, enable_categorical=True)
    return xgboost.DMatrix(np.asarray(features), feature_names=model.feature_names)
"""

XGBOOST = Blocks(
    name="XGBoost",
    pre_block=TABLES,
    inference_block="return model.predict(as_matrix(features, model))",
    post_block="return yhat.tolist()",
    top_block=_MATRIX,
)

ESTIMATOR = Blocks(
    name="XGBoost",
    pre_block=TABLES,
    inference_block=SCIKIT_LEARN.inference_block,
    post_block=SCIKIT_LEARN.post_block,
)
