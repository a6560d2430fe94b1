"""Spark's tables as pandas's and back, row by row: Spark's own conversion knows few versions of pandas."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame, SparkSession


def is_spark(value: object) -> bool:
    """Tell whether a value is a DataFrame of Spark's, without importing Spark."""
    return type(value).__module__.startswith("pyspark.sql.") and hasattr(value, "toPandas")


def to_pandas(table: object, *, limit: int | None = None) -> pd.DataFrame:
    """Return a table of Spark's as one of pandas's: all rows, or the first ones."""
    import pandas as pd

    frame = cast("DataFrame", table)
    rows = (frame if limit is None else frame.limit(limit)).collect()
    columns = {name: [row[place] for row in rows] for place, name in enumerate(frame.columns)}
    return pd.DataFrame(columns, columns=frame.columns)


def to_spark(frame: pd.DataFrame, session: SparkSession) -> DataFrame:
    """Return a table of pandas's as one of Spark's; missing values are null."""
    columns = [[None if _is_missing(each) else each for each in frame[name].tolist()] for name in frame]
    return session.createDataFrame(list(zip(*columns, strict=True)), [str(name) for name in frame.columns])


def _is_missing(value: object) -> bool:
    return value is None or value != value or type(value).__name__ in {"NAType", "NaTType"}
