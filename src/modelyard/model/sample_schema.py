"""The schema of a sample, with what is to be known of it said aloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelyard.artifact import schema
from modelyard.artifact.schema import Schema
from modelyard.errors import UsageError
from modelyard.model.notices import notice

if TYPE_CHECKING:
    from modelyard.model.options import Sample


def schema_of_sample(sample: Sample | None, *, max_col_num: int) -> Schema:
    """Return the schema of a sample; an empty one of none, and of one with too many columns, which is said.

    Raises:
        TypeError: The sample is nothing that has a schema.
        UsageError: ``max_col_num`` is no whole number.
    """
    if isinstance(max_col_num, bool) or not isinstance(max_col_num, int):
        raise UsageError(f"max_col_num is {max_col_num!r}, a {type(max_col_num).__name__}; it takes a whole number.")
    if sample is None:
        return Schema()
    described = schema.describe(sample, max_columns=max_col_num)
    for sentence in described.warnings:
        notice(sentence)
    return described.schema
