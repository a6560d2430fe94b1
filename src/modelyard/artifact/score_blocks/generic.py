"""A model of any kind: what it is given is what was sent, and what it answers becomes JSON where it can."""

from __future__ import annotations

from modelyard.artifact.score_blocks.blocks import Blocks

PREDICT = "return model.predict(features)"

GENERIC = Blocks(
    name="a model of any kind",
    pre_block="return deserialize(data, input_schema_path)",
    inference_block='return model.predict(features) if hasattr(model, "predict") else model(features)',
    post_block="""
if hasattr(yhat, "to_numpy"):  # a DataFrame or Series
    yhat = yhat.to_numpy()
return yhat.tolist() if hasattr(yhat, "tolist") else yhat
""",
    joins_requests=False,
)
