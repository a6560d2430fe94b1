"""What one framework's blocks of score.py are: plain Python text, of the oldest Python that serves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Blocks:
    """Be what score.py does differently for one framework: the bodies of its functions, and what they need."""

    name: str
    """The framework, in words for the head of score.py."""

    pre_block: str
    """The body of ``pre_inference(data, input_schema_path, model)``."""

    inference_block: str
    """The body of ``inference(features, model)``: what the model says, a tuple or dict where that is several things."""

    post_block: str
    """The body of ``post_inference(yhat)``."""

    answer_block: str = 'return {"prediction": post_inference(yhat)}'
    """The body of ``answer_of(features, yhat)``."""

    answer: str = '{"prediction": [...]}'
    """What is answered, in words for predict's docstring."""

    joins_requests: bool = True
    """Whether ``predict_batch`` may ask the model once for the rows of several requests."""

    joining: str = ""
    """The functions ``kind_of``, ``rows_of``, ``join`` and ``cut``, where inputs are no tables, arrays or tensors."""

    top_block: str = ""
    """Lines of the module itself, such as constants and functions that the other blocks use."""
