"""What a model says of rows whose truth is known, brought into the form that its numbers are made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelyard.errors import UsageError
from modelyard.model.evaluation_metrics import Classes, classification, regression

if TYPE_CHECKING:
    from modelyard.model.evaluation_metrics import Column


@dataclass(frozen=True)
class Side:
    """What is true of some rows, what was predicted of them, and how sure that was."""

    true: Column
    predicted: Column
    scores: Column | None = None


def measured(side: Side, labels: Classes | None) -> dict[str, float]:
    """Return the numbers of a side: those of labels, or those of quantities where there are no classes."""
    if labels is None:
        return regression(side.true, side.predicted)
    return classification(side.true, side.predicted, side.scores, labels)


@dataclass(frozen=True)
class Asked:
    """What tells predictions, and the estimator where it is there."""

    predict: Callable[[object], object]
    estimator: object

    def side(
        self,
        rows: object,
        true: Column,
        *,
        labels: Classes | None,
        predicted: object = None,
        scores: object = None,
    ) -> Side:
        """Return what is predicted of rows, beside what is true of them."""
        if predicted is None and rows is None:
            raise UsageError("There is nothing to predict: pass X, or the predictions as y_pred.")
        if predicted is None:
            predicted = self.predict(rows)
            scores = self._sureness(rows, labels) if scores is None else scores
        found = column(predicted, "y_pred")
        sure = column(scores, "y_score") if scores is not None else None
        if labels is not None and _are_scores(found, labels):
            found, sure = labels.nearest(found), found if sure is None else sure
        for what, said in (("predictions", found), ("scores", sure)):
            if said is not None and len(said) != len(true):
                raise UsageError(f"There are {len(said)} {what} for {len(true)} rows of truth.")
        return Side(true, found, sure)

    def _sureness(self, rows: object, labels: Classes | None) -> object:
        """Return the probabilities of an estimator that tells them; None of one whose classes are others."""
        tell = getattr(self.estimator, "predict_proba", None)
        known = getattr(self.estimator, "classes_", None)
        if labels is None or not callable(tell) or known is None or tuple(known.tolist()) != labels.all:
            return None
        return tell(rows)


def prediction(answer: dict[str, object]) -> object:
    """Return the predictions in an artifact's answer; raise UsageError for one of another form."""
    if "prediction" not in answer:
        raise UsageError(f"The artifact answers {', '.join(answer)} and no prediction: pass the predictions as y_pred.")
    return answer["prediction"]


def _are_scores(found: Column, labels: Classes) -> bool:
    """Tell whether a model of labels answered how sure it is of them, as networks and boosters do."""
    if found.ndim > 1:
        return True
    return labels.positive is not None and found.dtype.kind == "f" and not set(found.tolist()) <= set(labels.all)


def perfect(side: Side, labels: Classes | None) -> Side:
    """Return the side of a model that is always right, and sure of it where the other says how sure it is."""
    certain = labels.certain(side.true) if labels is not None and side.scores is not None else None
    return Side(side.true, side.true, certain)


def column(values: object, what: str) -> Column:
    """Return values as an array of rows; a table of one column is that column."""
    import numpy as np

    found: Column = np.asarray(values)
    found = found[:, 0] if found.ndim == 2 and found.shape[1] == 1 else found
    if found.ndim == 0 or len(found) == 0:
        raise UsageError(f"{what} is {values!r}: it is one value for each row.")
    return found
