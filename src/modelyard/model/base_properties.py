"""Properties that come from arguments, dictionaries, the environment and config files; a name that is none is said."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Protocol, get_args, get_type_hints

from modelyard.errors import FileAlreadyExists, UsageError
from modelyard.model.serializable import Serializable
from modelyard.settings import inherited_environ

if TYPE_CHECKING:
    from configparser import ConfigParser

    from typing_extensions import Self

    from modelyard.client.profile import Auth

_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class HasDictionary(Protocol):
    """Be something that a dictionary can be had of, such as a :class:`ConfigSection`."""

    def to_dict(self) -> Mapping[str, object]:
        """Return it as a dictionary."""


class ConfigSection(dict[str, object]):
    """Be one profile of a config file."""

    def to_dict(self) -> dict[str, object]:
        """Return it as a dictionary."""
        return dict(self)


@dataclass
class BaseProperties(Serializable):
    """Be a set of named properties; None says that nothing was said."""

    def with_prop(self, name: str, value: object) -> Self:
        """Say a property.

        Raises:
            ValueError: There is no such property.
            TypeError: It takes no such value.
        """
        kinds = _kinds_of(type(self))
        if name not in kinds:
            raise UsageError(_no_such(name, kinds))
        setattr(self, name, _judged(name, value, kinds[name]))
        return self

    def with_dict(self, obj_dict: Mapping[str, object]) -> Self:
        """Say the properties in a dictionary: all of them, or none where one is none.

        Raises:
            TypeError: It is no dictionary, or a property takes no such value.
            ValueError: There is no such property.
        """
        if not isinstance(obj_dict, Mapping):
            raise TypeError(f"Properties come as a dictionary, not as a {type(obj_dict).__name__}.")
        trial = type(self)()
        for name, value in obj_dict.items():
            trial.with_prop(name, value)
        for name in obj_dict:
            setattr(self, name, getattr(trial, name))
        return self

    def with_env(self) -> Self:
        """Say what the environment says: for each property the variable of its name in capital letters."""
        environ = inherited_environ()
        for name, kinds in _kinds_of(type(self)).items():
            text = environ.get(name.upper())
            if text:
                self.with_prop(name, _read(name, text, kinds))
        return self

    def with_config(self, config: Mapping[str, object] | HasDictionary) -> Self:
        """Say what a profile of a config file says, whose values are text.

        Raises:
            ValueError: There is no such property, or its text makes no sense.
        """
        said = config if isinstance(config, Mapping) else config.to_dict()
        kinds = _kinds_of(type(self))
        return self.with_dict({name: _read(name, value, kinds.get(name, ())) for name, value in said.items()})

    def to_dict(self) -> dict[str, object]:
        """Return the properties that are set."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def from_dict(cls, obj_dict: Mapping[str, object]) -> Self:
        """Return the properties in a dictionary; raises as :meth:`with_dict` does."""
        return cls().with_dict(obj_dict)

    @classmethod
    def from_config(cls, uri: str, profile: str, auth: Auth | None = None) -> Self:
        """Return the properties in a profile of a config file.

        Args:
            uri: The file, here or in object storage.
            profile: The name of its section.
            auth: Who asks object storage.

        Raises:
            FileNotFoundError: There is no such file.
            ValueError: It has no such profile, or that has something that is no property.
        """
        parser = _parsed(_text_at(uri, auth), uri)
        if profile != parser.default_section and not parser.has_section(profile):
            there = ", ".join(parser.sections()) or "none"
            raise UsageError(f"{uri} has no profile {profile!r}; there is {there}.")
        return cls().with_config(dict(parser[profile]))

    def to_config(self, uri: str, profile: str, force_overwrite: bool | None = False, auth: Auth | None = None) -> None:
        """Write the properties that are set into a profile of a config file; its other profiles stay.

        Args:
            uri: The file, here or in object storage.
            profile: The name of its section.
            force_overwrite: Whether a profile that is there already may be written over.
            auth: Who asks object storage.

        Raises:
            FileAlreadyExists: The file has such a profile, and it was not to be written over.
        """
        from modelyard.model.spec_files import written

        try:
            parser = _parsed(_text_at(uri, auth), uri)
        except FileNotFoundError:
            parser = _parsed("", uri)
        there = bool(parser.defaults()) if profile == parser.default_section else parser.has_section(profile)
        if there and not force_overwrite:
            raise FileAlreadyExists(
                f"{uri} has a profile {profile!r} already: pass force_overwrite=True to write over it."
            )
        parser[profile] = {name: str(value) for name, value in self.to_dict().items()}
        lines = io.StringIO()
        parser.write(lines)
        written(lines.getvalue(), uri, auth=auth)


def _text_at(uri: str, auth: Auth | None) -> str:
    from modelyard.model.spec_files import text_given

    return text_given(None, uri, what="config file", auth=auth)


def _parsed(text: str, uri: str) -> ConfigParser:
    import configparser

    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(text, source=uri)
    except configparser.Error as error:
        raise UsageError(f"{uri} is no config file: {error}") from None
    return parser


@cache
def _kinds_of(cls: type) -> dict[str, tuple[type, ...]]:
    """Return the types that each property may have, None apart."""
    hints = get_type_hints(cls)
    kinds = {field.name: get_args(hints[field.name]) or (hints[field.name],) for field in fields(cls)}
    return {name: tuple(kind for kind in among if kind is not type(None)) for name, among in kinds.items()}


def _judged(name: str, value: object, kinds: tuple[type, ...]) -> object:
    plain = value.item() if hasattr(value, "item") else value  # numpy's numbers
    if isinstance(plain, os.PathLike):
        plain = os.fspath(plain)
    if plain is None or type(plain) in kinds or (isinstance(plain, str) and str in kinds):
        return plain
    if float in kinds and type(plain) is int:
        return plain
    words = " or ".join(kind.__name__ for kind in kinds)
    raise TypeError(f"{name} is {value!r}, a {type(value).__name__}; it takes {words}.")


def _read(name: str, value: object, kinds: tuple[type, ...]) -> object:
    """Return what a text says of a property that is no text."""
    if not isinstance(value, str) or not kinds or str in kinds:
        return value
    if bool in kinds:
        if value.strip().lower() not in _TRUTH:
            raise UsageError(f"{name} is {value!r}; it takes true or false.")
        return _TRUTH[value.strip().lower()]
    try:
        number = float(value)
    except ValueError:
        raise UsageError(f"{name} is {value!r}; it takes a number.") from None
    if int in kinds and not number.is_integer():
        raise UsageError(f"{name} is {value!r}; it takes a whole number.")
    return int(number) if number.is_integer() else number


def _no_such(name: str, known: Mapping[str, object]) -> str:
    import difflib

    near = difflib.get_close_matches(name, known, n=1)
    advice = f"Did you mean {near[0]}?" if near else f"There are {', '.join(sorted(known))}."
    return f"{name}: no such property. {advice}"
