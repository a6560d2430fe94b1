"""ONNX models: the same lines feed and read them in score.py, and when the model is written and compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from modelyard.artifact.score_blocks.blocks import Blocks
from modelyard.artifact.score_blocks.generic import GENERIC
from modelyard.artifact.score_blocks.scikit_learn import TABLES

LOAD_BLOCK = """
import onnxruntime

options = onnxruntime.SessionOptions()
# As many threads as other libraries have here: one in a replica, as pools of threads do not survive a fork.
options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS", "").partition(",")[0] or 0)
return onnxruntime.InferenceSession(path, options, providers=onnxruntime.get_available_providers())
"""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Say how an ONNX model's input is made of rows, and which of its outputs is the answer."""

    output: str
    """The name of the output."""

    column: int | None = None
    """The one column of it that is the answer; None for all of it."""

    is_flat: bool = False
    """Whether the answer is one value for each row, where the output has rows of one."""

    columns: Sequence[str | int] = ()
    """The columns of the table that the model was trained on, in their order; () where that was no table."""

    impute_values: Mapping[str | int, object] = field(default_factory=dict)
    """What stands for missing values, by column."""


_FUNCTIONS = '''
_DTYPES = {"tensor(float)": "float32", "tensor(double)": "float64", "tensor(float16)": "float16"}


def as_inputs(features, model):
    """Return what the ONNX model takes: one array with all columns, or one array for each of its inputs."""
    import numpy as np

    inputs = model.get_inputs()
    if impute_values:
        features = _imputed(features)
    if hasattr(features, "columns"):
        if columns and set(columns) <= set(features.columns):
            features = features[columns]
        features = features.to_numpy()
    if len(inputs) == 1:
        return {inputs[0].name: _input(features, inputs[0].type)}
    rows = features if isinstance(features, np.ndarray) else np.array(features, dtype=object)
    if rows.ndim != 2 or rows.shape[1] != len(inputs):
        names = ", ".join(str(name) for name in columns or [each.name for each in inputs])
        raise ValueError("The model takes rows of {} values: {}.".format(len(inputs), names))
    return {each.name: _input(rows[:, [place]], each.type) for place, each in enumerate(inputs)}


def _imputed(features):
    import pandas as pd

    if not hasattr(features, "columns"):
        features = pd.DataFrame(features, columns=columns or None)
    return features.fillna(impute_values)


def _input(values, kind):
    import numpy as np

    values = np.asarray(values)
    if kind != "tensor(string)":
        return values.astype(_DTYPES.get(kind) or kind[len("tensor(") : -1])
    if any(each is None or each != each for each in values.ravel()):
        raise ValueError("A text is missing, and ONNX knows no missing texts: see impute_values in score.py.")
    return values.astype(str).astype(object)
'''

_POST = """
if column is not None:
    yhat = yhat[:, column]
elif is_flat:
    yhat = yhat.reshape(len(yhat))
return yhat.tolist()
"""


def reading(how: Reading) -> Blocks:
    """Return the blocks of a model that is fed and read so."""
    constants = (
        f"output_name = {how.output!r}  # of the model's outputs the one that is the answer",
        f"column = {how.column!r}  # of that output; None: all of it",
        f"is_flat = {how.is_flat!r}",
        f"columns = {list(how.columns)!r}  # what a table is put into the order of",
        f"impute_values = {dict(how.impute_values)!r}",
    )
    return Blocks(
        name="ONNX",
        pre_block=TABLES,
        inference_block="return model.run([output_name], as_inputs(features, model))[0]",
        post_block=_POST,
        top_block="\n".join(constants) + "\n" + _FUNCTIONS,
    )


ONNX = Blocks(
    name="ONNX",
    pre_block=GENERIC.pre_block,
    inference_block="return model.run(None, as_inputs(features, model))[0]",
    post_block="return yhat.tolist()",
    top_block="columns, impute_values = [], {}\n" + _FUNCTIONS,
)
"""An ONNX model of which nothing more is known: its first output is the answer."""
