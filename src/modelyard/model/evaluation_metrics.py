"""The numbers that a use case asks of predictions: how far numbers are off, how often labels are right."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

from modelyard.errors import MissingDependency, UsageError
from modelyard.model.metadata_names import UseCaseType

if TYPE_CHECKING:
    import numpy as np

    Column = np.ndarray[tuple[int, ...], np.dtype[np.generic]]

REGRESSION = (UseCaseType.REGRESSION, UseCaseType.TIME_SERIES_FORECASTING)
CLASSIFICATION = (
    *(UseCaseType.BINARY_CLASSIFICATION, UseCaseType.MULTINOMIAL_CLASSIFICATION),
    *(UseCaseType.IMAGE_CLASSIFICATION, UseCaseType.SENTIMENT_ANALYSIS),
)


@dataclass(frozen=True, kw_only=True)
class Classes:
    """Be the labels that there are, and which of two is the one that is looked for."""

    all: tuple[object, ...]
    positive: object = None
    """None where there are not two."""

    @classmethod
    def of(cls, true: Column, *, given: list[object] | None, positive: object) -> Classes:
        """Return the classes in what is true, in their order, or those that are given.

        Raises:
            UsageError: What is true has others, or the positive class is none of them.
        """
        found = sorted(set(true.tolist()), key=lambda label: (str(type(label)), label))
        named = tuple(found if given is None else given)
        if missing := [label for label in found if label not in named]:
            raise UsageError(f"classes has no {missing[0]!r}, which y has: name every class.")
        if len(named) != 2:
            return cls(all=named)
        positive = named[1] if positive is None else positive
        if positive not in named:
            raise UsageError(f"positive_class is {positive!r}; the classes are {', '.join(map(repr, named))}.")
        return cls(all=named, positive=positive)

    def nearest(self, scores: Column) -> Column:
        """Return the label that each row is surest of: a column for each class, or one number for the positive one.

        Raises:
            UsageError: There are more or fewer columns than classes.
        """
        import numpy as np

        if scores.ndim == 1:
            places = (scores.astype(float) >= 0.5).astype(int)
            pair = [label for label in self.all if label != self.positive]
            nearest: Column = np.asarray([*pair, self.positive])[places]
            return nearest
        if scores.shape[1:] != (len(self.all),):
            raise UsageError(
                f"The predictions are of shape {scores.shape}; there are {len(self.all)} classes: pass y_pred."
            )
        surest: Column = np.asarray(self.all)[scores.argmax(axis=1)]
        return surest

    def certain(self, true: Column) -> Column:
        """Return the scores of a model that is sure of what is true."""
        import numpy as np

        places = _places(true, self)
        return np.eye(len(self.all))[places]


def regression(true: Column, predicted: Column) -> dict[str, float]:
    """Return how far predicted numbers are from the true ones."""
    metrics = _sklearn_metrics()
    mse = float(metrics.mean_squared_error(true, predicted))
    found = {
        "r2": metrics.r2_score(true, predicted) if len(true) > 1 else float("nan"),
        "explained_variance": metrics.explained_variance_score(true, predicted),
        "mse": mse,
        "rmse": mse**0.5,
        "mae": metrics.mean_absolute_error(true, predicted),
        "median_absolute_error": metrics.median_absolute_error(true, predicted),
        "max_error": metrics.max_error(true, predicted),
        "mean_residual": (true.astype(float) - predicted.astype(float)).mean(),
    }
    return {name: float(value) for name, value in found.items()}


def classification(true: Column, predicted: Column, scores: Column | None, classes: Classes) -> dict[str, float]:
    """Return how often predicted labels are the true ones, and how well scores tell the classes apart.

    Precision, recall and F1 are those of the positive class where there are two, else those of all, by their weight.

    Args:
        true: The true labels.
        predicted: The predicted ones.
        scores: How sure the model was: of the positive class, or of each class in its order; None: nobody says.
        classes: The labels that there are.
    """
    metrics = _sklearn_metrics()
    true_at, predicted_at = _places(true, classes), _places(predicted, classes)
    precision, recall, f1, _ = (
        metrics.precision_recall_fscore_support(true_at, predicted_at, average="weighted", zero_division=0)
        if classes.positive is None
        else metrics.precision_recall_fscore_support(
            true_at, predicted_at, average="binary", pos_label=classes.all.index(classes.positive), zero_division=0
        )
    )
    found = {
        "accuracy": metrics.accuracy_score(true_at, predicted_at),
        "hamming_loss": metrics.hamming_loss(true_at, predicted_at),
        "precision": precision,
        "recall": recall,
        "f1": f1,
    }
    if scores is not None and len(set(true_at)) == len(classes.all) > 1:
        found["auc"] = _auc(true_at, scores, classes)
    return {name: float(value) for name, value in found.items()}


def confusion(true: Column, predicted: Column, classes: Classes) -> tuple[tuple[int, ...], ...]:
    """Return how often each class was taken for each."""
    counts = [[0] * len(classes.all) for _ in classes.all]
    for is_at, said_at in zip(_places(true, classes), _places(predicted, classes), strict=True):
        counts[is_at][said_at] += 1
    return tuple(map(tuple, counts))


def _auc(true_at: list[int], scores: Column, classes: Classes) -> float:
    metrics = _sklearn_metrics()
    if classes.positive is None:
        try:
            return float(metrics.roc_auc_score(true_at, scores, multi_class="ovr"))
        except ValueError as error:
            raise UsageError(
                f"y_score is a row of {len(classes.all)} probabilities for each row of y: {error}"
            ) from error
    positive = classes.all.index(classes.positive)
    sure = scores if scores.ndim == 1 else scores[:, positive]
    return float(metrics.roc_auc_score([each == positive for each in true_at], sure))


def _places(labels: Column, classes: Classes) -> list[int]:
    at = {label: place for place, label in enumerate(classes.all)}
    try:
        return [at[label] for label in labels.tolist()]
    except KeyError as error:
        raise UsageError(
            f"A prediction is {error.args[0]!r}; the classes are {', '.join(map(repr, classes.all))}: pass y_pred with "
            "labels, or all the classes as classes=…."
        ) from None


def _sklearn_metrics() -> ModuleType:
    try:
        from sklearn import metrics
    except ImportError as error:
        raise MissingDependency("evaluate() needs scikit-learn: pip install 'modelyard[sklearn]'.") from error
    return metrics  # type: ignore[no-any-return]
