"""Request data as JSON that loses nothing: values, dtypes, index, order of columns, missing values, times.

What JSON holds stays plain; the rest is marked by an object ``{"@": kind, "value": …}``, and columns and arrays travel
as bytes in base64. The generated score.py has the other half. No pickle is ever made or read.
"""

from __future__ import annotations

import base64
import datetime as dt
import decimal
import io
import math
import sys
from typing import TYPE_CHECKING, Literal, cast

from modelyard.artifact.tensor_payload import tensor_or_image
from modelyard.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

DATA_TYPE = "modelyard"


def encode(data: object) -> dict[str, object]:
    """Return the payload ``{"data": …, "data_type": …}`` of request data; raise UsageError for what cannot travel."""
    kind = f"{type(data).__module__}.{type(data).__qualname__}"
    if kind == "numpy.ndarray" and not cast("np.ndarray", data).dtype.hasobject:
        return {"data": _npy(cast("np.ndarray", data)), "data_type": str(type(data))}
    if isinstance(data, bytes):
        raise UsageError("Bytes are sent as they are, not as JSON.")
    try:
        return {"data": _marked(data), "data_type": DATA_TYPE}
    except RecursionError:
        raise UsageError("The data is nested too deeply to be sent, or contains itself.") from None


def _mark(kind: str, value: object) -> dict[str, object]:
    return {"@": kind, "value": value}


def _marked(value: object) -> object:
    """Return a value as JSON; marked where JSON alone would lose something."""
    kind = type(value)
    if value is None or kind in {bool, int, str}:
        return value
    if kind is float:
        return value if math.isfinite(cast("float", value)) else _mark("float", repr(value))
    if kind is list:
        return [_marked(each) for each in cast("list[object]", value)]
    if kind is tuple:
        return _mark("tuple", [_marked(each) for each in cast("tuple[object, ...]", value)])
    if kind is dict:
        return _dict(cast("dict[object, object]", value))
    marked = _standard(value) or _array_like(value) or _tensor_like(value)
    if marked is None:
        raise UsageError(
            f"A {_name_of(kind)} cannot be sent as JSON. {_instead_of(value)}Send a DataFrame, Series, ndarray, "
            "tensor, image, list, tuple, dict, str, number or bytes."
        )
    return marked


def _name_of(kind: type) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _instead_of(value: object) -> str:
    """Say what a value is to be made into, for those that are nearly something that can be sent."""
    for plain in (dict, list, tuple, str, int, float):
        if isinstance(value, plain):
            return f"It is a {plain.__name__} of another class: make it one with {plain.__name__}(…). "
    if isinstance(value, set | frozenset | range):
        return "Make it a list: list(…). "
    way = next((way for way in ("toarray", "to_timestamp") if hasattr(value, way)), None)  # scipy's sparse; a Period
    return f"Send what its {way}() returns. " if way else ""


def _dict(value: dict[object, object]) -> dict[str, object]:
    if all(type(key) is str for key in value) and "@" not in value:
        return {cast("str", key): _marked(each) for key, each in value.items()}
    return _mark("dict", [[_marked(key), _marked(each)] for key, each in value.items()])


def _standard(value: object) -> dict[str, object] | None:
    """Return the mark of a value of the standard library; None for others."""
    kind = type(value)
    if isinstance(value, bytes) and kind is bytes:
        return _mark("bytes", base64.b64encode(value).decode())
    if isinstance(value, dt.datetime) and kind is dt.datetime:
        if value.tzinfo is not None and not isinstance(value.tzinfo, dt.timezone):
            raise UsageError(f"The time {value} has the zone {value.tzinfo}. Use pandas.Timestamp, or a fixed offset.")
        return _mark("datetime", value.isoformat())
    if isinstance(value, dt.date) and kind is dt.date:
        return _mark("date", value.isoformat())
    if isinstance(value, decimal.Decimal) and kind is decimal.Decimal:
        return _mark("Decimal", str(value))
    return None


def _array_like(value: object) -> dict[str, object] | None:
    """Return the mark of a value of numpy or pandas, neither of which is imported for it; None for others."""
    np, pd = sys.modules.get("numpy"), sys.modules.get("pandas")
    if np is not None and isinstance(value, np.ndarray) and type(value) is np.ndarray:
        return _mark("objects", _objects(value)) if value.dtype.kind == "O" else _mark("ndarray", _npy(value))
    if np is not None and isinstance(value, np.generic):
        return _mark("numpy", _npy(np.asarray(value)))
    if pd is None:
        return None
    if value is pd.NA or value is pd.NaT:
        return _mark("NA" if value is pd.NA else "NaT", None)
    if isinstance(value, pd.DataFrame):
        return _mark("DataFrame", _frame(value))
    if isinstance(value, pd.Series):
        return _mark("Series", _series(value))
    if isinstance(value, pd.Index):
        return _mark("Index", _index(value))
    if isinstance(value, pd.Timestamp):
        return _mark("Timestamp", _timestamp(value))
    if isinstance(value, pd.Timedelta):
        return _mark("Timedelta", [int(value._value), value.unit])  # noqa: SLF001 # .value is in nanoseconds
    return None


def _tensor_like(value: object) -> dict[str, object] | None:
    found = tensor_or_image(value)
    return None if found is None else _mark(*found)


def _timestamp(value: pd.Timestamp) -> list[object]:
    naive = value if value.tzinfo is None else value.tz_convert("UTC").tz_localize(None)
    return [naive.isoformat(), value.unit, None if value.tzinfo is None else _zone(value.tzinfo)]


