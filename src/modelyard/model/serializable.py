"""What can be written as JSON and YAML, and read back: a string, or a file here or in object storage."""

from __future__ import annotations

import dataclasses
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, get_type_hints

from modelyard.errors import UsageError
from modelyard.model.metadata_items import yaml_of
from modelyard.model.spec_files import read_json, read_yaml, text_given, written

if TYPE_CHECKING:
    from typing_extensions import Self

    from modelyard.client.profile import Auth


class Serializable(ABC):
    """Be something that a dictionary can hold."""

    @abstractmethod
    def to_dict(self) -> dict[str, object]:
        """Return it as a dictionary."""

    @classmethod
    @abstractmethod
    def from_dict(cls, obj_dict: Mapping[str, object]) -> Self:
        """Return what a dictionary says."""

    def to_json(self, uri: str | None = None, *, auth: Auth | None = None) -> str:
        """Return it as JSON, and write that to a file where one is named."""
        return written(json.dumps(self.to_dict(), ensure_ascii=False), uri, auth=auth)

    def to_yaml(self, uri: str | None = None, *, auth: Auth | None = None) -> str:
        """Return it as YAML with sorted keys, and write that to a file where one is named."""
        return written(yaml_of(self.to_dict()), uri, auth=auth)

    @classmethod
    def from_json(cls, json_string: str | None = None, uri: str | None = None, *, auth: Auth | None = None) -> Self:
        """Return what JSON says, or the JSON in a file.

        Raises:
            ValueError: It says something else.
            PathNotFoundError: There is no such file.
        """
        name = cls.__name__
        return cls.from_dict(read_json(text_given(json_string, uri, what=name, auth=auth), what=name))

    @classmethod
    def from_yaml(cls, yaml_string: str | None = None, uri: str | None = None, *, auth: Auth | None = None) -> Self:
        """Return what YAML says, or the YAML in a file.

        Raises:
            ValueError: It says something else.
            PathNotFoundError: There is no such file.
        """
        name = cls.__name__
        return cls.from_dict(read_yaml(text_given(yaml_string, uri, what=name, auth=auth), what=name))


class DataClassSerializable(Serializable):
    """Be a dataclass that a dictionary can hold; fields that are such dataclasses are dictionaries in it."""

    def to_dict(self) -> dict[str, object]:
        """Return the fields as a dictionary."""
        return {name: _plain(getattr(self, name)) for name in _fields_of(type(self))}

    @classmethod
    def from_dict(cls, obj_dict: Mapping[str, object]) -> Self:
        """Return what a dictionary says; what it does not say is as in a new one.

        Raises:
            ValueError: It has a name that is none of the fields.
        """
        if not isinstance(obj_dict, Mapping):
            raise TypeError(f"A {cls.__name__} is made from a dictionary, not from {obj_dict!r}.")
        known = _fields_of(cls)
        unknown = sorted(set(obj_dict) - set(known))
        if unknown:
            raise UsageError(f"A {cls.__name__} has no {', '.join(unknown)}. It has {', '.join(known)}.")
        return cls(**{name: _made(known[name], value) for name, value in obj_dict.items()})


def _fields_of(cls: type) -> dict[str, object]:
    hints = get_type_hints(cls)
    return {field.name: hints[field.name] for field in dataclasses.fields(cls)}


def _plain(value: object) -> object:
    return value.to_dict() if isinstance(value, Serializable) else value


def _made(kind: object, value: object) -> object:
    inner = isinstance(kind, type) and issubclass(kind, DataClassSerializable)
    return kind.from_dict(value) if inner and isinstance(value, Mapping) else value  # type: ignore[attr-defined]
