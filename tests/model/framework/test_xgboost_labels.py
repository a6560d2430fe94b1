"""Classifiers of XGBoost, plain and in others: the endpoint answers the labels that the estimator does."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, StandardScaler
from xgboost import XGBClassifier

from modelyard.errors import ArtifactError
from modelyard.model.framework.sklearn_model import SklearnModel
from modelyard.model.framework.xgboost_model import XGBoostModel

pytestmark = pytest.mark.usefixtures("nowhere")

FLOWERS = load_iris(as_frame=True)
TUMOURS = load_breast_cancer(as_frame=True)
NAMES = FLOWERS.target_names[FLOWERS.target]


def xgb(**options: Any) -> XGBClassifier:
    return XGBClassifier(n_estimators=3, max_depth=2, **options)


class Named(XGBClassifier):
    """What people write who want labels of their own."""

    def fit(self, rows: Any, labels: Any, **options: Any) -> Any:
        self.encoder_ = LabelEncoder().fit(labels)
        return super().fit(rows, self.encoder_.transform(labels), **options)

    def predict(self, rows: Any, **options: Any) -> Any:
        return self.encoder_.inverse_transform(super().predict(rows, **options).astype(int))


@pytest.fixture(autouse=True)
def _by_value() -> None:
    cloudpickle.register_pickle_by_value(sys.modules[__name__])  # no worker can import this module


def check(model: Any, data: Any, *, as_onnx: bool) -> None:
    rows = data.data[::6]
    expected = model.estimator.predict(rows).tolist()
    answered = model.prepare(X_sample=data.data[:5], as_onnx=as_onnx).verify(rows, auto_serialize_data=True)[
        "prediction"
    ]
    assert answered == expected
    assert {type(each) for each in answered} == {type(each) for each in expected}


@pytest.mark.parametrize("as_onnx", [False, True])
@pytest.mark.parametrize("dtype", ["bool", "float64", "int8"])
def test_two_labels_of_any_type_are_answered_as_the_estimator_does(tmp_path: Path, dtype: str, as_onnx: bool) -> None:
    estimator = xgb().fit(TUMOURS.data, TUMOURS.target.astype(dtype))
    check(XGBoostModel(estimator, artifact_dir=str(tmp_path / "a")), TUMOURS, as_onnx=as_onnx)


@pytest.mark.parametrize("as_onnx", [False, True])
def test_labels_of_a_softmax_are_answered_as_the_estimator_does(tmp_path: Path, as_onnx: bool) -> None:
    estimator = xgb(objective="multi:softmax").fit(FLOWERS.data, FLOWERS.target)
    check(XGBoostModel(estimator, artifact_dir=str(tmp_path / "a")), FLOWERS, as_onnx=as_onnx)


WRAPPED: dict[str, Callable[[], Any]] = {
    "stack of names": lambda: StackingClassifier([("a", xgb())], LogisticRegression()).fit(FLOWERS.data, NAMES),
    "one against the rest": lambda: OneVsRestClassifier(xgb()).fit(FLOWERS.data, NAMES),
    "grid": lambda: GridSearchCV(xgb(), {"max_depth": [1]}, cv=2).fit(FLOWERS.data, FLOWERS.target),
    "pipeline": lambda: make_pipeline(StandardScaler(), xgb()).fit(FLOWERS.data, FLOWERS.target),
}


@pytest.mark.parametrize("as_onnx", [False, True])
@pytest.mark.parametrize("name", WRAPPED)
def test_labels_of_estimators_around_it_are_answered_as_they_do(tmp_path: Path, name: str, as_onnx: bool) -> None:
    check(SklearnModel(WRAPPED[name](), artifact_dir=str(tmp_path / "a")), FLOWERS, as_onnx=as_onnx)


def test_a_vote_on_names_is_answered_as_it_does(tmp_path: Path) -> None:
    estimator = VotingClassifier([("a", xgb()), ("b", xgb(learning_rate=0.1))]).fit(FLOWERS.data, NAMES)
    check(SklearnModel(estimator, artifact_dir=str(tmp_path / "a")), FLOWERS, as_onnx=False)


def test_a_class_of_ones_own_with_names_for_labels_keeps_them(tmp_path: Path) -> None:
    estimator = Named(n_estimators=3).fit(FLOWERS.data, NAMES)
    model = XGBoostModel(estimator, artifact_dir=str(tmp_path / "a"), model_save_serializer="cloudpickle")
    check(model, FLOWERS, as_onnx=False)
    with pytest.raises(ArtifactError, match="Named is not converted to ONNX"):
        XGBoostModel(estimator, artifact_dir=str(tmp_path / "b")).prepare(X_sample=FLOWERS.data[:5], as_onnx=True)


def test_several_labels_a_row_are_answered_and_not_converted(tmp_path: Path) -> None:
    estimator = xgb().fit(TUMOURS.data, np.stack([TUMOURS.target, 1 - TUMOURS.target], axis=1))
    model = XGBoostModel(estimator, artifact_dir=str(tmp_path / "a")).prepare()
    rows = TUMOURS.data[:9]
    assert model.verify(rows, auto_serialize_data=True)["prediction"] == estimator.predict(rows).tolist()
    with pytest.raises(ArtifactError, match="not converted"):
        XGBoostModel(estimator, artifact_dir=str(tmp_path / "b")).prepare(X_sample=rows, as_onnx=True)
