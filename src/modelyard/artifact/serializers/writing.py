"""A model file appears when it is whole, or not at all."""

from __future__ import annotations

import pickle
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from modelyard.errors import ArtifactError


@contextmanager
def written_whole(path: Path, estimator: object) -> Iterator[Path]:
    """Give a path to write an estimator to; rename it to its own name afterwards, or say why it cannot be written."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")
    try:
        yield partial
        partial.replace(path)
    except (pickle.PicklingError, TypeError, AttributeError, RecursionError) as error:
        raise ArtifactError(
            f"The {type(estimator).__name__} cannot be serialized: {error}. Remove what holds locks, connections or "
            "open files from it, or write score.py yourself (serialize=False)."
        ) from error
    finally:
        partial.unlink(missing_ok=True)