def _zone(zone: dt.tzinfo) -> str:
    """Return the name of a time zone; raise UsageError where it has none by which it would be found again."""
    import pandas as pd

    name = str(zone)
    try:
        pd.Timestamp(0, tz=name)
    except (ValueError, KeyError, OSError):
        raise UsageError(
            f"The time zone {name} has no name by which it is found again: convert to one that has, "
            "e.g. .tz_convert('Europe/Berlin'), or to 'UTC'."
        ) from None
    return name


def _raw(array: np.ndarray) -> list[str]:
    """Return a one-dimensional array as its dtype and bytes: a tenth of the time that a .npy takes to read."""
    return [array.dtype.str, base64.b64encode(array.tobytes()).decode()]


def _npy(array: np.ndarray) -> str:
    import numpy as np

    if array.dtype.hasobject:
        raise UsageError(f"An array of the dtype {array.dtype} cannot be sent. Give it another: array.astype(float).")
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return base64.b64encode(file.getbuffer()).decode()


def _objects(array: np.ndarray) -> list[object]:
    """Return an array of Python objects, such as texts beside numbers, as its shape and its values one by one."""
    return [list(array.shape), [_marked(each) for each in array.ravel().tolist()]]


# ── pandas ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _frame(frame: pd.DataFrame) -> dict[str, object]:
    labels = {"names": _index(frame.columns), "index": _index(frame.index)}
    if _is_one_block(frame):
        return {**labels, **_block(frame)}
    columns = [_column(frame.iloc[:, place], label=frame.columns[place]) for place in range(frame.shape[1])]
    return {**labels, "columns": columns}


def _is_one_block(frame: pd.DataFrame) -> bool:
    import numpy as np

    first = frame.dtypes.iloc[0] if frame.shape[1] else None
    return isinstance(first, np.dtype) and first.kind in "biuf" and bool((frame.dtypes == first).all())


def _block(frame: pd.DataFrame) -> dict[str, object]:
    """Return a frame of one dtype as one array, in its own memory order: sums round by it in their last bit."""
    values = frame.to_numpy()
    order: Literal["C", "F"] = "F" if values.flags.f_contiguous and not values.flags.c_contiguous else "C"
    data = base64.b64encode(values.tobytes(order)).decode()
    return {"block": [values.dtype.str, data], "shape": list(values.shape), "order": order}


def _series(series: pd.Series) -> dict[str, object]:
    values = _column(series, label=series.name)
    return {"values": values, "index": _index(series.index), "name": _marked(series.name)}


def _index(index: pd.Index) -> dict[str, object]:
    import pandas as pd

    content: dict[str, object] = {"names": [_marked(name) for name in index.names]}
    if isinstance(index, pd.RangeIndex):
        return {**content, "range": [index.start, index.stop, index.step]}
    if isinstance(index, pd.MultiIndex):
        levels = [index.get_level_values(place) for place in range(index.nlevels)]
        return {**content, "levels": [_column(level, label=level.name) for level in levels]}
    freq = getattr(index, "freqstr", None) if isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex)) else None
    return {**content, "values": _column(index, label=index.name), **({"freq": freq} if freq else {})}


def _column(column: pd.Series | pd.Index, *, label: object) -> dict[str, object]:
    """Return the values of a column or index as JSON, by the kind of its dtype."""
    import numpy as np
    import pandas as pd

    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        values = cast("pd.Categorical", column.array)
        categories = _column(values.categories, label=label)
        return {
            "kind": "category",
            "codes": _raw(np.asarray(values.codes)),
            "categories": categories,
            "ordered": bool(values.ordered),
        }
    if isinstance(dtype, pd.StringDtype):
        return {"kind": "strings", "dtype": str(dtype), "values": [None if pd.isna(each) else each for each in column]}
    if isinstance(dtype, pd.DatetimeTZDtype):
        moments = pd.DatetimeIndex(column).tz_convert("UTC").tz_localize(None).to_numpy()
        return {"kind": "zoned", "dtype": _zone(dtype.tz), "values": _raw(moments)}
    if isinstance(dtype, np.dtype) and dtype.kind == "O":
        return {"kind": "objects", "values": [_cell(each, label) for each in column]}
    if isinstance(dtype, np.dtype):
        return {"kind": "numpy", "values": _raw(column.to_numpy())}
    if str(dtype) in _MASKED:
        return _masked(column)
    what = "The values or the index have" if label is None else f"The column {label!r} has"
    way = next((way for kind, way in _WAYS if isinstance(dtype, getattr(pd, kind))), "Convert it, e.g. to float64.")
    raise UsageError(f"{what} the dtype {dtype}, which cannot be sent. {way}")


_WAYS = (
    ("PeriodDtype", "Convert it, e.g. with .dt.to_timestamp() (an index: .to_timestamp()), or to text."),
    ("IntervalDtype", "Convert it, e.g. to text with .astype(str), or to its left or right ends."),
    ("SparseDtype", "Convert it with .sparse.to_dense()."),
)


_MASKED = frozenset(
    {"boolean", "Float32", "Float64", *(f"{u}Int{bits}" for u in ("", "U") for bits in (8, 16, 32, 64))}
)


def _masked(column: pd.Series | pd.Index) -> dict[str, object]:
    import numpy as np

    plain = np.dtype("bool" if str(column.dtype) == "boolean" else str(column.dtype).lower())
    mask = np.asarray(column.isna(), dtype=bool)
    values = column.to_numpy(dtype=plain, na_value=plain.type(0))
    return {"kind": "masked", "dtype": str(column.dtype), "values": _raw(values), "mask": _raw(mask)}


def _cell(value: object, label: object) -> object:
    try:
        return _marked(value)
    except UsageError as error:
        raise UsageError(f"The column {label!r}: {error}") from None
