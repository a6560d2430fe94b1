"""ONNX models of networks: arrays and tensors of any shape in, by name or in their order; all outputs out."""

from __future__ import annotations

from modelyard.artifact.score_blocks.blocks import Blocks

_FUNCTIONS = '''
_DTYPES = {"tensor(float)": "float32", "tensor(double)": "float64", "tensor(float16)": "float16"}


def as_inputs(features, model):
    """Return what the ONNX model takes: a dict has its inputs by name, a tuple in their order."""
    inputs = model.get_inputs()
    if isinstance(features, dict) and set(features) == {each.name for each in inputs}:
        return {each.name: _input(features[each.name], each.type) for each in inputs}
    given = list(features.values()) if isinstance(features, dict) else features
    given = given if len(inputs) > 1 or isinstance(features, (dict, tuple)) else [given]
    if len(given) != len(inputs):
        names = ", ".join(each.name for each in inputs)
        raise ValueError("The model takes {} inputs ({}), not {}.".format(len(inputs), names, len(given)))
    return {each.name: _input(values, each.type) for each, values in zip(inputs, given)}


def _input(values, kind):
    import numpy as np

    return np.asarray(values).astype(_DTYPES.get(kind) or kind[len("tensor(") : -1])
'''

NEURAL_ONNX = Blocks(
    name="ONNX",
    pre_block="return deserialize(data, input_schema_path)",
    inference_block="return tuple(model.run(None, as_inputs(features, model)))  # its outputs",
    post_block="""
answers = [each.tolist() for each in yhat]
return answers[0] if len(answers) == 1 else answers
""",
    top_block=_FUNCTIONS,
)
