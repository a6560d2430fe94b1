"""What is installed in another environment, told from its folders: none of its code runs."""

from __future__ import annotations

import re
from pathlib import Path

_PLACES = ("lib/python3*/site-packages", "lib/python3*/dist-packages", "lib/python3/dist-packages", "Lib/site-packages")


def has_distribution(interpreter: Path, name: str) -> bool:
    """Tell whether the environment of an interpreter has a distribution installed.

    Args:
        interpreter: ``<prefix>/bin/python``, not resolved: a virtual environment's is a link to somewhere else.
        name: The distribution's name, in the normal form.
    """
    prefix = interpreter.parent.parent
    records = (record for place in _PLACES for record in prefix.glob(f"{place}/*-info"))
    return any(_name_of(record) == name for record in records)


def _name_of(record: Path) -> str:
    """Return the distribution's name from its record, ``<name>-<version>.dist-info``."""
    return re.sub(r"[-_.]+", "-", record.name.partition("-")[0]).lower()
