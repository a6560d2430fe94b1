"""LightGBM's boosters; for classifiers the probabilities become the labels that the estimator itself answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from modelyard.artifact.score_blocks.blocks import Blocks
from modelyard.artifact.score_blocks.generic import PREDICT
from modelyard.artifact.score_blocks.scikit_learn import TABLES

LIGHTGBM = Blocks(name="LightGBM", pre_block=TABLES, inference_block=PREDICT, post_block="return yhat.tolist()")

_LABELS = """
if yhat.ndim == 1:  # of two classes: the probability of the second
    places = (yhat > 1 - yhat).astype(int)
else:
    places = yhat.argmax(axis=1)
return [classes[place] for place in places]
"""


def of_classes(classes: Sequence[str | int | float | bool]) -> Blocks:
    """Return the blocks of a classifier that answers these labels."""
    return replace(
        LIGHTGBM,
        top_block=f"classes = {list(classes)!r}  # what the model's own numbers stand for",
        post_block=_LABELS,
    )
