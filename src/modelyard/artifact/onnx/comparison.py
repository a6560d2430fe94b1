"""How close an ONNX model's answers are to the original's, in numbers and in a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelyard.errors import ArtifactError

if TYPE_CHECKING:
    import numpy as np

_NOTABLE = 1e-4
_TOO_FAR = 1e-2
"""Parts of the largest answer, or of the rows."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Be what the answers to a sample differ by."""

    rows: int
    wrong: int | None = None
    """How many labels are others; None for numbers."""

    largest: float = 0.0
    """The largest difference of two numbers."""

    scale: float = 0.0
    """The largest number of the original's."""

    @property
    def share(self) -> float:
        """How much it is: a part of the rows, or of the largest number."""
        if self.wrong is not None:
            return self.wrong / max(self.rows, 1)
        return self.largest / self.scale if self.scale else self.largest

    @property
    def is_notable(self) -> bool:
        """Whether it is more than what rounding makes."""
        return bool(self.wrong) or self.share > _NOTABLE

    def __str__(self) -> str:
        if self.wrong is not None:
            return f"{self.wrong} of {self.rows} answers differ from the original's"
        return f"on {self.rows} rows numbers differ from the original's by at most {self.largest:.3g}"


def compare(original: object, converted: object) -> Difference:
    """Return what the answers of an ONNX model differ by from the original's.

    Raises:
        ArtifactError: They are of another shape, or too far from each other for the same model.
    """
    import numpy as np

    one, other = np.asarray(original), np.asarray(converted)
    if one.shape != other.shape:
        raise ArtifactError(
            f"As ONNX the model answers values of shape {other.shape} instead of {one.shape}: this kind of model is "
            "not converted as it is. Leave as_onnx out."
        )
    found = _difference(one, other)
    if found.share > _TOO_FAR:
        raise ArtifactError(
            f"As ONNX the model answers something else: {found}. Nothing was written; try initial_types with "
            "DoubleTensorType or FloatTensorType, or leave as_onnx out."
        )
    return found


def _difference(one: np.ndarray, other: np.ndarray) -> Difference:
    import numpy as np

    rows = len(one) if one.ndim else 1
    if one.dtype.kind != "f":
        return Difference(rows=rows, wrong=int(np.count_nonzero(one != other)))
    gap = np.abs(one - other.astype(float))
    same = (one == other) | (np.isnan(one) & np.isnan(other.astype(float)))
    gap = np.where(same, 0.0, gap)
    finite = np.abs(one[np.isfinite(one)])
    return Difference(rows=rows, largest=float(gap.max(initial=0.0)), scale=float(finite.max(initial=0.0)))
