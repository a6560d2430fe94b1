"""What predict is given and what it returns."""

from __future__ import annotations

import datetime as dt
import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.serving import codec

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def without_non_finite(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [without_non_finite(item) for item in value]
    if isinstance(value, dict):
        return {key: without_non_finite(item) for key, item in value.items()}
    return value


@given(values)
def test_what_json_can_say_comes_back_and_nan_is_null(value: object) -> None:
    assert json.loads(codec.encode(value)) == without_non_finite(value)


@pytest.mark.parametrize(
    "content_type",
    [b"application/json", b"application/json; charset=utf-8", b"Application/JSON", b"application/vnd.x+json", b""],
)
def test_json_is_parsed(content_type: bytes) -> None:
    assert codec.decode(content_type, b'{"data": [1]}') == {"data": [1]}


def test_other_types_pass_as_bytes() -> None:
    assert codec.decode(b"text/csv", b"1,2\n") == b"1,2\n"


@pytest.mark.parametrize("body", [b"{", b"", b"\xff\xfe\xff", b"nope", b"[" * 200_000])
def test_bad_json_says_so(body: bytes) -> None:
    with pytest.raises(codec.CannotParse, match="body"):
        codec.decode(b"application/json", body)


def test_what_pandas_has_missing_is_null() -> None:
    table = pd.DataFrame({"n": pd.array([1, None], dtype="Int64"), "t": pd.to_datetime(["2024-01-01", None])})
    result = {"rows": table.to_numpy(), "n": table["n"], "t": [pd.NaT, pd.NA], "of none": float("nan")}
    assert json.loads(codec.encode(result)) == {
        "rows": [[1, "2024-01-01T00:00:00"], [None, None]],
        "n": [1, None],
        "t": [None, None],
        "of none": None,
    }


def test_numpy_and_pandas_become_lists_and_numbers() -> None:
    result = {
        "array": np.array([[1, 2]]),
        "scalar": np.float32(0.5),
        "flag": np.bool_(True),
        "series": pd.Series([1.5, float("nan")]),
        np.int64(7): np.array([np.inf]),
        "when": dt.date(2024, 2, 29),
        "tuple": (1, 2),
    }
    assert json.loads(codec.encode(result)) == {
        "array": [[1, 2]],
        "scalar": 0.5,
        "flag": True,
        "series": [1.5, None],
        "7": [None],
        "when": "2024-02-29",
        "tuple": [1, 2],
    }


def test_what_json_cannot_say_is_named_with_its_place() -> None:
    with pytest.raises(codec.CannotWrite, match=r"The result\['rows'\]\[1\] is of type builtins\.set"):
        codec.encode({"rows": [1, {2}]})
    with pytest.raises(codec.CannotWrite, match="key"):
        codec.encode({(1, 2): 3})


def test_what_contains_itself_says_so() -> None:
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(codec.CannotWrite, match="contains itself"):
        codec.encode(endless)


def test_lone_surrogates_are_escaped() -> None:
    assert json.loads(codec.encode("a\ud800")) == "a\ud800"
