"""The example that an artifact carries."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.artifact import example
from modelyard.serving.codec import encode

ANSWERS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(ANSWERS)
def test_an_answer_is_as_expected_when_it_is_the_same(answer: object) -> None:
    assert example.difference(answer, json.loads(json.dumps(answer))) is None


@pytest.mark.parametrize(
    ("expected", "answer", "said"),
    [
        ({"prediction": [0, 1]}, {"prediction": [0, 2]}, "the answer['prediction'][1] is 2 instead of 1"),
        ({"prediction": [0.5]}, {"prediction": [0.51]}, "the answer['prediction'][0] is 0.51 instead of 0.5"),
        ({"prediction": [1]}, {"prediction": [True]}, "the answer['prediction'][0] is True instead of 1"),
        ({"prediction": ["a"]}, {"prediction": ["a", "b"]}, "the answer['prediction'] has 2 items instead of 1"),
        ({"prediction": []}, {"labels": []}, "the answer has the keys ['labels'] instead of ['prediction']"),
        ({"prediction": None}, {"prediction": 0}, "the answer['prediction'] is 0 instead of None"),
    ],
)
def test_the_place_of_a_difference_is_said(expected: object, answer: object, said: str) -> None:
    assert example.difference(expected, answer) == said


def test_the_last_digits_of_a_number_do_not_matter() -> None:
    assert example.difference([1.0, 0.0], [1.0 + 1e-9, 1e-12]) is None


@pytest.mark.parametrize(
    "sample", [list(range(9)), tuple(range(9)), np.arange(9), pd.Series(range(9)), pd.DataFrame({"a": range(9)})]
)
def test_an_example_has_the_first_rows_of_a_sample(sample: object) -> None:
    rows = example.first_rows(sample)
    assert type(rows) is type(sample)
    assert len(rows) == example.ROWS  # type: ignore[arg-type]


def test_what_has_no_rows_is_its_own_example() -> None:
    assert example.first_rows({"a": list(range(9))}) == {"a": list(range(9))}
    assert example.first_rows("text") == "text"


def test_what_cannot_travel_or_is_too_large_is_no_example() -> None:
    assert example.request_of(object()) is None
    assert example.request_of(np.zeros((5, 100_000))) is None


def test_numbers_that_json_lacks_are_null_in_an_answer() -> None:
    assert example.answer_of(np.array([1.5, np.nan, np.inf])) == '{"prediction": [1.5, null, null]}'
    assert example.answer_of(object()) is None


def test_an_artifact_without_an_example_has_none(tmp_path: Path) -> None:
    assert example.read_request(tmp_path) is None
    assert example.read_answer(tmp_path) is None
    (tmp_path / "expected_output.json").write_text("{")
    assert example.read_answer(tmp_path) is None


ZONED = pd.Timestamp("2024-01-01 00:00:00.123456789", tz="Europe/Berlin")


@pytest.mark.parametrize(
    "prediction",
    [
        [ZONED],
        [[1, ZONED]],
        [pd.Timedelta(days=1)],
        [pd.NaT, pd.NA],
        {True: 1, None: 2, 1.5: 3, np.int64(4): 5, dt.date(2024, 1, 1): 6},
    ],
)
def test_an_answer_is_expected_as_the_worker_writes_it(prediction: object) -> None:
    answer = json.loads(encode({"prediction": prediction}))
    assert example.difference(json.loads(example.answer_of(prediction) or ""), answer) is None
