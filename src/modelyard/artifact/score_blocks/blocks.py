"""What one framework's blocks of score.py are: plain Python text, of the oldest Python that serves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Blocks:
    """Be what score.py does differently for one framework: the bodies of three functions, and what they need."""

    name: str
    """The framework, in words for the head of score.py."""

    pre_block: str
    """The body of ``pre_inference(data, input_schema_path)``."""

    predict_block: str
    """The end of ``predict(data, model)``: it has ``features`` and ``model``, and returns the answer."""

    post_block: str
    """The body of ``post_inference(yhat)``."""

    answer: str = '{"prediction": [...]}'
    top_block: str = ""
    """Lines of the module itself, such as constants and functions that the other blocks use."""
