"""An estimator becomes a model file: in the first of the ways that there are for it which can hold it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from modelyard.artifact import layout
from modelyard.artifact.serializers import Extent, Given, Serializer, Written
from modelyard.errors import ArtifactError, MissingDependency, UsageError
from modelyard.model.notices import notice

Lacks = Callable[[str], "str | None"]
"""Tells why a library is missing where the model is to serve; None where it is there."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Say how an estimator is to be written."""

    choices: tuple[Serializer, ...]
    """What is tried, the first first. There is one alone where the user named it."""

    given: Given = field(default_factory=Given)
    file_name: str | None = None
    """The name that the user gave; by default ``model`` with the serializer's suffix."""

    def name_of(self, serializer: Serializer) -> str:
        """Return the model's file name when this serializer writes it; "" for a model that is the whole artifact."""
        if serializer.extent is Extent.ARTIFACT:
            return ""
        return self.file_name or f"model{serializer.suffix}"


@dataclass(frozen=True, kw_only=True)
class Serialized:
    """Be a model that is written, not yet at its place."""

    file_name: str
    entries: Mapping[str, Path]
    """The files and folders that are the model: their names in the artifact, and where they lie until then."""

    written: Written
    modules: Mapping[str, Path] = field(default_factory=dict)
    """The files of the user's own modules that go beside score.py, likewise."""


def serialize(estimator: object, wanted: Wanted, *, staging: Path, lacks: Lacks) -> Serialized:
    """Write an estimator into a folder; say with a warning where it was not in the way that comes first.

    Args:
        estimator: The trained model.
        wanted: How.
        staging: A folder to write into.
        lacks: Asked for the library that a format needs where the model serves.

    Raises:
        ArtifactError: No format of those wanted can hold it.
        MissingDependency: The library is not installed here.
        UsageError: There is no estimator.
    """
    if estimator is None:
        raise UsageError(
            "There is no estimator to write: pass estimator=… to the model, or serialize=False and put the model's "
            "file into artifact_dir yourself."
        )
    reasons: dict[str, list[str]] = {}  # why not, and the serializers that it holds of
    last = wanted.choices[-1]
    for serializer in wanted.choices:
        reason = lacks(serializer.library) if serializer.library and serializer is not last else None
        if reason is None:
            try:
                made = _write(estimator, serializer, wanted, staging / f"model-{serializer.name}")
            except (ArtifactError, MissingDependency) as error:
                if serializer is last:
                    raise
                reason = str(error.__cause__ or error)
            else:
                _say(serializer, reasons, made.written)
                return made
        reasons.setdefault(reason.rstrip("."), []).append(serializer.name)
    raise AssertionError("the last one returns or raises")


def _write(estimator: object, serializer: Serializer, wanted: Wanted, place: Path) -> Serialized:
    place.mkdir()
    name = wanted.name_of(serializer)
    path = place / Path(name or "files").name
    written = serializer.written(estimator, path, wanted.given)
    entries = {name: path} if name else {each.name: each for each in sorted(path.iterdir())}
    made = Serialized(file_name=name, entries=entries, written=written)
    return _with_modules(made, place.with_name(f"{place.name}-modules")) if written.modules else made


def _with_modules(made: Serialized, folder: Path) -> Serialized:
    """Return a model with the user's own modules, which no environment installs, copied into a folder."""
    from modelyard.artifact.local_modules import copy_local_modules
    from modelyard.artifact.serializers.own_classes import said_of

    files = copy_local_modules(made.written.modules, folder)
    if taken := [name for name in files if name in layout.OWN_FILES]:
        raise ArtifactError(
            f"The model needs a module of yours, {taken[0]}, which is the name of another of the artifact's files: "
            "rename the module."
        )
    written = replace(made.written, facts=(*made.written.facts, *said_of(files)))
    return replace(made, written=written, modules={name: folder / name for name in files})


def _say(serializer: Serializer, reasons: Mapping[str, list[str]], written: Written) -> None:
    if reasons:
        why = "; ".join(f"not with {' or '.join(names)}: {reason}" for reason, names in reasons.items())
        caution = " Loading it runs code that is in the file: load only what you trust." if serializer.runs_code else ""
        notice(f"The model is written with {serializer.name}, {why}.{caution}")
    for remark in written.remarks:
        notice(remark)
