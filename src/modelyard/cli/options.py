"""Options that several nouns share."""

from __future__ import annotations

import math
from argparse import Namespace
from collections.abc import Iterable

from modelyard.cli.command import option
from modelyard.errors import UsageError

COMPARTMENT = option("--compartment-id", metavar="OCID", about="The compartment; by default the home's own.")
PROJECT = option("--project", metavar="NAME_OR_OCID", about="The project; by default the home's own.")
NAME = option("--name", about="What it is called; by default a name is made up.")
NEW_NAME = option("--name", about="What it is to be called.")
DESCRIPTION = option("--description", metavar="TEXT", about="What people should know of it.")

_MOST_HOURS = 1_000_000


def is_any_given(given: Namespace, names: Iterable[str]) -> bool:
    """Tell whether any of these options was given, be it as 0."""
    said = (getattr(given, name) for name in names)
    return not all(value is None or value is False or value == [] for value in said)


def pairs(given: list[str] | None, *, option: str) -> dict[str, str] | None:
    """Return what several ``KEY=VALUE`` say together; None where there are none.

    Raises:
        UsageError: One has no ``=``, or no key before it.
    """
    if not given:
        return None
    split = [text.partition("=") for text in given]
    for key, equals, _ in split:
        if not key or not equals:
            raise UsageError(f"{option} is given {key!r}, and takes KEY=VALUE.")
    return {key: value for key, _, value in split}


def hours(text: str) -> float:
    """Return a number of hours; raise ValueError for one that no clock can count."""
    value = float(text)
    if not 0 < value <= _MOST_HOURS:
        raise ValueError(text)
    return value


def seconds(text: str) -> float:
    """Return a number of seconds; raise ValueError for what is none."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value
