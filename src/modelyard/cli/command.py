"""A command as data: what the parser, the help and the reference are made of."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from modelyard.cli.context import Context

Convert: TypeAlias = "Callable[[str], object]"
Run: TypeAlias = "Callable[[Context, Namespace], int | None]"


@dataclass(frozen=True, kw_only=True)
class Argument:
    """Be one argument or option of a command."""

    names: tuple[str, ...]
    """One bare name for an argument; ``--name``, or ``-n`` and ``--name``, for an option."""

    about: str
    metavar: str | None = None
    convert: Convert | None = None
    choices: tuple[str, ...] | None = None
    default: object = None
    count: Literal["one", "optional", "many"] = "one"
    is_flag: bool = False
    sets: str | None = None
    """The name under which the value is found, where it is not the option's."""

    flag_value: bool = True
    is_required: bool = False

    @property
    def is_option(self) -> bool:
        """Whether it is given by name."""
        return self.names[0].startswith("-")

    @property
    def usage(self) -> str:
        """How it is written: ``--name NAME``."""
        if not self.is_option:
            return self.metavar or self.names[0].upper()
        value = "" if self.is_flag else f" {self.value_name}"
        return ", ".join(self.names) + value

    @property
    def value_name(self) -> str:
        """What stands for its value in a help text."""
        if self.metavar is None and self.choices is not None:
            return "|".join(self.choices)
        return self.metavar or self.names[-1].lstrip("-").replace("-", "_").upper()


@dataclass(frozen=True, kw_only=True)
class Command:
    """Be one command: ``modelyard model show``, say."""

    path: tuple[str, ...]
    summary: str
    """One sentence, imperative, without a full stop in between."""

    example: str
    """A command line that a reader may try."""

    run: Run
    arguments: tuple[Argument, ...] = ()
    details: str = ""

    @property
    def name(self) -> str:
        """The words behind ``modelyard``."""
        return " ".join(self.path)


@dataclass(frozen=True, kw_only=True)
class Noun:
    """Be a group of commands."""

    name: str
    summary: str


def argument(
    name: str,
    *,
    about: str,
    metavar: str | None = None,
    count: Literal["one", "optional", "many"] = "one",
    convert: Convert | None = None,
) -> Argument:
    """Return an argument that is given by its place."""
    return Argument(names=(name,), about=about, metavar=metavar, count=count, convert=convert)


def option(
    *names: str,
    about: str,
    metavar: str | None = None,
    convert: Convert | None = None,
    choices: tuple[str, ...] | None = None,
    default: object = None,
    is_required: bool = False,
    sets: str | None = None,
) -> Argument:
    """Return an option that takes a value."""
    return Argument(
        names=names,
        about=about,
        metavar=metavar,
        convert=convert,
        choices=choices,
        default=default,
        is_required=is_required,
        sets=sets,
    )


def repeated(*names: str, about: str, metavar: str, convert: Convert | None = None) -> Argument:
    """Return an option that may be given several times."""
    return Argument(names=names, about=about, metavar=metavar, convert=convert, count="many")


def flag(*names: str, about: str) -> Argument:
    """Return an option that is there or not."""
    return Argument(names=names, about=about, is_flag=True, default=False)


def switch_off(name: str, *, sets: str, about: str) -> Argument:
    """Return an option that turns off what is on by default."""
    return Argument(names=(name,), about=about, is_flag=True, sets=sets, flag_value=False, default=True)


def switch_on(name: str, *, sets: str, about: str) -> Argument:
    """Return the option that says the default aloud."""
    return Argument(names=(name,), about=about, is_flag=True, sets=sets, flag_value=True, default=True)
