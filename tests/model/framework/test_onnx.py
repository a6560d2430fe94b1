"""Models as ONNX: the answers of the original, in its own form; and what cannot be converted says why."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost
from onnxmltools.convert.common import data_types as onnxmltools_types
from skl2onnx.common import data_types as skl2onnx_types
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingClassifier,
)
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from modelyard.errors import ArtifactError, UsageError
from modelyard.model.framework.lightgbm_model import LightGBMModel
from modelyard.model.framework.sklearn_model import SklearnModel
from modelyard.model.framework.xgboost_model import XGBoostModel

LGBM = {"n_estimators": 8, "verbose": -1, "n_jobs": 1}
XGB = {"n_estimators": 8, "n_jobs": 1}
GROUPS = [100] * 5 + [69]


def of_table(mixed: pd.DataFrame, target: Any, final: Any) -> Any:
    columns = ColumnTransformer(
        [
            ("n", StandardScaler(), ["age", "body mass (kg/m²)", "bp"]),
            ("w", OneHotEncoder(handle_unknown="ignore"), ["sex", "ward"]),
        ]
    )
    return make_pipeline(columns, final).fit(mixed, target)


Maker = Callable[[Any, Any, Any, Any], tuple[Any, Any, Any]]


def _high(patients: Any) -> Any:
    return np.where(patients.target > patients.target.mean(), "high", "low")


def _matrix_answer(booster: xgboost.Booster, data: Any) -> Any:
    return booster.predict(xgboost.DMatrix(data.features))


def _xgb(objective: str, data: Any, **more: Any) -> xgboost.Booster:
    return xgboost.train({"objective": objective, **more}, xgboost.DMatrix(data.features, data.target), 8)


def _lgb(objective: str, data: Any, **more: Any) -> lightgbm.Booster:
    told = {"objective": objective, "verbose": -1, "num_threads": 1, **more}
    return lightgbm.train(told, lightgbm.Dataset(data.features, data.target), 8)


def _voters() -> list[tuple[str, Any]]:
    return [("none", "drop"), ("line", LogisticRegression(max_iter=300)), ("tree", DecisionTreeClassifier(max_depth=2))]


# name: from flowers, tumours, patients and the mixed table the class, the estimator and what it is to be sent
MODELS: dict[str, tuple[type, Maker]] = {
    "words": (
        SklearnModel,
        lambda f, t, p, m: (make_pipeline(StandardScaler(), LogisticRegression()).fit(f.features, f.words), f, None),
    ),
    "forest": (
        SklearnModel,
        lambda f, t, p, m: (RandomForestClassifier(5, random_state=0).fit(f.features, f.target), f, None),
    ),
    "histograms": (
        SklearnModel,
        lambda f, t, p, m: (
            make_pipeline(StandardScaler(), HistGradientBoostingClassifier(max_iter=5)).fit(t.features, t.words),
            t,
            None,
        ),
    ),
    "votes": (
        SklearnModel,
        lambda f, t, p, m: (VotingClassifier(_voters(), weights=[9, 1, 3]).fit(f.features, f.words), f, None),
    ),
    "votes that are added up": (
        SklearnModel,
        lambda f, t, p, m: (
            make_pipeline(StandardScaler(), VotingClassifier(_voters(), voting="soft")).fit(f.features, f.target),
            f,
            None,
        ),
    ),
    "numbers": (
        SklearnModel,
        lambda f, t, p, m: (RandomForestRegressor(5, random_state=0).fit(p.features, p.target), p, None),
    ),
    "line": (SklearnModel, lambda f, t, p, m: (LinearRegression().fit(p.features, p.target), p, None)),
    "two lines": (
        SklearnModel,
        lambda f, t, p, m: (LinearRegression().fit(p.features, np.c_[p.target, -p.target]), p, None),
    ),
    "clusters": (SklearnModel, lambda f, t, p, m: (KMeans(3, n_init=1, random_state=0).fit(f.features), f, None)),
    "table": (SklearnModel, lambda f, t, p, m: (of_table(m, _high(p), LogisticRegression()), m, None)),
    "table with lightgbm": (
        SklearnModel,
        lambda f, t, p, m: (of_table(m, _high(p), lightgbm.LGBMClassifier(**LGBM)), m, None),
    ),
    "table with xgboost": (
        SklearnModel,
        lambda f, t, p, m: (of_table(m, _high(p) == "high", xgboost.XGBClassifier(**XGB)), m, None),
    ),
    "lgbm words": (
        LightGBMModel,
        lambda f, t, p, m: (lightgbm.LGBMClassifier(**LGBM).fit(f.features, f.words), f, None),
    ),
    "lgbm two labels": (
        LightGBMModel,
        lambda f, t, p, m: (lightgbm.LGBMClassifier(**LGBM).fit(t.features, t.target), t, None),
    ),
    "lgbm numbers": (
        LightGBMModel,
        lambda f, t, p, m: (lightgbm.LGBMRegressor(**LGBM).fit(p.features, p.target), p, None),
    ),
    "lgbm ranks": (
        LightGBMModel,
        lambda f, t, p, m: (lightgbm.LGBMRanker(**LGBM).fit(t.features, t.target, group=GROUPS), t, None),
    ),
    "lgbm booster of two": (LightGBMModel, lambda f, t, p, m: (_lgb("binary", t), t, None)),
    "lgbm booster of three": (LightGBMModel, lambda f, t, p, m: (_lgb("multiclass", f, num_class=3), f, None)),
    "lgbm booster of numbers": (LightGBMModel, lambda f, t, p, m: (_lgb("regression", p), p, None)),
    "xgb labels": (
        XGBoostModel,
        lambda f, t, p, m: (xgboost.XGBClassifier(**XGB).fit(f.features, f.target), f, None),
    ),
    "xgb two labels": (
        XGBoostModel,
        lambda f, t, p, m: (xgboost.XGBClassifier(**XGB).fit(t.features.to_numpy(), t.target), t, None),
    ),
    "xgb numbers": (
        XGBoostModel,
        lambda f, t, p, m: (xgboost.XGBRegressor(**XGB).fit(p.features, p.target), p, None),
    ),
    "xgb ranks": (
        XGBoostModel,
        lambda f, t, p, m: (xgboost.XGBRanker(**XGB).fit(t.features, t.target, group=GROUPS), t, None),
    ),
    "xgb booster of two": (XGBoostModel, lambda f, t, p, m: (_xgb("binary:logistic", t), t, _matrix_answer)),
    "xgb booster of three": (
        XGBoostModel,
        lambda f, t, p, m: (_xgb("multi:softprob", f, num_class=3), f, _matrix_answer),
    ),
    "xgb booster of labels": (
        XGBoostModel,
        lambda f, t, p, m: (_xgb("multi:softmax", f, num_class=3), f, _matrix_answer),
    ),
    "xgb booster of numbers": (
        XGBoostModel,
        lambda f, t, p, m: (_xgb("reg:squarederror", p), p, _matrix_answer),
    ),
}


@pytest.fixture(scope="module")
def prepared(
    flowers: Any, tumours: Any, patients: Any, mixed: Any, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Any, Any, Any]]:
    """Every model of the table as an ONNX artifact: the model, its input, and the original's own answer."""
    made = {}
    for name, (kind, make) in MODELS.items():
        estimator, data, own = make(flowers, tumours, patients, mixed)
        features = getattr(data, "features", data)
        expected = own(estimator, data) if own is not None else None
        if expected is None:
            plain = features.to_numpy() if name == "xgb two labels" else features
            expected = estimator.predict(plain)
        folder = str(tmp_path_factory.mktemp("artifact"))
        made[name] = (kind(estimator, artifact_dir=folder).prepare(as_onnx=True, X_sample=features), features, expected)
    return made


