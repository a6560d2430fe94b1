"""Data arrives as it was sent: values, dtypes, index, order of columns, missing values, times."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from modelyard.artifact import payload
from modelyard.errors import UsageError

Arrived = Callable[..., list[Any]]

FRAMES = {
    "floats": pd.DataFrame({"x": [1e-12, 0.1, -0.0, math.pi], "y": [math.inf, -math.inf, math.nan, 5e-324]}),
    "integers named like dates": pd.DataFrame({"date": [100_000_000, 2], "created_at": [2**62, -1]}),
    "small dtypes": pd.DataFrame({"a": np.array([1, 2], "int8"), "b": np.array([1, 2], "float32"), "c": [True, False]}),
    "text": pd.DataFrame({"s": ["a", None, "{}"], "o": pd.Series(["x", 1, None], dtype=object)}),
    "text as objects": pd.DataFrame(
        {
            "o": pd.Series(["x", "y"], dtype=object),
            "c": pd.Categorical(["b", "a"], categories=pd.Index(["b", "a"], dtype=object)),
        },
        index=pd.Index(["k", "l"], dtype=object, name="row"),
        columns=pd.Index(["o", "c"], dtype=object),
    ),
    "text as objects in two levels": pd.DataFrame(
        {"x": [1]}, index=pd.MultiIndex.from_arrays([pd.Index(["k"], dtype=object), [2]], names=["a", "b"])
    ),
    "strings": pd.DataFrame({"s": pd.array(["a", None], dtype="string")}),
    "categories": pd.DataFrame({"c": pd.Categorical(["b", None, "a"], categories=["b", "a", "z"], ordered=True)}),
    "integer categories": pd.DataFrame({"c": pd.Categorical([3, 1, 3])}),
    "times": pd.DataFrame({"t": np.array(["2024-01-01T00:00:00.123456789", "NaT"], "datetime64[ns]")}),
    "zoned times": pd.DataFrame(
        {"t": pd.to_datetime(["2024-03-31T01:30Z", "2024-07-01T00:00Z"]).tz_convert("Europe/Paris")}
    ),
    "coarse times": pd.DataFrame({"t": np.array(["2024-01-01", "NaT"], "datetime64[s]")}),
    "durations": pd.DataFrame({"d": pd.to_timedelta(["1 days", None, "3ms"])}),
    "nullable": pd.DataFrame(
        {
            "i": pd.array([1, None, 3], dtype="Int64"),
            "u": pd.array([1, None, 3], dtype="UInt8"),
            "f": pd.array([0.5, None, 3], dtype="Float32"),
            "b": pd.array([True, None, False], dtype="boolean"),
        }
    ),
    "index of text": pd.DataFrame({"x": [1, 2]}, index=pd.Index(["r1", "r2"], name="row")),
    "index twice the same": pd.DataFrame({"x": [1, 2, 3]}, index=[7, 7, 1]),
    "index of times": pd.DataFrame({"x": [1, 2]}, index=pd.date_range("2024-01-01", periods=2, freq="D", name="day")),
    "index of two levels": pd.DataFrame(
        {"x": [1, 2]}, index=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["k", None])
    ),
    "range": pd.DataFrame({"x": [1, 2]}, index=pd.RangeIndex(10, 30, 10)),
    "columns out of order": pd.DataFrame([[1, 2.5, "c"]], columns=["z", "a", "m"]),
    "columns by number": pd.DataFrame(np.eye(2)),
    "columns twice the same": pd.DataFrame([[1, 2]], columns=["x", "x"]),
    "columns of tuples": pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")])),
    "one dtype": pd.DataFrame(np.arange(6, dtype="int16").reshape(2, 3), columns=["b", "a", "c"], index=["x", "y"]),
    "no rows": pd.DataFrame({"x": np.array([], "int32"), "s": pd.Series([], dtype=object)}),
    "no columns": pd.DataFrame(index=[1, 2]),
    "objects": pd.DataFrame(
        {
            "o": pd.Series(
                [
                    dt.date(2024, 1, 2),
                    decimal.Decimal("0.10"),
                    (1, "a"),
                    [1, 2],
                    b"\x00\xff",
                    math.nan,
                    pd.NaT,
                    pd.NA,
                    np.int16(5),
                    pd.Timestamp("2024-01-01T12:00:00.000000001", tz="Asia/Tokyo"),
                    pd.Timedelta("1ns"),
                    {"@": 1, 2: "k"},
                ],
                dtype=object,
            )
        }
    ),
}


def test_frames_arrive_as_they_were(arrived: Arrived) -> None:
    for name, (sent, got) in zip(FRAMES, zip(FRAMES.values(), arrived(*FRAMES.values()), strict=True), strict=True):
        pd.testing.assert_frame_equal(got, sent, obj=name, check_exact=True, check_freq=True, check_column_type=True)
        assert list(got.dtypes) == list(sent.dtypes), name
        assert type(got.index) is type(sent.index), name


def test_the_order_in_memory_arrives_too(arrived: Arrived) -> None:
    values = np.arange(12.0).reshape(4, 3)
    sent = [pd.DataFrame(values, copy=False), pd.DataFrame(np.asfortranarray(values), copy=False)]
    orders = [(got.to_numpy().flags.c_contiguous, got.to_numpy().flags.f_contiguous) for got in arrived(*sent)]
    assert orders == [(True, False), (False, True)]


def test_objects_in_a_column_keep_their_types(arrived: Arrived) -> None:
    sent = FRAMES["objects"]["o"]
    (got,) = arrived(sent)
    assert [type(each) for each in got] == [type(each) for each in sent]
    assert got[9] == sent[9]
    assert str(got[9].tz) == "Asia/Tokyo"
    assert got[11] == {"@": 1, 2: "k"}


def test_a_series_keeps_index_and_name(arrived: Arrived) -> None:
    sent = [
        pd.Series([1.5, None], index=["a", "b"], name="price"),
        pd.Series(["x"], index=pd.to_datetime(["2024-01-01"])),
        pd.Series([1, 2], name=("a", 1)),
    ]
    for one, got in zip(sent, arrived(*sent), strict=True):
        pd.testing.assert_series_equal(got, one, check_exact=True)


def test_arrays_keep_dtype_and_shape(arrived: Arrived) -> None:
    sent = [
        np.arange(24, dtype="uint16").reshape(2, 3, 4),
        np.asfortranarray(np.random.default_rng(1).normal(size=(3, 4))),
        np.array([], dtype="float16"),
        np.array(3 + 4j),
        np.array(["2024-01-01"], dtype="datetime64[D]"),
        np.array([b"ab", b"c"]),
        np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
    ]
    for one, got in zip(sent, arrived(*sent), strict=True):
        assert got.dtype == one.dtype
        assert got.shape == one.shape
        np.testing.assert_array_equal(got, one)


def test_plain_values_keep_their_types(arrived: Arrived) -> None:
    sent: list[Any] = [
        [1, 2.5, None, True, "a"],
        (1, (2, 3)),
        {"a": 1, "b": [1, (2,)]},
        {1: "a", (1, 2): "b", None: 3},
        {"@": "tuple", "value": [1]},
        "text",
        '{"a": [1]}',
        7,
        2**80,
        0.1,
        math.inf,
        True,
        None,
        [],
        {},
        {"data": [1]},
        dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc),
        {"frame": [np.float32(1.5), np.arange(2).tolist()]},
    ]
    for one, got in zip(sent, arrived(*sent), strict=True):
        assert got == one
        assert type(got) is type(one)


def test_what_is_sent_is_strict_json() -> None:
    text = json.dumps(payload.encode([math.nan, {"x": math.inf}]), allow_nan=False)
    assert json.loads(text)["data"][0] == {"@": "float", "value": "nan"}


@pytest.mark.parametrize(
    "data",
    [
        {1, 2},
        object(),
        np.array([object()]),
        pd.DataFrame({"x": pd.period_range("2024", periods=2)}),
        pd.DataFrame({"x": [object()]}),
        b"bytes",
    ],
)
def test_what_cannot_travel_is_refused_by_name(data: object) -> None:
    with pytest.raises(UsageError, match=r"sent"):
        payload.encode(data)


def test_the_name_of_the_column_is_in_the_message() -> None:
    with pytest.raises(UsageError, match="'price'"):
        payload.encode(pd.DataFrame({"price": [{1, 2}]}))
