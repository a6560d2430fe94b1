"""PyTorch's modules: what they are given becomes tensors, and what they answer becomes lists."""

from __future__ import annotations

from pathlib import Path

from modelyard.artifact.score_blocks.blocks import Blocks

PYTORCH = Blocks(
    name="PyTorch",
    pre_block="return deserialize(data, input_schema_path)",
    inference_block="""
yhat = call(model, features)
return tuple(yhat) if isinstance(yhat, list) else yhat  # several outputs
""",
    post_block="""
if isinstance(yhat, dict):
    return {key: post_inference(each) for key, each in yhat.items()}
if isinstance(yhat, (list, tuple)):
    return [post_inference(each) for each in yhat]
return yhat.tolist() if hasattr(yhat, "tolist") else yhat
""",
    top_block=Path(__file__).with_name("torch_calls.py").read_text(encoding="utf-8").partition('"""\n')[2],
)