@pytest.fixture(scope="module")
def answers(prepared: Any, ask: Any) -> dict[str, Any]:
    """What the artifacts answer, asked with a table, an array and a list of rows."""
    forms: dict[str, Callable[[Any], Any]] = {
        "table": lambda frame: frame,
        "table the other way round": lambda frame: frame[frame.columns[::-1]],
        "array": lambda frame: frame.to_numpy() if frame.to_numpy().dtype == float else frame.to_dict("list"),
        "rows": lambda frame: frame.to_numpy().tolist(),
        "columns": lambda frame: frame.to_dict("list"),
    }
    asked = {
        f"{name}/{form}": (Path(model.artifact_dir), make(data))
        for name, (model, data, _) in prepared.items()
        for form, make in forms.items()
    }
    found: dict[str, Any] = ask(asked)
    return found


@pytest.mark.parametrize("name", MODELS)
def test_the_onnx_artifact_answers_as_the_original_does(name: str, prepared: Any, answers: Any) -> None:
    model, data, expected = prepared[name]
    assert model.model_file_name == "model.onnx"
    assert len(data) >= 100
    given = {label: answer for label, answer in answers.items() if label.partition("/")[0] == name}
    assert len(given) == 5
    for label, answer in given.items():
        assert np.shape(answer) == expected.shape, (label, answer)
        if expected.dtype.kind == "f":
            np.testing.assert_allclose(answer, expected, rtol=1e-5, atol=1e-5, err_msg=label)
        else:
            assert answer == expected.tolist(), label


