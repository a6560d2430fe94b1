"""Samples of tensors, images and Spark's tables, as what a schema is made of."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, cast

from modelyard.artifact.spark_tables import is_spark, to_pandas

if TYPE_CHECKING:
    import numpy as np

_MOST_ROWS = 10_000


class Whole(NamedTuple):
    """Be a sample without columns, described as one."""

    dtype: str
    feature_type: str
    stats: Mapping[str, object]


def as_table(sample: object) -> object:
    """Return Spark's tables as pandas's and tensors as arrays; anything else stays as it is."""
    import numpy as np

    if is_spark(sample):
        return to_pandas(sample, limit=_MOST_ROWS)
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(sample, torch.Tensor):
        plain = sample.detach().cpu()
        return (plain.float() if plain.dtype is torch.bfloat16 else plain).numpy()
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is not None and tensorflow.is_tensor(sample) and hasattr(sample, "numpy"):
        return np.asarray(sample.numpy())
    return sample


def whole_of(sample: object) -> Whole | None:
    """Describe an array of more than two dimensions, or an image; None for anything else."""
    pil = sys.modules.get("PIL.Image")
    if pil is not None and isinstance(sample, pil.Image):
        return Whole("uint8", "Image", {"count": 1, "mode": sample.mode, "size": list(sample.size)})
    if type(sample).__name__ != "ndarray" or not hasattr(sample, "ndim"):
        return None
    array = cast("np.ndarray", sample)
    return Whole(str(array.dtype), "Tensor", {"count": len(array) if array.ndim else 1, "shape": list(array.shape[1:])})
