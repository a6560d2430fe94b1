"""The commands env and token: what points each official client at the service of this machine, and whose they are."""

from __future__ import annotations

import json
import shlex
from argparse import Namespace
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from modelyard.cli.command import Command, flag, option
from modelyard.cli.options import hours
from modelyard.cli.output import Section
from modelyard.errors import UsageError

if TYPE_CHECKING:
    from modelyard.cli.context import Context
    from modelyard.server.installation import Installation
    from modelyard.server.sessions import Session
    from modelyard.settings import Settings

API_KEY = "api_key"
SECURITY_TOKEN = "security_token"  # noqa: S105 - the official clients' word for a way to sign
RESOURCE_PRINCIPAL = "resource_principal"
_DEFAULT_HOURS = 12.0


def env(context: Context, given: Namespace) -> None:
    """Print the settings."""
    from modelyard.server.installation import load

    settings = context.settings
    installation = load(settings)
    if given.official:
        variables = _official(context, installation, auth=given.auth, hours=given.hours)
    elif given.auth != API_KEY:
        raise UsageError(f"--auth {given.auth} goes with --official.")
    else:
        variables = variables_of(installation, settings)
    if context.output.format == "json":
        context.output.json(variables)
        return
    write = _SHELLS[given.shell]
    context.output.text("\n".join(write(name, value) for name, value in variables.items()))


def token(context: Context, given: Namespace) -> None:
    """Write a session's files, and print where they are."""
    from modelyard.server.installation import load

    installation = load(context.settings)
    session = _open(
        context.settings,
        installation,
        name=given.name,
        subject=given.resource or installation.user_id,
        hours=given.hours,
    )
    said = {
        "subject": session.subject,
        "token_file": str(session.token_file),
        "key_file": str(session.key_file),
        "config_file": str(session.config_file),
        "expires": f"{session.expires:%Y-%m-%dT%H:%M:%SZ}",
    }
    shown = {name.replace("_", " "): value for name, value in said.items()} | {"expires": session.expires}
    context.output.sections(said, [Section(f"session {given.name}", shown)])


def variables_of(installation: Installation, settings: Settings) -> dict[str, str]:
    """Return the environment variables that each client reads."""
    endpoint, config = installation.endpoint, str(settings.own_config_file)
    return {
        # modelyard's own SDK and command line
        "MODELYARD_ENDPOINT": endpoint,
        **_profile(config),
        "OCI_IAM_TYPE": API_KEY,
        # the endpoint: CLI, oracle-ads, and ocifs with all that opens oci:// through fsspec
        "OCI_CLI_ENDPOINT": endpoint,
        "OCI_ODSC_SERVICE_ENDPOINT": endpoint,
        "OCI_IDENTITY_SERVICE_ENDPOINT": endpoint,
        "FSSPEC_OCI": json.dumps({"config_kwargs": {"service_endpoint": endpoint}}),
        **_who_and_where(installation),
    }


def official_variables_of(
    installation: Installation, settings: Settings, *, session: Session | None, auth: str
) -> dict[str, str]:
    """Return the environment variables in which official clients find the service as if it were the managed one."""
    from modelyard.wire.hosts import REGION_METADATA

    proxy = installation.endpoint
    config = settings.own_config_file if session is None else session.config_file
    variables = {
        "MODELYARD_ENDPOINT": installation.endpoint,
        # both spellings: programs differ in which one they read first
        "HTTPS_PROXY": proxy,
        "https_proxy": proxy,
        "REQUESTS_CA_BUNDLE": str(settings.bundle_file),
        "OCI_REGION": installation.region,
        "OCI_REGION_METADATA": json.dumps(REGION_METADATA),
        **_profile(str(config)),
        "OCI_IAM_TYPE": auth,
        "OCI_CLI_AUTH": auth,
        # ocifs has no word for session tokens, and signs with the key of the home's own profile then
        "OCIFS_IAM_TYPE": API_KEY if auth == SECURITY_TOKEN else auth,
        "OCIFS_CONFIG_LOCATION": str(settings.own_config_file),
        **_who_and_where(installation),
    }
    if session is not None and auth == RESOURCE_PRINCIPAL:
        variables |= {
            "OCI_RESOURCE_PRINCIPAL_VERSION": "2.2",
            "OCI_RESOURCE_PRINCIPAL_RPST": str(session.token_file),
            "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM": str(session.key_file),
            "OCI_RESOURCE_PRINCIPAL_REGION": installation.region,
        }
    return variables


def _official(context: Context, installation: Installation, *, auth: str, hours: float) -> dict[str, str]:
    from modelyard.server.authority import write_bundle

    settings = context.settings
    write_bundle(settings)
    session = None
    if auth != API_KEY:
        subject = installation.project_id if auth == RESOURCE_PRINCIPAL else installation.user_id
        session = _open(settings, installation, name=auth, subject=subject, hours=hours)
    if settings.user_config_file.exists() and auth != RESOURCE_PRINCIPAL:
        context.output.note(
            f"{settings.user_config_file} is there, and the oci SDK prefers it to OCI_CONFIG_FILE: programs that name "
            "no config file go on to where it points."
        )
    return official_variables_of(installation, settings, session=session, auth=auth)


def _open(settings: Settings, installation: Installation, *, name: str, subject: str, hours: float) -> Session:
    from modelyard.server.sessions import open_session

    return open_session(
        settings,
        installation,
        name=name,
        subject=subject,
        now=datetime.now(timezone.utc),
        lifetime=timedelta(hours=hours),
    )


def _profile(config: str) -> dict[str, str]:
    """Return what names the profile: official SDK, CLI, oracle-ads, ocifs."""
    return {
        "OCI_CONFIG_FILE": config,
        "OCI_CLI_CONFIG_FILE": config,
        "OCI_CONFIG_LOCATION": config,
        "OCI_CONFIG_PROFILE": "DEFAULT",
        "OCI_CLI_PROFILE": "DEFAULT",
    }


def _who_and_where(installation: Installation) -> dict[str, str]:
    return {
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
_HOURS = option(
    "--hours",
    convert=hours,
    default=_DEFAULT_HOURS,
    about="How long the token is good; 12 hours unless said, a week at most.",
)

COMMANDS = (
    Command(
        path=("env",),
        summary="Print the settings that point the official clients at this machine's service.",
        details=(
            "The oci SDK takes its endpoint in code: service_endpoint=os.environ['MODELYARD_ENDPOINT']. The oci "
            "command, ocifs, pandas and oracle-ads need no code. With --official none of them does: the service is "
            "their proxy, answers for the hosts that they look for, and lets them reach all others."
        ),
        example='eval "$(modelyard env --official)"',
        run=env,
        arguments=(
            flag("--official", about="For programs written for the managed service, without a changed line."),
            option(
                "--auth",
                choices=(API_KEY, SECURITY_TOKEN, RESOURCE_PRINCIPAL),
                default=API_KEY,
                about="How they sign: with the key of the profile, or with a session token made now.",
            ),
            _HOURS,
            option("--shell", choices=tuple(_SHELLS), default="sh", about="Write it for this shell."),
        ),
    ),
    Command(
        path=("token",),
        summary="Make a session token and its key, for a user or for a resource that acts for itself.",
        details=(
            "The files take the place of those that a session of this name had; programs that use it read them again "
            "when the old token expires."
        ),
        example="modelyard token --hours 1",
        run=token,
        arguments=(
            option(
                "--name",
                default="default",
                about="What the session is called; its folder is in the home's oci/sessions.",
            ),
            option("--resource", metavar="OCID", about="The resource that signs with it; by default the home's user."),
            _HOURS,
        ),
    ),
)
