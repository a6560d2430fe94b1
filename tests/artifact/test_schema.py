"""Schemas: dtype, kind, order and statistics of each column, as JSON that is the same every time."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from modelyard.artifact import schema


def _columns(sample: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(schema.describe(sample).schema.to_json())["schema"]
    return found


def test_a_column_of_numbers_has_its_statistics() -> None:
    (column,) = _columns(pd.DataFrame({"x": [1.0, 2.0, 3.0, None]}))
    assert {key: column[key] for key in ("dtype", "feature_type", "name", "order", "required", "description")} == {
        "dtype": "float64",
        "feature_type": "Continuous",
        "name": "x",
        "order": 0,
        "required": False,
        "description": "x",
    }
    stats = column["domain"]["stats"]
    assert (stats["count"], stats["mean"], stats["median"], stats["missing"]) == (3, 2.0, 2.0, 1)
    assert set(stats) == {
        "count",
        "mean",
        "standard deviation",
        "sample minimum",
        "lower quartile",
        "median",
        "upper quartile",
        "sample maximum",
        "skew",
        "missing",
    }


def test_every_kind_of_column_is_told_by_its_name() -> None:
    frame = pd.DataFrame(
        {
            "i": [1, 2],
            "f": [0.5, 1],
            "b": [True, False],
            "s": ["a", "b"],
            "c": pd.Categorical(["x", "y"]),
            "t": pd.to_datetime(["2024-01-01", "2024-01-02"]),
            "z": pd.to_datetime(["2024-01-01", "2024-01-02"]).tz_localize("UTC"),
            "o": [[1], {2}],
            "n": pd.array([1, None], dtype="Int64"),
            "d": pd.to_timedelta(["1s", "2s"]),
            "e": [None, None],
        }
    )
    kinds = [column["feature_type"] for column in _columns(frame)]
    assert kinds[:7] == ["Integer", "Continuous", "Boolean", "String", "Category", "DateTime", "DateTime"]
    assert kinds[7:] == ["Object", "Integer", "Object", "Object"]


def test_times_are_told_as_text() -> None:
    (column,) = _columns(pd.DataFrame({"t": pd.to_datetime(["2024-01-02", "2024-01-01"])}))
    assert column["domain"]["stats"]["sample minimum"] == "2024-01-01T00:00:00"


def test_categories_and_booleans_are_constrained() -> None:
    first, second, third = _columns(
        pd.DataFrame(
            {"c": pd.Categorical(["b", "a"]), "b": [True, True], "many": pd.Categorical(["a", "a"], list("ab"))}
        )
    )
    assert first["domain"]["constraints"] == [{"expression": "$x in ['a', 'b']", "language": "python"}]
    assert second["domain"]["constraints"][0]["expression"] == "$x in [True]"
    assert third["domain"]["stats"] == {"count": 2, "unique": 1}


@pytest.mark.parametrize(
    ("sample", "names"),
    [
        (np.zeros((2, 3)), [0, 1, 2]),
        (np.zeros(2), [0]),
        ([[1, "a"], [2, "b"]], [0, 1]),
        (([1, 2], [3, 4]), [0, 1]),
        ([1, 2], [0]),
        ({"a": [1, 2], "b": [3, 4]}, ["a", "b"]),
        ({"a": 1, "b": "x"}, ["a", "b"]),
        (pd.Series([1, 2], name="s"), ["s"]),
        (pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])), ["('a', 'b')"]),
    ],
)
def test_samples_of_every_type_have_columns(sample: object, names: list[object]) -> None:
    assert [column["name"] for column in _columns(sample)] == names


@pytest.mark.parametrize("sample", ["text", 5, None, [], {}, {"a": [1], "b": [1, 2]}])
def test_what_has_no_columns_gets_an_empty_schema_and_a_word(sample: object) -> None:
    described = schema.describe(sample)
    assert described.schema.attributes == ()
    assert "No schema" in described.warnings[0]


def test_an_array_of_more_dimensions_is_described_as_one() -> None:
    (whole,) = _columns(np.zeros((5, 8, 3), dtype="float32"))
    assert (whole["dtype"], whole["feature_type"], whole["name"]) == ("float32", "Tensor", "input")
    assert whole["domain"]["stats"] == {"count": 5, "shape": [8, 3]}


def test_too_many_columns_are_said() -> None:
    described = schema.describe(np.zeros((1, 11)), max_columns=10)
    assert described.schema.attributes == ()
    assert "max_col_num=10" in described.warnings[0]


def test_a_large_schema_does_not_fit_the_wire() -> None:
    assert schema.describe(np.zeros((1, 3))).schema.fits_wire()
    assert not schema.describe(np.zeros((1, 500))).schema.fits_wire()


def test_infinities_and_empty_columns_are_json_too() -> None:
    text = schema.describe(pd.DataFrame({"x": [np.inf, 1.0], "y": [np.nan, np.nan]})).schema.to_json()
    assert "Infinity" not in text
    assert json.loads(schema.describe(pd.DataFrame({"x": []})).schema.to_json())["schema"][0]["name"] == "x"


def test_columns_in_levels_have_names_that_do_not_tell_of_numpy() -> None:
    levels = pd.MultiIndex.from_tuples([("a", 1), ("b", 2)])
    assert [each["name"] for each in _columns(pd.DataFrame([[1, 2]], columns=levels))] == ["('a', 1)", "('b', 2)"]
