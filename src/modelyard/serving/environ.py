"""The environment variables of a replica, the same for one that verifies and one that serves."""

from __future__ import annotations

from typing import Mapping

_NOT_FOR_MODELS = ("MODELYARD_", "PYTHON", "VIRTUAL_ENV", "__PYVENV")


def replica_environ(inherited: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, str]:
    """Return what a replica inherits, without what belongs to the Python or the service that starts it.

    Args:
        inherited: The environment of whoever starts it.
        variables: What its deployment asks for.
    """
    kept = {name: value for name, value in inherited.items() if not name.startswith(_NOT_FOR_MODELS)}
    return {**kept, "PYTHONUNBUFFERED": "1", **variables}
