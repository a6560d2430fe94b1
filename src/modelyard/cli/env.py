"""The command env: what points each official client at the service of this machine."""

from __future__ import annotations

import json
import shlex
from argparse import Namespace
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from modelyard.cli.command import Command, option

if TYPE_CHECKING:
    from modelyard.cli.context import Context
    from modelyard.server.installation import Installation
    from modelyard.settings import Settings


def env(context: Context, given: Namespace) -> None:
    """Print the settings."""
    from modelyard.server.installation import load

    variables = variables_of(load(context.settings), context.settings)
    if context.output.format == "json":
        context.output.json(variables)
        return
    write = _SHELLS[given.shell]
    context.output.text("\n".join(write(name, value) for name, value in variables.items()))


def variables_of(installation: Installation, settings: Settings) -> Mapping[str, str]:
    """Return the environment variables that each client reads."""
    endpoint, config = installation.endpoint, str(settings.own_config_file)
    return {
        # modelyard's own SDK and command line
        "MODELYARD_ENDPOINT": endpoint,
        # the profile: official SDK, CLI, oracle-ads
        "OCI_CONFIG_FILE": config,
        "OCI_CLI_CONFIG_FILE": config,
        "OCI_CONFIG_LOCATION": config,
        "OCI_CONFIG_PROFILE": "DEFAULT",
        "OCI_CLI_PROFILE": "DEFAULT",
        "OCI_IAM_TYPE": "api_key",
        # the endpoint: CLI, oracle-ads, and ocifs with all that opens oci:// through fsspec
        "OCI_CLI_ENDPOINT": endpoint,
        "OCI_ODSC_SERVICE_ENDPOINT": endpoint,
        "OCI_IDENTITY_SERVICE_ENDPOINT": endpoint,
        "FSSPEC_OCI": json.dumps({"config_kwargs": {"service_endpoint": endpoint}}),
        # who and where
        "PROJECT_OCID": installation.project_id,
        "NB_SESSION_COMPARTMENT_OCID": installation.compartment_id,
        "TENANCY_OCID": installation.tenancy_id,
        "USER_OCID": installation.user_id,
    }


def _posix(name: str, value: str) -> str:
    return f"export {name}={shlex.quote(value)}"


def _fish(name: str, value: str) -> str:
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"set -gx {name} '{quoted}'"


_SHELLS: dict[str, Callable[[str, str], str]] = {"sh": _posix, "fish": _fish}

COMMANDS = (
    Command(
        path=("env",),
        summary="Print the settings that point the official clients at this machine's service.",
        details=(
            "The oci SDK takes its endpoint in code: service_endpoint=os.environ['MODELYARD_ENDPOINT']. The oci "
            "command, ocifs, pandas and oracle-ads need no code."
        ),
        example='eval "$(modelyard env)"',
        run=env,
        arguments=(option("--shell", choices=tuple(_SHELLS), default="sh", about="Write it for this shell."),),
    ),
)
