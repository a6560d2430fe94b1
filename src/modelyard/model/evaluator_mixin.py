"""Evaluating a model: its predictions for data whose truth is known, in the numbers of its use case."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from modelyard.errors import UsageError
from modelyard.model.metadata_names import MetadataTaxonomyKeys

if TYPE_CHECKING:
    from modelyard.client.profile import Auth
    from modelyard.model.evaluation import Evaluation
    from modelyard.model.model_metadata import ModelTaxonomyMetadata

__all__ = ["EvaluatorMixin"]


class Evaluated(Protocol):
    """Be a model, as far as an evaluation needs it."""

    estimator: object
    auth: Auth | None
    metadata_taxonomy: ModelTaxonomyMetadata

    def verify(
        self, data: object = None, reload_artifacts: bool = True, auto_serialize_data: bool = ...
    ) -> dict[str, object]:
        """Return the artifact's answer."""

    def _own_predict(self) -> Callable[[object], object] | None: ...


class EvaluatorMixin:
    """Be a model that can be evaluated."""

    def evaluate(
        self: Evaluated,
        X: object,  # noqa: N803 (the reference's)
        y: object,
        y_pred: object = None,
        y_score: object = None,
        X_train: object = None,  # noqa: N803 (the reference's)
        y_train: object = None,
        classes: list[object] | None = None,
        positive_class: object = None,
        legend_labels: dict[object, str] | None = None,
        perfect: bool = True,
        filename: str | None = None,
        use_case_type: str | None = None,
    ) -> Evaluation:
        """Return how good the model's predictions are; in a notebook that is a table.

        The estimator itself is asked where there is one in this process, else the artifact, as verify() does.

        Args:
            X: The rows to predict; None where ``y_pred`` is given.
            y: What is true of them.
            y_pred: The predictions, where they are known already.
            y_score: How sure the model is of the positive class, or of each class; by default its ``predict_proba``.
            X_train: The rows that it was trained with, to be compared.
            y_train: What is true of those.
            classes: All labels, in their order; by default those in ``y``.
            positive_class: The one of two that is looked for; by default the last. It counts for two classes alone.
            legend_labels: What classes are called in the tables.
            perfect: Whether to show what a model that is always right would get.
            filename: Where to write the tables as a page of HTML: a path, or an address.
            use_case_type: What the model is for; by default what prepare() was told.

        Raises:
            ValueError: Nobody says what the model is for, there are no numbers for that, or the data does not fit.
            MissingDependency: scikit-learn is not installed.

        Example:
            >>> from sklearn.datasets import load_diabetes
            >>> from sklearn.linear_model import LinearRegression
            >>> from modelyard.model import SklearnModel
            >>> X, y = load_diabetes(return_X_y=True)
            >>> found = SklearnModel(LinearRegression().fit(X, y)).evaluate(X, y, use_case_type="regression")
            >>> round(found.metrics["r2"], 2)
            0.52
        """
        from modelyard.model import evaluating
        from modelyard.model.evaluation import Evaluation
        from modelyard.model.evaluation_metrics import CLASSIFICATION, REGRESSION, Classes, confusion

        use_case = use_case_type or self.metadata_taxonomy[MetadataTaxonomyKeys.USE_CASE_TYPE].value
        if use_case not in (*REGRESSION, *CLASSIFICATION):
            raise UsageError(
                f"use_case_type is {use_case!r}; there are numbers for {', '.join((*REGRESSION, *CLASSIFICATION))}."
            )
        if (X_train is None) != (y_train is None):
            raise UsageError("X_train and y_train go together: pass both, or none.")
        true = evaluating.column(y, "y")
        labels = Classes.of(true, given=classes, positive=positive_class) if use_case in CLASSIFICATION else None
        predict = self._own_predict() or (lambda rows: evaluating.prediction(self.verify(rows, True, True)))
        asked = evaluating.Asked(predict, self.estimator)
        test = asked.side(X, true, labels=labels, predicted=y_pred, scores=y_score)
        training = None
        if y_train is not None:
            training = asked.side(X_train, evaluating.column(y_train, "y_train"), labels=labels)
        made = Evaluation(
            use_case_type=str(use_case),
            metrics=evaluating.measured(test, labels),
            training=evaluating.measured(training, labels) if training is not None else None,
            perfect=evaluating.measured(evaluating.perfect(test, labels), labels) if perfect else None,
            labels=tuple((legend_labels or {}).get(label, str(label)) for label in labels.all) if labels else (),
            confusion=confusion(test.true, test.predicted, labels) if labels else (),
        )
        if filename is not None:
            from modelyard.model.places import place_of

            place_of(filename, auth=self.auth).write(made.to_html().encode("utf-8"))
        return made
