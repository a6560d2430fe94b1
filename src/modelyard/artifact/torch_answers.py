"""What a PyTorch model itself answers, in this process: called as score.py calls it, and left as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import torch


def answer_of(estimator: object, sample: object) -> object:
    """Return a model's own answer to a sample; it is not trained by it."""
    from modelyard.artifact.score_blocks import torch_calls

    model = cast("torch.nn.Module", estimator)
    was_training = model.training
    try:
        return torch_calls.call(model.eval(), sample)
    finally:
        model.train(was_training)
