"""What is to be, as text: YAML and JSON, in a string or in a file of this machine or of object storage."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from modelyard.errors import ModelyardError, UsageError
from modelyard.model.failures import PathNotFoundError

if TYPE_CHECKING:
    from modelyard.client.profile import Auth


def read_yaml(text: str, *, what: str) -> Mapping[str, object]:
    """Return the dictionary that a YAML text is; raise UsageError where it is none."""
    import yaml

    try:
        return _mapping(yaml.safe_load(text), text, what)
    except yaml.YAMLError as error:
        raise UsageError(f"The {what} is no YAML: {error}") from None


def read_json(text: str, *, what: str) -> Mapping[str, object]:
    """Return the dictionary that a JSON text is; raise UsageError where it is none."""
    try:
        return _mapping(json.loads(text), text, what)
    except json.JSONDecodeError as error:
        raise UsageError(f"The {what} is no JSON: {error}.") from None


def text_given(text: str | None, uri: str | None, *, what: str, auth: Auth | None = None) -> str:
    """Return the text that was given, or that of a file.

    Raises:
        UsageError: Neither or both were given, or the file cannot be read as text.
        PathNotFoundError: There is no such file.
    """
    if (text is None) == (uri is None):
        raise UsageError(f"Give either the text of the {what} or the uri of its file.")
    if text is not None:
        return text
    from modelyard.model.places import place_of

    try:
        return place_of(str(uri), auth=auth).read().decode("utf-8")
    except ModelyardError:  # it says already what is wrong
        raise
    except FileNotFoundError as error:
        raise PathNotFoundError(f"There is no file {uri} to read a {what} from: check the uri.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{uri} is no text, and so no {what}: {error.reason} at byte {error.start}.") from None
    except OSError as error:
        raise UsageError(f"{uri} cannot be read as a {what}: {error.strerror or error}.") from error


def written(text: str, uri: str | None, *, auth: Auth | None = None) -> str:
    """Return the text, also written to a file where one is named."""
    if uri is not None:
        from modelyard.model.places import place_of

        place_of(uri, auth=auth).write(text.encode("utf-8"))
    return text


def spec_within(config: Mapping[str, object], *, what: str, kind: str, type: str) -> Mapping[str, object]:
    """Return the spec in the dictionary of a builder; raise UsageError where it is of another kind or type.

    Args:
        config: The dictionary.
        what: Whose it is, in a word for people.
        kind: What it says that it is.
        type: Which one of its kind it says that it is.
    """
    if not isinstance(config, Mapping) or not isinstance(config.get("spec"), Mapping):
        raise UsageError(f"A {what} is written as {{'kind': {kind!r}, 'spec': {{…}}}}, not as {config!r}.")
    said = config.get("kind", kind), config.get("type", type)
    if said != (kind, type):
        raise UsageError(f"This is a {said[0]!r} of type {said[1]!r}; a {what} says kind: {kind} and type: {type}.")
    return config["spec"]  # type: ignore[return-value] # a mapping, as was just asked


def _mapping(value: object, text: str, what: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise UsageError(f"The {what} is no mapping of names to values; it begins with {text[:80]!r}.")
    return value
