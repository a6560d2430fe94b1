"""What cannot be sent is refused before it is sent, in words that say what to send in its place."""

from __future__ import annotations

import collections
import datetime as dt

import numpy as np
import pandas as pd
import pytest

from modelyard.artifact import payload
from modelyard.errors import UsageError
from modelyard.model.request_data import body_of

ITSELF: list[object] = []
ITSELF.append(ITSELF)

DEEP: list[object] = []
for _ in range(5000):
    DEEP = [DEEP]


@pytest.mark.parametrize("data", [ITSELF, DEEP], ids=["contains itself", "5000 lists in one another"])
def test_what_is_nested_too_deeply_is_refused(data: object) -> None:
    with pytest.raises(UsageError, match="nested too deeply"):
        payload.encode(data)


@pytest.mark.parametrize(
    ("data", "way"),
    [
        (pd.Series(pd.period_range("2024-01", periods=2, freq="M"), name="month"), r"'month'.*to_timestamp\(\)"),
        (pd.DataFrame({"x": [1]}, index=pd.period_range("2024-01", periods=1, freq="M")), "values or the index"),
        (pd.DataFrame({"bin": pd.cut([1, 2, 3], 2)}), r"'bin'.*astype\(str\)"),
        (pd.DataFrame({"few": pd.arrays.SparseArray([0, 0, 1])}), r"'few'.*to_dense\(\)"),
        ([pd.Period("2024-01")], r"to_timestamp\(\)"),
        (collections.OrderedDict(a=1), r"OrderedDict.*dict\(…\)"),
        ([{1, 2}], r"A set .*list\(…\)"),
        (range(3), r"A range .*list\(…\)"),
        (1 + 2j, "A complex cannot be sent"),
        ([dt.time(1)], "A datetime.time cannot be sent"),
    ],
)
def test_what_cannot_be_sent_is_told_what_to_send_instead(data: object, way: str) -> None:
    with pytest.raises(UsageError, match=way):
        payload.encode(data)


def test_a_sparse_matrix_is_told_to_become_an_array() -> None:
    from scipy.sparse import csr_matrix

    with pytest.raises(UsageError, match=r"toarray\(\)"):
        payload.encode(csr_matrix(np.eye(2)))


def test_a_time_zone_that_has_no_name_is_refused_where_it_is_sent() -> None:
    hours = dt.timedelta(hours=1)

    class Nameless(dt.tzinfo):
        def utcoffset(self, _: dt.datetime | None) -> dt.timedelta:
            return hours

        def dst(self, _: dt.datetime | None) -> dt.timedelta:
            return dt.timedelta()

        def __str__(self) -> str:
            return "somewhere"

    with pytest.raises(UsageError, match="time zone somewhere has no name"):
        payload.encode(pd.Timestamp(2024, 1, 1, tz=Nameless()))


@pytest.mark.parametrize("auto_serialize_data", [True, False])
@pytest.mark.parametrize("data", ["\ud800", {"k": ["a \ud800 b"]}])
def test_half_a_character_is_refused_with_what_stands_around_it(data: object, auto_serialize_data: bool) -> None:
    with pytest.raises(UsageError, match=r"half a character.*\\ud800"):
        body_of(data, auto_serialize_data=auto_serialize_data)
