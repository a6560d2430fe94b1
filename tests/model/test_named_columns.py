"""Rows and columns that are sent by their names, as JSON has them, to models that were trained on tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from modelyard.model.framework.lightgbm_model import LightGBMModel
from modelyard.model.framework.sklearn_model import SklearnModel
from modelyard.model.framework.xgboost_model import XGBoostModel


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Columns of which each matters, and whose order is not that of their names."""
    numbers = [float(each * 37 % 101) for each in range(120)]
    return pd.DataFrame(
        {"z": numbers, "a": [each % 7 for each in range(120)], "m n": [each**0.5 for each in range(120)]}
    )


def target(table: pd.DataFrame) -> pd.Series:
    return table["z"] * 100 + table["a"] - table["m n"]


def sklearn(table: pd.DataFrame) -> Any:
    from sklearn.tree import DecisionTreeRegressor

    return SklearnModel(DecisionTreeRegressor(random_state=0).fit(table, target(table)))


def sklearn_onnx(table: pd.DataFrame) -> Any:
    from sklearn.linear_model import LinearRegression

    return SklearnModel(LinearRegression().fit(table, target(table)), as_onnx=True)


def lightgbm(table: pd.DataFrame) -> Any:
    from lightgbm import LGBMRegressor

    return LightGBMModel(LGBMRegressor(n_estimators=5, min_child_samples=2, verbose=-1).fit(table, target(table)))


def booster(table: pd.DataFrame) -> Any:
    import lightgbm

    data = lightgbm.Dataset(table, target(table))
    return LightGBMModel(lightgbm.train({"verbose": -1, "min_data_in_leaf": 2}, data, num_boost_round=5))


def xgboost(table: pd.DataFrame) -> Any:
    from xgboost import XGBRegressor

    return XGBoostModel(XGBRegressor(n_estimators=5).fit(table, target(table)))


def by_names(rows: pd.DataFrame) -> dict[str, Any]:
    """The same rows in every way that names columns, with the columns in another order."""
    other = rows[["a", "m n", "z"]]
    return {
        "records": other.to_dict("records"),
        "columns": other.to_dict("list"),
        "columns by index": json.loads(other.to_json()),
        "records in data": {"data": other.to_dict("records")},
        "columns in data": {"data": other.to_dict("list")},
        "text of columns": {"data": other.to_json(), "data_type": "<class 'pandas.core.frame.DataFrame'>"},
        "text of records": {"data": other.to_json(orient="records"), "data_type": "<class 'pandas.DataFrame'>"},
    }


@pytest.mark.parametrize(
    ("make", "has_schema"),
    [(sklearn, True), (sklearn, False), (sklearn_onnx, True), (lightgbm, False), (booster, True), (xgboost, False)],
)
def test_rows_by_name_are_answered_as_the_table_that_they_are(
    nowhere: Path, table: pd.DataFrame, make: Callable[[Any], Any], has_schema: bool
) -> None:
    model = make(table)
    model.prepare(X_sample=table[:20] if has_schema else None)
    rows = table[50:60]
    expected = pytest.approx(list(model.estimator.predict(rows)), rel=1e-3)
    assert model.verify(rows, auto_serialize_data=True)["prediction"] == expected
    for name, sent in by_names(rows).items():
        assert model.verify(sent, auto_serialize_data=False)["prediction"] == expected, name
        if "data" not in sent:
            assert model.verify(sent, auto_serialize_data=True)["prediction"] == expected, name


def test_one_row_by_name_is_a_table_of_one(nowhere: Path, table: pd.DataFrame) -> None:
    model = sklearn(table).prepare()
    (row,) = table[5:6].to_dict("records")
    for sent in (row, [row], dict(sorted(row.items()))):
        assert model.verify(sent)["prediction"] == list(model.estimator.predict(table[5:6]))


def test_missing_values_and_dtypes_of_records_are_those_of_the_schema(nowhere: Path) -> None:
    from lightgbm import LGBMClassifier

    frame = pd.DataFrame({"kind": pd.Categorical(["a", "b"] * 40), "n": [1.5, 2.5] * 40})
    model = LightGBMModel(LGBMClassifier(n_estimators=3, min_child_samples=2, verbose=-1).fit(frame, [0, 1] * 40))
    model.prepare(X_sample=frame[:10])
    sent = [{"n": None, "kind": "b"}, {"kind": "a", "n": 1}]
    rows = pd.DataFrame({"kind": pd.Categorical(["b", "a"], categories=["a", "b"]), "n": [None, 1.0]})
    assert model.verify(sent)["prediction"] == model.estimator.predict(rows).tolist() == [1, 0]


def test_a_table_in_an_order_that_the_caller_chose_stays_in_it(nowhere: Path, table: pd.DataFrame) -> None:
    model = sklearn(table).prepare(X_sample=table[:5])
    with pytest.raises(Exception, match="same order"):  # as the estimator itself says
        model.verify(table[["a", "m n", "z"]], auto_serialize_data=True)


def test_a_column_that_is_missing_or_unknown_is_named(nowhere: Path, table: pd.DataFrame) -> None:
    model = sklearn(table).prepare(X_sample=table[:5])
    with pytest.raises(Exception, match="m n"):
        model.verify([{"z": 1, "a": 2}])
    with pytest.raises(Exception, match="colour"):
        model.verify([{"z": 1, "a": 2, "m n": 3, "colour": 4}])


def test_rows_by_name_are_answered_by_an_endpoint(at_service: Any, table: pd.DataFrame) -> None:
    model = sklearn(table).prepare(X_sample=table[:5])
    model.save()
    model.deploy()
    try:
        expected = model.estimator.predict(table[:5]).tolist()
        for name, sent in by_names(table[:5]).items():
            if "data" not in sent:
                assert model.predict(sent)["prediction"] == expected, name
            raw = model.model_deployment.ask(json.dumps(sent).encode(), content_type="application/json")
            assert raw.value["prediction"] == expected, name
    finally:
        model.delete_deployment(wait_for_completion=False)


@pytest.mark.parametrize("has_sample", [True, False])
def test_an_estimator_that_reads_rows_by_names_is_given_them(tmp_path: Path, has_sample: bool) -> None:
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    rows = [{"city": "Oslo", "age": 3}, {"city": "Rome"}, {"city": "Oslo", "age": 40}, {"city": "Rome", "age": 1}]
    estimator = make_pipeline(DictVectorizer(), LogisticRegression()).fit(rows, [0, 1, 0, 1])
    model = SklearnModel(estimator, artifact_dir=str(tmp_path / "artifact"))
    model.prepare(X_sample=rows if has_sample else None)
    assert model.verify(rows)["prediction"] == estimator.predict(rows).tolist()
