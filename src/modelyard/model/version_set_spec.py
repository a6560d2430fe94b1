"""What a model version set is to be: seven fields, and the words that say them in a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from pathlib import Path

from modelyard.errors import UsageError
from modelyard.resources.noun import DefinedTags, wire_name
from modelyard.resources.version_set import ModelVersionSet

KIND = "modelVersionSet"
"""What the file of a version set says that it is."""


@dataclass(frozen=True)
class VersionSetSpec:
    """Be what a version set is to be; None leaves it to somebody else."""

    id: str | None = None
    project_id: str | None = None
    compartment_id: str | None = None
    name: str | None = None
    description: str | None = None
    freeform_tags: dict[str, str] | None = None
    defined_tags: DefinedTags | None = None

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            kind, word = (dict, "a dictionary") if name.endswith("_tags") else (str, "text")
            if value is not None and not isinstance(value, kind):
                raise UsageError(f"{name} of a model version set is {word}, not {value!r}.")

    def overlaid(self, values: Mapping[str, object]) -> VersionSetSpec:
        """Return the spec with the values that are not None, by their names here or on the wire.

        Raises:
            UsageError: A name is none, or a value is of the wrong type.
        """
        known = {written: field.name for field in fields(self) for written in (field.name, wire_name(field.name))}
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise UsageError(
                f"A model version set has no {', '.join(unknown)}. It has {', '.join(sorted(set(known.values())))}."
            )
        said = {known[name]: value for name, value in values.items() if value is not None}
        return replace(self, **said)  # type: ignore[arg-type] # judged by __post_init__

    def to_wire(self) -> dict[str, object]:
        """Return what is said, by its names on the wire."""
        return {wire_name(name): value for name, value in asdict(self).items() if value is not None}


ATTRIBUTE_MAP = {wire_name(field.name): field.name for field in fields(VersionSetSpec)}
"""The name on the wire → the name here."""


def spec_of(resource: ModelVersionSet) -> VersionSetSpec:
    """Return what a version set is; its tags are copies, so that a change of them is seen as one."""
    return deepcopy(VersionSetSpec(**{field.name: getattr(resource, field.name) for field in fields(VersionSetSpec)}))


def default_name(now: datetime) -> str:
    """Return the name of a version set that was given none."""
    return f"model-version-set-{now:%Y%m%d-%H%M}"


def spec_within(config: Mapping[str, object]) -> Mapping[str, object]:
    """Return the spec in the dictionary of a version set; raise UsageError where it is of another kind."""
    if not isinstance(config, Mapping) or not isinstance(config.get("spec"), Mapping):
        raise UsageError(f"A model version set is written as {{'kind': {KIND!r}, 'spec': {{…}}}}, not as {config!r}.")
    kind = config.get("kind", KIND)
    if kind != KIND:
        raise UsageError(f"This is a {kind!r}; a model version set says kind: {KIND}.")
    return config["spec"]  # type: ignore[return-value] # a mapping, as was just asked


def read_yaml(text: str) -> Mapping[str, object]:
    """Return the dictionary that a YAML text is; raise UsageError where it is none."""
    import yaml

    try:
        return _mapping(yaml.safe_load(text), text)
    except yaml.YAMLError as error:
        raise UsageError(f"The model version set is no YAML: {error}") from None


def read_json(text: str) -> Mapping[str, object]:
    """Return the dictionary that a JSON text is; raise UsageError where it is none."""
    try:
        return _mapping(json.loads(text), text)
    except json.JSONDecodeError as error:
        raise UsageError(f"The model version set is no JSON: {error}.") from None


def text_given(text: str | None, uri: str | None) -> str:
    """Return the text that was given, or that of a file on this machine.

    Raises:
        UsageError: Neither or both were given, or the file is elsewhere.
        FileNotFoundError: There is no such file.
    """
    if (text is None) == (uri is None):
        raise UsageError("Give either the text of the model version set or the uri of its file.")
    return text if text is not None else _local(str(uri)).read_text("utf-8")


def written(text: str, uri: str | None) -> str:
    """Return the text, also written to a file of this machine where one is named."""
    if uri is not None:
        _local(uri).write_text(text, "utf-8")
    return text


def _local(uri: str) -> Path:
    if "://" in uri and not uri.startswith("file://"):
        raise UsageError(f"{uri} is not a file of this machine: read and write it yourself, and pass the text.")
    return Path(uri.removeprefix("file://")).expanduser()


def _mapping(value: object, text: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise UsageError(f"The model version set is no mapping of names to values; it begins with {text[:80]!r}.")
    return value
