"""Evaluations: the numbers that scikit-learn gives, for estimators, artifacts and predictions that are known."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier
from sklearn import metrics
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.svm import LinearSVC

from modelyard.model import GenericModel, LightGBMModel, SklearnModel
from modelyard.model.evaluation import Evaluation
from modelyard.model.evaluator_mixin import EvaluatorMixin

pytestmark = pytest.mark.usefixtures("nowhere")


@pytest.fixture(scope="module")
def flowers() -> Any:
    """Half of the flowers to train with, and half to ask for."""
    data = load_iris(as_frame=True)
    names = pd.Series(data.target_names[data.target], name="species")
    odd = np.arange(len(names)) % 2 == 1
    return SimpleNamespace(X=data.data[~odd], y=names[~odd], X_new=data.data[odd], y_new=names[odd])


@pytest.fixture(scope="module")
def pair(flowers: Any) -> Any:
    """The same, of two species that are hard to tell apart."""
    old, new = flowers.y != "setosa", flowers.y_new != "setosa"
    columns = list(flowers.X.columns[:2])
    return SimpleNamespace(
        X=flowers.X[old][columns],
        y=flowers.y[old],
        X_new=flowers.X_new[new][columns],
        y_new=flowers.y_new[new],
    )


def test_two_classes_have_the_numbers_of_the_one_that_is_looked_for(pair: Any) -> None:
    classifier = LogisticRegression().fit(pair.X, pair.y)
    model = SklearnModel(classifier)
    assert isinstance(model, EvaluatorMixin)
    said, sure = classifier.predict(pair.X_new), classifier.predict_proba(pair.X_new)
    for positive, column in (("virginica", 1), ("versicolor", 0)):
        found = model.evaluate(
            pair.X_new, pair.y_new, positive_class=positive, use_case_type="binary_classification", perfect=False
        )
        assert found.metrics == pytest.approx(
            {
                "accuracy": metrics.accuracy_score(pair.y_new, said),
                "hamming_loss": metrics.hamming_loss(pair.y_new, said),
                "precision": metrics.precision_score(pair.y_new, said, pos_label=positive),
                "recall": metrics.recall_score(pair.y_new, said, pos_label=positive),
                "f1": metrics.f1_score(pair.y_new, said, pos_label=positive),
                "auc": metrics.roc_auc_score(pair.y_new == positive, sure[:, column]),
            }
        )
        assert found.metrics["accuracy"] < 1
        assert found.perfect is None
    assert model.evaluate(pair.X_new, pair.y_new, use_case_type="binary_classification").metrics != found.metrics


def test_several_classes_have_the_numbers_of_all_by_their_weight(flowers: Any) -> None:
    classifier = LogisticRegression(max_iter=500).fit(flowers.X, flowers.y)
    found = SklearnModel(classifier).evaluate(
        flowers.X_new,
        flowers.y_new,
        X_train=flowers.X,
        y_train=flowers.y,
        legend_labels={"setosa": "Bristle-pointed"},
        use_case_type="multinomial_classification",
    )
    said = classifier.predict(flowers.X_new)
    assert found.metrics["f1"] == pytest.approx(metrics.f1_score(flowers.y_new, said, average="weighted"))
    sure = classifier.predict_proba(flowers.X_new)
    assert found.metrics["auc"] == pytest.approx(metrics.roc_auc_score(flowers.y_new, sure, multi_class="ovr"))
    assert found.training is not None
    assert found.training["accuracy"] == pytest.approx(classifier.score(flowers.X, flowers.y))
    ideal = {"accuracy": 1, "hamming_loss": 0, "precision": 1, "recall": 1, "f1": 1, "auc": 1}
    assert found.perfect == pytest.approx(ideal)
    assert found.labels == ("Bristle-pointed", "versicolor", "virginica")
    assert found.confusion == tuple(map(tuple, metrics.confusion_matrix(flowers.y_new, said).tolist()))
    table = found.to_dataframe()
    assert (list(table.columns), list(table.index)) == (["test", "training", "perfect"], list(found.metrics))


def test_quantities_have_the_numbers_of_how_far_they_are_off(tmp_path: Path) -> None:
    X, y = load_diabetes(return_X_y=True, as_frame=True)  # noqa: N806
    regressor = LinearRegression().fit(X, y)
    model = SklearnModel(regressor, str(tmp_path)).prepare(X_sample=X, use_case_type="regression")
    found, said = model.evaluate(X, y), regressor.predict(X)
    assert found.metrics["r2"] == pytest.approx(regressor.score(X, y))
    assert found.metrics["rmse"] == pytest.approx(metrics.mean_squared_error(y, said) ** 0.5)
    assert found.metrics["max_error"] == pytest.approx(metrics.max_error(y, said))
    assert found.perfect is not None
    assert (found.perfect["r2"], found.perfect["mae"]) == (1, 0)
    assert (found.labels, found.confusion) == ((), ())
    again = GenericModel.from_model_artifact(str(tmp_path), artifact_dir=str(tmp_path))
    assert again.evaluate(X, y, use_case_type="regression").metrics == pytest.approx(found.metrics)
    known = GenericModel().evaluate(None, y, y_pred=said, use_case_type="regression")
    assert known.metrics == found.metrics


def test_an_estimator_that_says_how_sure_it_is_is_taken_at_its_surest(flowers: Any, pair: Any) -> None:
    classifier = LGBMClassifier(n_estimators=5, verbose=-1).fit(flowers.X.to_numpy(), flowers.y)
    classes = list(classifier.classes_)
    several = LightGBMModel(classifier.booster_).evaluate(
        flowers.X_new, flowers.y_new, classes=classes, use_case_type="multinomial_classification"
    )
    said = classifier.predict(flowers.X_new.to_numpy())
    assert several.metrics["accuracy"] == pytest.approx(metrics.accuracy_score(flowers.y_new, said))
    assert several.metrics["auc"] > 0.9
    two = LGBMClassifier(n_estimators=5, verbose=-1).fit(pair.X.to_numpy(), pair.y)
    found = LightGBMModel(two.booster_).evaluate(pair.X_new, pair.y_new, use_case_type="binary_classification")
    assert found.metrics["accuracy"] == pytest.approx(two.score(pair.X_new.to_numpy(), pair.y_new))


def test_an_estimator_that_does_not_say_how_sure_it_is_has_no_auc(pair: Any) -> None:
    model = SklearnModel(LinearSVC().fit(pair.X, pair.y))
    assert "auc" not in model.evaluate(pair.X_new, pair.y_new, use_case_type="binary_classification").metrics
    scores = np.linspace(0, 1, len(pair.y_new))
    found = model.evaluate(pair.X_new, pair.y_new, y_score=scores, use_case_type="binary_classification")
    assert found.metrics["auc"] == pytest.approx(metrics.roc_auc_score(pair.y_new == "virginica", scores))


def test_an_evaluation_is_written_as_a_page_and_shown_in_a_notebook(tmp_path: Path) -> None:
    page = tmp_path / "reports" / "page.html"
    found = GenericModel().evaluate(
        None,
        [0, 1, 1],
        y_pred=[0, 1, 0],
        legend_labels={1: "<yes>"},
        filename=str(page),
        use_case_type="binary_classification",
    )
    assert page.read_text("utf-8") == found.to_html()
    assert "&lt;yes&gt;" in found.to_html()
    assert "0.6667" in found._repr_html_()
    assert found.to_dict()["confusion"] == [[1, 0], [1, 1]]


BINARY: Any = {"y": [0, 1], "y_pred": [0, 1], "use_case_type": "binary_classification"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"use_case_type": None}, "use_case_type is None; there are numbers for regression"),
        ({"use_case_type": "clustering"}, "use_case_type is 'clustering'"),
        ({"y_pred": None}, "pass X, or the predictions"),
        ({"y": []}, "y is .*one value for each row"),
        ({"y_pred": [0]}, "There are 1 predictions for 2 rows"),
        ({"y_pred": [0, 2]}, "A prediction is 2; the classes are 0, 1"),
        ({"y_pred": [[0.1, 0.2, 0.7]] * 2}, r"of shape \(2, 3\); there are 2 classes"),
        ({"y_score": [0.5]}, "There are 1 scores for 2 rows"),
        ({"classes": [0, 2]}, "classes has no 1"),
        ({"positive_class": "yes"}, "positive_class is 'yes'; the classes are 0, 1"),
        ({"y_train": [1]}, "X_train and y_train go together"),
        (
            {"y": [0, 1, 2], "y_pred": [0, 1, 2], "y_score": [[1, 1, 1]] * 3, "use_case_type": "image_classification"},
            "y_score is a row of 3 probabilities",
        ),
    ],
)
def test_what_cannot_be_evaluated_says_why(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        GenericModel().evaluate(None, **{**BINARY, **change})


def test_a_model_without_a_prediction_to_compare_is_refused(tmp_path: Path) -> None:
    (tmp_path / "score.py").write_text(
        "def load_model():\n    pass\ndef predict(data, model=None):\n    return {'x': 1}\n"
    )
    (tmp_path / "runtime.yaml").write_text("MODEL_ARTIFACT_VERSION: '3.0'\n")
    model = GenericModel.from_model_artifact(str(tmp_path), artifact_dir=str(tmp_path))
    with pytest.raises(ValueError, match="answers x and no prediction"):
        model.evaluate([1], [1], use_case_type="regression")


def test_an_evaluation_is_a_record() -> None:
    made = Evaluation(use_case_type="regression", metrics={"mae": 0.5})
    with pytest.raises(AttributeError):
        made.metrics = {}  # type: ignore[misc]
    assert made.to_dict() == {"use_case_type": "regression", "metrics": {"mae": 0.5}}
