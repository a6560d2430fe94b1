"""How good a model's predictions are: what a use case asks of them, in numbers, for reading and for a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelyard.model.notebook_view import table_of, view

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Be how good predictions are.

    Example:
        >>> Evaluation(use_case_type="regression", metrics={"mae": 0.5}).to_dict()["metrics"]
        {'mae': 0.5}
    """

    use_case_type: str
    metrics: Mapping[str, float]
    """Each number by its name, on the data that was given."""

    training: Mapping[str, float] | None = None
    """The same on the data of the training."""

    perfect: Mapping[str, float] | None = None
    """The same for a model that is always right."""

    labels: tuple[str, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    """How often each label (a row) was taken for each (a column)."""

    def to_dict(self) -> dict[str, object]:
        """Return all of it as JSON holds it."""
        sides = {"metrics": self.metrics, "training": self.training, "perfect": self.perfect}
        return {
            "use_case_type": self.use_case_type,
            **{name: dict(side) for name, side in sides.items() if side is not None},
            **(
                {"labels": list(self.labels), "confusion": [list(row) for row in self.confusion]} if self.labels else {}
            ),
        }

    def to_dataframe(self) -> pd.DataFrame:
        """Return the numbers as a table: a row for each, a column for each side."""
        import pandas as pd

        return pd.DataFrame(self._sides()).rename_axis("metric")

    def to_html(self) -> str:
        """Return a page that needs no style sheet, no script and no network."""
        return (
            '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
            f"<title>Evaluation</title>{self._repr_html_()}</html>"
        )

    def _repr_html_(self) -> str:
        sides = self._sides()
        numbers = table_of(
            ["metric", *sides],
            [
                [name, *(f"{side[name]:.4g}" if name in side else None for side in sides.values())]
                for name in self.metrics
            ],
        )
        counts = [[label, *row] for label, row in zip(self.labels, self.confusion, strict=True)]
        taken_for = table_of(["is, taken for", *self.labels], counts) if self.labels else ""
        return view("Evaluation", {"use case": self.use_case_type}, numbers + taken_for)

    def _sides(self) -> dict[str, Mapping[str, float]]:
        sides = {"test": self.metrics, "training": self.training, "perfect": self.perfect}
        return {name: side for name, side in sides.items() if side is not None}