def test_the_difference_is_told_in_the_metadata(prepared: Any) -> None:
    labels, numbers = (prepared[name][0].metadata_custom["OnnxDifference"].value for name in ("words", "lgbm numbers"))
    assert labels == "0 of 150 answers differ from the original's"
    assert str(numbers).startswith("on 442 rows numbers differ from the original's by at most ")


def test_the_example_is_answered_as_it_is_to_be(prepared: Any) -> None:
    model, data, _ = prepared["numbers"]
    assert len(model.verify()["prediction"]) == 5
    expected = json.loads((Path(model.artifact_dir) / "expected_output.json").read_text())
    assert model.verify(data.head(5)) == expected


@pytest.mark.parametrize("types", [skl2onnx_types, onnxmltools_types])
@pytest.mark.parametrize("kind", ["classifier", "booster"])
def test_initial_types_of_either_library_will_do(types: Any, kind: str, flowers: Any, tmp_path: Path) -> None:
    made = (
        _lgb("multiclass", flowers, num_class=3)
        if kind == "booster"
        else lightgbm.LGBMClassifier(**LGBM).fit(flowers.features, flowers.target)
    )
    model = LightGBMModel(made, artifact_dir=str(tmp_path / "a"))
    described = [("flower", types.FloatTensorType([None, 4]))]
    with pytest.warns(UserWarning, match="pass X_sample to have its answers compared"):
        model.prepare(as_onnx=True, initial_types=described)
    answer = model.verify(flowers.features)["prediction"]
    np.testing.assert_allclose(answer, made.predict(flowers.features), atol=1e-5)


def test_missing_values_are_filled_in_where_told(patients: Any, tmp_path: Path, ask: Any) -> None:
    features = patients.features[["age", "bmi"]].copy()
    made = LinearRegression().fit(features, patients.target)
    features.loc[3, "bmi"] = np.nan
    model = SklearnModel(made, artifact_dir=str(tmp_path / "a"))
    model.prepare(as_onnx=True, X_sample=features, impute_values={"bmi": 0.5})
    filled = made.predict(features.fillna({"bmi": 0.5}))
    asked = {"table": (model.artifact_dir, features), "array": (model.artifact_dir, features.to_numpy())}
    for answer in ask(asked).values():
        np.testing.assert_allclose(answer, filled)


def test_the_serializers_name_asks_for_it_too(flowers: Any, tmp_path: Path) -> None:
    made = LogisticRegression(max_iter=300).fit(flowers.features, flowers.target)
    model = SklearnModel(made, artifact_dir=str(tmp_path / "a"), model_save_serializer="sklearn_onnx")
    model.prepare(X_sample=flowers.features)
    assert model.model_file_name == "model.onnx"


