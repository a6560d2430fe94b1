"""What an ONNX model takes: the names, kinds and shapes of its inputs, from a sample or as the user says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelyard.errors import ArtifactError, UsageError

if TYPE_CHECKING:
    import pandas as pd

STRING = "String"
NUMBERS = ("Double", "Float")
"""The kinds that numbers are converted with: the exact one first; some operators know the other alone."""


@dataclass(frozen=True)
class Input:
    """Be one input of an ONNX model."""

    name: str
    kind: str
    """What skl2onnx and onnxmltools call it before ``TensorType``: Float, Double, Int64, String, Boolean …"""

    shape: tuple[object, ...]
    """Its dimensions; None or a name for one that may be any."""


def read_types(initial_types: object) -> tuple[Input, ...]:
    """Return the inputs that the user describes with types of skl2onnx or onnxmltools, whichever.

    Raises:
        UsageError: They are not a list of names and such types.
    """
    try:
        found = tuple(
            Input(str(name), type(kind).__name__.removesuffix("TensorType"), tuple(kind.shape))
            for name, kind in initial_types  # type: ignore[attr-defined]
        )
    except (TypeError, ValueError, AttributeError):
        found = ()
    if not found:
        raise UsageError(
            f"initial_types is {initial_types!r}: give a list such as [('input', FloatTensorType([None, 4]))], with "
            "the types of skl2onnx.common.data_types."
        )
    return found


def as_types(inputs: tuple[Input, ...], *, library: str) -> list[tuple[str, object]]:
    """Return inputs as one library has them.

    Args:
        inputs: The inputs.
        library: The module of its types: ``skl2onnx.common.data_types`` or ``onnxmltools.convert.common.data_types``.
    """
    from importlib import import_module

    types = import_module(library)
    made = []
    for each in inputs:
        kind = getattr(types, f"{each.kind}TensorType", None)
        if kind is None:
            raise UsageError(f"The input {each.name!r} is of the kind {each.kind}TensorType, which {library} has not.")
        made.append((each.name, kind(list(each.shape))))
    return made


def as_rows(sample: object) -> object:
    """Return a sample as what estimators take: a dictionary of columns as a table, a list as an array."""
    import numpy as np
    import pandas as pd

    if isinstance(sample, Mapping):
        return pd.DataFrame(sample)
    if isinstance(sample, pd.Series):
        return sample.to_frame()
    if isinstance(sample, list | tuple):
        kind = None if len({type(each) for row in sample for each in _items(row)}) == 1 else object
        rows = np.asarray(sample, dtype=kind)
        return rows if rows.dtype != object else _narrowed(rows)
    return sample


def inputs_of(rows: object, *, by_column: bool, numbers: str) -> tuple[Input, ...]:
    """Return the inputs of a model that takes such rows: one for all columns, or one for each.

    Args:
        rows: A DataFrame, or an array.
        by_column: Whether the model picks columns by their names.
        numbers: The kind of numbers: one of :data:`NUMBERS`.

    Raises:
        ArtifactError: ONNX has no kind for a column, or the rows are no table.
    """
    import numpy as np
    import pandas as pd

    shape = getattr(rows, "shape", None)
    if shape is None or len(shape) < 2:
        raise UsageError(
            f"X_sample is a {type(rows).__name__} of shape {shape}: give rows of columns, or initial_types."
        )
    if len(shape) > 2:
        return (Input("input", numbers, (None, *shape[1:])),)
    table = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(np.asarray(rows)).infer_objects()
    kinds = [_kind(table.iloc[:, place], name, numbers) for place, name in enumerate(table.columns)]
    if not by_column and len(set(kinds)) == 1:
        return (Input("input", kinds[0], (None, len(kinds))),)
    return tuple(Input(str(name), kind, (None, 1)) for name, kind in zip(table.columns, kinds, strict=True))


def _items(row: object) -> list[object]:
    return list(row) if isinstance(row, list | tuple) else [row]


def _narrowed(rows: object) -> object:
    """Return an array of objects as one of numbers where all of them are."""
    import numpy as np

    array = np.asarray(rows)
    try:
        return array if any(isinstance(each, str) for each in array.ravel()) else array.astype(float)
    except (TypeError, ValueError):
        return array


def _kind(column: pd.Series, name: object, numbers: str) -> str:
    import pandas as pd

    types = pd.api.types
    if isinstance(column.dtype, pd.CategoricalDtype):
        return _kind(pd.Series(column.cat.categories), name, numbers)
    if types.is_bool_dtype(column) or types.is_numeric_dtype(column):
        if not types.is_complex_dtype(column):
            return numbers
    elif types.is_string_dtype(column) or (
        column.dtype == object and all(isinstance(each, str) for each in column.dropna())
    ):
        return STRING
    raise ArtifactError(
        f"The column {name!r} is of the type {column.dtype}, which ONNX has not: turn it into numbers or text, or "
        "leave as_onnx out."
    )
