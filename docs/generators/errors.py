"""The page of every exception, with what it is on the wire."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import modelyard.model
from generators.markdown import first_sentence, table
from modelyard import errors

HEAD = """\
# Errors

Everything that modelyard raises on purpose is a `modelyard.errors.ModelyardError`. The service answers a `WireError` as
`{"code": …, "message": …}` with its status; the client raises the same class again, with `opc-request-id` as
`request_id`. An indented name is a kind of the one above it: `except ArtifactError` catches them all.
"""


def page() -> str:
    """Return the page."""
    root = errors.ModelyardError
    of_the_sdk = sorted(set(_sdk_errors()), key=lambda cls: cls.__name__)
    return "\n\n".join(
        [
            HEAD.strip(),
            "## The tree",
            table(("class", "status", "code", "raised when"), _rows(root, depth=0)),
            "## The SDK's own names",
            "Raised by `modelyard.model` alone; also caught by the classes that they are kinds of.",
            table(
                ("class", "module", "a kind of", "raised when"),
                (
                    (f"`{cls.__name__}`", f"`{cls.__module__}`", _parents(cls), first_sentence(cls))
                    for cls in of_the_sdk
                ),
            ),
        ]
    )


def _rows(cls: type[errors.ModelyardError], *, depth: int) -> Iterator[tuple[str, str, str, str]]:
    is_on_wire = issubclass(cls, errors.WireError | errors.ArtifactError) and cls is not errors.WireError
    status = str(cls.status) if is_on_wire else ""
    code = "" if cls in {errors.ModelyardError, errors.WireError} else f"`{cls.code}`"
    yield f"{'&emsp;' * depth}`{cls.__name__}`", status, code, first_sentence(cls)
    for kind in cls.__subclasses__():
        if kind.__module__ == errors.__name__:
            yield from _rows(kind, depth=depth + 1)


def _sdk_errors() -> Iterator[type[Exception]]:
    for found in pkgutil.walk_packages(modelyard.model.__path__, f"{modelyard.model.__name__}."):
        for cls in vars(importlib.import_module(found.name)).values():
            own = inspect.isclass(cls) and cls.__module__.startswith("modelyard.model.")
            if own and issubclass(cls, Exception) and not cls.__name__.startswith("_"):
                yield cls


def _parents(cls: type) -> str:
    return ", ".join(f"`{parent.__name__}`" for parent in cls.__bases__)