# ── what cannot be converted ─────────────────────────────────────────────────────────────────────────────────────────


class Doubled(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """A step that no converter knows."""

    def fit(self, features: Any, target: Any = None) -> Doubled:
        self.fitted_ = True
        return self

    def transform(self, features: Any) -> Any:
        return features * 2


def test_without_a_sample_it_is_said_what_to_give(flowers: Any, tmp_path: Path) -> None:
    model = SklearnModel(LogisticRegression(max_iter=300).fit(flowers.features, flowers.target), str(tmp_path / "a"))
    with pytest.raises(UsageError, match="pass X_sample with some rows of its input, or initial_types"):
        model.prepare(as_onnx=True)
    assert not (tmp_path / "a").exists()


def test_a_step_that_no_converter_knows_is_named(flowers: Any, tmp_path: Path) -> None:
    made = make_pipeline(Doubled(), LogisticRegression(max_iter=300)).fit(flowers.features, flowers.target)
    with pytest.raises(ArtifactError, match=r"(?s)not converted to ONNX.*Doubled"):
        SklearnModel(made, str(tmp_path / "a")).prepare(as_onnx=True, X_sample=flowers.features)
    assert not (tmp_path / "a").exists()


def test_a_column_that_onnx_has_no_type_for_is_named(patients: Any, tmp_path: Path) -> None:
    features = patients.features[["age"]].assign(seen=pd.Timestamp("2020-01-01"))
    made = LinearRegression().fit(patients.features[["age"]], patients.target)
    with pytest.raises(ArtifactError, match=r"'seen' is of the type datetime64.*turn it into numbers or text"):
        SklearnModel(made, str(tmp_path / "a")).prepare(as_onnx=True, X_sample=features)


def test_a_conversion_that_answers_otherwise_is_not_written(flowers: Any, tmp_path: Path) -> None:
    made = xgboost.XGBRFClassifier(**XGB, random_state=0).fit(flowers.features, flowers.target)
    with pytest.raises(ArtifactError, match=r"answers differ from the original's\. Nothing was written"):
        XGBoostModel(made, str(tmp_path / "a")).prepare(as_onnx=True, X_sample=flowers.features)
    assert not (tmp_path / "a").exists()


def test_an_objective_that_is_not_converted_is_named(tumours: Any, tmp_path: Path) -> None:
    model = XGBoostModel(_xgb("binary:logitraw", tumours), str(tmp_path / "a"))
    with pytest.raises(ArtifactError, match="objective binary:logitraw"):
        model.prepare(as_onnx=True, X_sample=tumours.features)


@pytest.mark.parametrize("given", ["float", [("input", "float")], [1, 2]])
def test_initial_types_that_are_none_are_shown(given: Any, flowers: Any, tmp_path: Path) -> None:
    model = SklearnModel(LogisticRegression(max_iter=300).fit(flowers.features, flowers.target), str(tmp_path / "a"))
    with pytest.raises(UsageError, match="FloatTensorType"):
        model.prepare(as_onnx=True, initial_types=given)


@pytest.mark.parametrize("option", [{"initial_types": []}, {"impute_values": {}}])
def test_what_only_conversions_need_is_refused_without_one(option: Any, flowers: Any, tmp_path: Path) -> None:
    model = SklearnModel(LogisticRegression(max_iter=300).fit(flowers.features, flowers.target), str(tmp_path / "a"))
    with pytest.raises(UsageError, match="for a conversion to ONNX alone"):
        model.prepare(**option)


def test_a_missing_word_is_an_error_of_the_request(prepared: Any, ask: Any) -> None:
    model, data, _ = prepared["table"]
    broken = data.head(2).assign(ward=["ward 1", None])
    assert "A text is missing" in ask({"a": (model.artifact_dir, broken)})["a"]
