"""The schema of a model's input or output: one attribute a column, with its dtype, kind and statistics."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelyard.artifact.tensor_schema import Whole, as_table, whole_of

if TYPE_CHECKING:
    import pandas as pd

VERSION = "1.1"
MAX_COLUMNS = 2000
WIRE_LIMIT = 32_000
_MOST_VALUES = 100  # of a category, in its constraint


@dataclass(frozen=True)
class Attribute:
    """Be the description of one column."""

    name: str | int
    dtype: str
    feature_type: str
    order: int
    required: bool
    description: str
    stats: Mapping[str, object]
    constraints: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return it as the schema files have it."""
        return {
            "dtype": self.dtype,
            "feature_type": self.feature_type,
            "name": self.name,
            "domain": {
                "values": self.feature_type,
                "stats": dict(self.stats),
                "constraints": [{"expression": text, "language": "python"} for text in self.constraints],
            },
            "required": self.required,
            "description": self.description,
            "order": self.order,
        }


@dataclass(frozen=True)
class Schema:
    """Be the columns of a sample, in their order."""

    attributes: tuple[Attribute, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return it as the schema files have it."""
        return {"schema": [attribute.to_dict() for attribute in self.attributes], "version": VERSION}

    def to_json(self) -> str:
        """Return the text of a schema file; equal samples give equal texts."""
        return json.dumps(self.to_dict(), allow_nan=False, ensure_ascii=False)

    def fits_wire(self) -> bool:
        """Tell whether the model in the catalog can hold it; a larger one stays a file of the artifact."""
        return len(self.to_json().encode()) <= WIRE_LIMIT


@dataclass(frozen=True)
class Described:
    """Be a schema and the sentences to be said about it."""

    schema: Schema
    warnings: tuple[str, ...] = ()


def describe(sample: object, *, max_columns: int = MAX_COLUMNS) -> Described:
    """Describe a table, array, tensor, image, list, tuple or dict; anything else gets an empty schema and a word."""
    sample = as_table(sample)
    if said := _mixed_rows(sample):
        return Described(Schema(), (said,))
    frame = _to_frame(sample)
    whole = whole_of(sample) if frame is None else None
    if whole is not None:
        return Described(Schema((_one(whole),)))
    if frame is None:
        said = f"No schema was made: a {type(sample).__name__} like this has no columns."
        return Described(Schema(), (said,))
    if frame.shape[1] > max_columns:
        said = f"No schema was made: the sample has {frame.shape[1]} columns, more than max_col_num={max_columns}."
        return Described(Schema(), (said,))
    return Described(Schema(tuple(_attribute(frame.iloc[:, place], place) for place in range(frame.shape[1]))))


def _mixed_rows(sample: object) -> str:
    """Return a sentence about rows that are not of one kind and length; "" for rows that make a table."""
    if not isinstance(sample, (list, tuple)) or not any(isinstance(row, (list, tuple)) for row in sample):
        return ""
    first = _length(sample[0])
    for place, row in enumerate(sample):
        if (length := _length(row)) != first:
            return f"No schema was made: row {place} of the sample has {length}, row 0 has {first}. Make them alike."
    return ""


def _length(row: object) -> str:
    return f"{len(row)} values" if isinstance(row, (list, tuple)) else f"no values but is a {type(row).__name__}"


def _one(whole: Whole) -> Attribute:
    return Attribute(
        name="input",
        dtype=whole.dtype,
        feature_type=whole.feature_type,
        order=0,
        required=True,
        description=whole.feature_type,
        stats=whole.stats,
    )


def _to_frame(sample: object) -> pd.DataFrame | None:
    import numpy as np
    import pandas as pd

    if hasattr(sample, "compute") and hasattr(sample, "dask"):
        sample = sample.compute()
    if isinstance(sample, pd.DataFrame):
        return sample
    if isinstance(sample, pd.Series):
        return sample.to_frame()
    if isinstance(sample, np.ndarray):
        return pd.DataFrame(sample) if sample.ndim in {1, 2} else None
    if not isinstance(sample, (list, tuple, dict)) or not sample:
        return None
    try:
        if isinstance(sample, dict):
            scalars = not any(
                isinstance(value, (list, tuple, dict, np.ndarray, pd.Series)) for value in sample.values()
            )
            return pd.DataFrame([sample]) if scalars else pd.DataFrame(sample)
        return pd.DataFrame(list(sample))
    except (ValueError, TypeError):  # rows of different lengths, nested arrays: no table
        return None


def _attribute(column: pd.Series, order: int) -> Attribute:

    kind = _feature_type(column)
    name = _name(column.name)
    constraints: tuple[str, ...] = ()
    if kind in {"Category", "Boolean"}:
        constraints = _constraints(column)
    return Attribute(
        name=name,
        dtype=str(column.dtype),
        feature_type=kind,
        order=order,
        required=not bool(column.isna().any()),
        description=str(name),
        stats=_stats(column, kind),
        constraints=constraints,
    )


def _name(label: object) -> str | int:
    """Return the name of a column; of one in levels, the same text whatever numpy calls its numbers."""
    if isinstance(label, tuple):
        return str(tuple(each.item() if hasattr(each, "item") else each for each in label))
    return label if isinstance(label, (str, int)) else str(label)


def _feature_type(column: pd.Series) -> str:
    import pandas as pd

    dtype, types = column.dtype, pd.api.types
    if isinstance(dtype, pd.CategoricalDtype):
        return "Category"
    if types.is_bool_dtype(dtype):
        return "Boolean"
    if types.is_integer_dtype(dtype):
        return "Integer"
    if types.is_float_dtype(dtype):
        return "Continuous"
    if types.is_datetime64_any_dtype(dtype):
        return "DateTime"
    inferred = types.infer_dtype(column, skipna=True)
    return {"string": "String", "boolean": "Boolean", "datetime": "DateTime", "date": "DateTime"}.get(
        inferred, "Object"
    )


def _constraints(column: pd.Series) -> tuple[str, ...]:
    import pandas as pd

    known = column.dtype.categories if isinstance(column.dtype, pd.CategoricalDtype) else column.dropna().unique()
    values = sorted((_plain(value) for value in known), key=repr)
    return (f"$x in {values}",) if 0 < len(values) <= _MOST_VALUES else ()


def _stats(column: pd.Series, kind: str) -> dict[str, object]:
    present = column.dropna()
    stats: dict[str, object] = {"count": len(present)}
    if kind in {"Continuous", "Integer"} and len(present):
        stats |= _numbers(present.astype("float64"), with_skew=kind == "Continuous")
    elif kind == "DateTime" and len(present):
        stats |= {"sample minimum": _plain(present.min()), "sample maximum": _plain(present.max())}
    elif kind != "Object":
        stats["unique"] = int(present.nunique())
    missing = len(column) - len(present)
    return {**stats, "missing": missing} if missing else stats


def _numbers(values: pd.Series, *, with_skew: bool) -> dict[str, object]:
    import numpy as np

    with np.errstate(all="ignore"):  # infinite values have no deviation, and that is an answer
        stats = _moments(values) | ({"skew": values.skew()} if with_skew else {})
    return {name: _plain(value) for name, value in stats.items()}


def _moments(values: pd.Series) -> dict[str, object]:
    return {
        "mean": values.mean(),
        "standard deviation": values.std(),
        "sample minimum": values.min(),
        "lower quartile": values.quantile(0.25),
        "median": values.median(),
        "upper quartile": values.quantile(0.75),
        "sample maximum": values.max(),
    }


def _plain(value: object) -> object:
    """Return a value that JSON holds: times as ISO 8601, None for what is no number."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, float) and not math.isfinite(plain):
        return None
    return plain if isinstance(plain, (bool, int, float, str)) else str(plain)
