"""Keras models: what they are given becomes arrays or tensors, and what they answer becomes lists."""

from __future__ import annotations

from pathlib import Path

from modelyard.artifact.score_blocks.blocks import Blocks

_CALLS = Path(__file__).with_name("keras_calls.py").read_text(encoding="utf-8").partition('"""\n')[2]

TENSORFLOW = Blocks(
    name="TensorFlow and Keras",
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
if hasattr(yhat, "detach"):  # a tensor of PyTorch, which may be Keras's backend
    yhat = yhat.detach().cpu()
return yhat.tolist() if hasattr(yhat, "tolist") else yhat.numpy().tolist()
""",
    top_block="share_memory = False  # TensorFlow's threads are not in a fork: each worker loads its own\n" + _CALLS,
)
