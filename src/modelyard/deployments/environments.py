"""What a deployment says of the environment of its replicas: variables, and how a container would be run."""

from __future__ import annotations

import re
from collections.abc import Mapping

from modelyard.errors import InvalidParameter
from modelyard.resources.deployment import (
    EnvironmentConfigurationDetails,
    OcirModelDeploymentEnvironmentConfigurationDetails,
)

LONGEST_VARIABLES = 2048
"""The most bytes that the environment variables of a deployment may have together."""

LONGEST_COMMAND = 2048
"""The most bytes that ``cmd`` and ``entrypoint`` of a container may have together."""

_VARIABLE = re.compile(r"[A-Za-z](?:[A-Za-z0-9_]{0,29}[A-Za-z0-9])?")
_RESERVED_PORTS = frozenset({24224, 8446, 8447})


def check(environment: EnvironmentConfigurationDetails | None) -> None:
    """Raise InvalidParameter for variables, commands and ports that are not allowed."""
    if environment is None:
        return
    _check_variables(environment.environment_variables or {})
    if isinstance(environment, OcirModelDeploymentEnvironmentConfigurationDetails):
        _check_container(environment)


def _check_container(container: OcirModelDeploymentEnvironmentConfigurationDetails) -> None:
    if not container.image:
        raise InvalidParameter("An OCIR_CONTAINER environment needs its image.")
    command = [*(container.entrypoint or ()), *(container.cmd or ())]
    size = sum(len(word.encode("utf-8", "surrogatepass")) for word in command)
    if size > LONGEST_COMMAND:
        raise InvalidParameter(f"cmd and entrypoint have {size} bytes together; {LONGEST_COMMAND} are allowed.")
    for name, port in (("serverPort", container.server_port), ("healthCheckPort", container.health_check_port)):
        if port is not None and (not 1024 <= port <= 65535 or port in _RESERVED_PORTS):
            reserved = ", ".join(map(str, sorted(_RESERVED_PORTS)))
            raise InvalidParameter(f"{name} is {port}; it takes a port from 1024 to 65535 that is none of {reserved}.")


def _check_variables(variables: Mapping[str, str]) -> None:
    for name, value in variables.items():
        if not _VARIABLE.fullmatch(name):
            raise InvalidParameter(
                f"The environment variable {name!r} has no allowed name: a letter, then up to 30 letters, digits and "
                "underscores, not ending in an underscore."
            )
        if "\0" in value:
            raise InvalidParameter(f"The environment variable {name} has a NUL character in its value.")
    size = sum(len(name.encode()) + len(value.encode()) for name, value in variables.items())
    if size > LONGEST_VARIABLES:
        raise InvalidParameter(
            f"The environment variables have {size} bytes together; {LONGEST_VARIABLES} are allowed."
        )
