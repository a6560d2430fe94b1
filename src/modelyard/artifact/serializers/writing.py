"""A model file appears when it is whole, or not at all; and what cannot be written says why."""

from __future__ import annotations

import pickle
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FunctionType
from typing import Any

from modelyard.errors import ArtifactError, MissingDependency


@contextmanager
def written_whole(path: Path, estimator: object) -> Iterator[Path]:
    """Give a path to write an estimator to; rename it to its own name afterwards, or say why it cannot be written."""
    # The suffix stays at the end: some libraries choose the format by it.
    partial = path.with_name(f".{secrets.token_hex(6)}.part.{path.name}")
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


@contextmanager
def needed(library: str, *, extra: str) -> Iterator[None]:
    """Translate an import that fails into an error that says what to install."""
    try:
        yield
    except ImportError as error:
        raise MissingDependency(f"{library} cannot be imported ({error}): pip install 'modelyard[{extra}]'.") from error


def modules_of(estimator: object) -> tuple[str, ...]:
    """Return the modules of the classes and functions that a pickle names.

    Raises:
        ArtifactError: Some are defined in a notebook or script, where no other process finds them by name.
    """
    finder = _Finder()
    with suppress(Exception):  # whatever stops it here stops the writer too, which says why
        finder.dump(estimator)
    if finder.of_notebook:
        raise ArtifactError(f"{', '.join(sorted(finder.of_notebook))}: {NOTEBOOK}")
    return tuple(sorted(finder.modules))


class _Finder(pickle.Pickler):
    """Go through all that a pickle would hold, and note where its classes and functions are defined."""

    def __init__(self) -> None:
        # Nothing is kept: what is written goes nowhere, and the memory of arrays is not even looked at.
        super().__init__(_Nowhere(), protocol=5, buffer_callback=lambda _: None)
        self.modules: set[str] = set()
        self.of_notebook: set[str] = set()

    def reducer_override(self, obj: object) -> Any:
        """Note a class or function, and leave the rest to pickle."""
        if isinstance(obj, type | FunctionType) and obj.__module__ == "__main__":
            self.of_notebook.add(name_of(obj))
        elif isinstance(obj, type | FunctionType):
            self.modules.add(str(obj.__module__))
        return NotImplemented


class _Nowhere:
    def write(self, data: bytes) -> int:
        return len(data)


def name_of(part: object) -> str:
    """Return what a class or function is called; of anything else, its class."""
    return str(getattr(part, "__qualname__", type(part).__qualname__))


NOTEBOOK = "defined in a notebook or script, where no other process finds it; cloudpickle writes its code, too."
