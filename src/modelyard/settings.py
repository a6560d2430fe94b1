"""Every setting, from the environment: the only reader of ``os.environ``."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from modelyard.errors import ConfigurationError

DEFAULT_PORT = 8585
_LONGEST_SOCKET_FOLDER = 60  # a Unix socket's whole path may have 104 bytes (macOS), 108 on Linux
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
_MOST_DIGITS = 18  # of any number of bytes; int() refuses thousands of digits with an error of its own


class Limits(NamedTuple):
    """Say how many bytes an artifact may have."""

    artifact: int | None = None
    upload: int | None = None
    """The same for one that comes in one request."""


PROFILES = {
    "oci-console": Limits(artifact=100_000_000, upload=100_000_000),
    "oci-6gb": Limits(artifact=6_000_000_000, upload=2 * 1024**3),
    "oci-20gb": Limits(artifact=20_000_000_000, upload=2 * 1024**3),
}
"""What ``MODELYARD_LIMITS`` takes."""


@dataclass(frozen=True)
class Settings:
    """Be the settings of one process; sizes in bytes, times in seconds."""

    home: Path
    """The one folder that holds all state (``MODELYARD_HOME``; by default ``$XDG_DATA_HOME/modelyard``)."""

    host: str = "127.0.0.1"
    """The address that the gateway listens on (``MODELYARD_HOST``)."""

    port: int | None = None
    """The port of the gateway (``MODELYARD_PORT``). Unset: the one used last, else 8585 or, if taken, any free one."""

    endpoint: str | None = None
    """Where clients find the service (``MODELYARD_ENDPOINT``); unset: what the home says."""

    gateway_processes: int = 1
    """How many processes share the public port (``MODELYARD_GATEWAY_PROCESSES``)."""

    artifact_limit: int | None = None
    """The largest artifact taken (``MODELYARD_ARTIFACT_LIMIT``); unset: what ``MODELYARD_LIMITS`` says, or no limit.

    The profiles of ``MODELYARD_LIMITS`` are the managed service's at different ages, for those who want to find out
    here what it would refuse: ``oci-console`` takes 100 MB, ``oci-6gb`` and ``oci-20gb`` that much by a bucket and 2 GB
    in one request.
    """

    upload_limit: int | None = None
    """The largest artifact taken in one request (``MODELYARD_UPLOAD_LIMIT``); unset: as for the largest artifact."""

    predict_limit: int = 10 * 1024 * 1024
    """The largest body of a predict request (``MODELYARD_PREDICT_LIMIT``)."""

    predict_timeout: float = 60.0
    """How long a prediction may take (``MODELYARD_PREDICT_TIMEOUT``)."""

    load_timeout: float = 600.0
    """How long a model may take to load (``MODELYARD_LOAD_TIMEOUT``)."""

    drain_timeout: float = 60.0
    """How long a replica that is to stop goes on with the requests it holds (``MODELYARD_DRAIN_TIMEOUT``)."""

    verify_signatures: bool = True
    """Whether requests must be signed (``MODELYARD_VERIFY_SIGNATURES``; 0 is for measurements only)."""

    default_python: str = field(default_factory=lambda: sys.executable)
    """The interpreter of the default environment (``MODELYARD_DEFAULT_PYTHON``); by default the service's own."""

    packs: Mapping[str, Path] = field(default_factory=dict)
    """Environments that serve under the names of service packs (``MODELYARD_PACKS=slug=/prefix:slug2=/prefix2``)."""

    container_runtime: tuple[str, ...] = ()
    """How containers are run: a program and its own options (``MODELYARD_CONTAINER_RUNTIME="podman --root /x"``).

    Unset: podman or, where there is none, docker.
    """

    tunnel: bool = True
    """Whether programs on this machine that use the service as their proxy reach other hosts (``MODELYARD_TUNNEL``)."""

    autostart: bool = True
    """Whether an SDK call starts the service when nothing is configured and nothing runs (``MODELYARD_AUTOSTART``)."""

    config_file: Path | None = None
    """The OCI-style config file that clients sign with (``OCI_CONFIG_FILE``); unset: the home's own."""

    config_profile: str = "DEFAULT"
    """The profile in it (``OCI_CONFIG_PROFILE``)."""

    user_config_file: Path = Path("~/.oci/config")
    """The config file that the oci SDK reads before ``OCI_CONFIG_FILE`` (in ``HOME``); never written."""

    ca_bundle: Path | None = None
    """The authorities that clients trust by now (``REQUESTS_CA_BUNDLE``, ``CURL_CA_BUNDLE``, ``SSL_CERT_FILE``)."""

    project_id: str | None = None
    """The project to save into (``PROJECT_OCID``); unset: the home's default project."""

    compartment_id: str | None = None
    """The compartment to save into (``NB_SESSION_COMPARTMENT_OCID`` and its kin); unset: the home's default one."""

    training_id: str | None = None
    """The resource that trains (``JOB_RUN_OCID``, ``NB_SESSION_OCID``), kept as provenance."""

    metadata_value_limit: int = 16_000
    """The most characters of a custom metadata value in the SDK (``MODELYARD_METADATA_VALUE_LIMIT``).

    255 is what older versions of the managed service take.
    """

    resource_principal_token: str | None = None
    """The token of the resource that this process runs in, or its file (``OCI_RESOURCE_PRINCIPAL_RPST``)."""

    resource_principal_key: str | None = field(default=None, repr=False)
    """The key of that token, or its file (``OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM``)."""

    model_version_set_id: str | None = None
    """The model version set that saves go into (``MODEL_VERSION_SET_ID``); unset: none, unless one is named."""

    model_version_set_name: str | None = None
    """The same, by its name (``MODEL_VERSION_SET_NAME``)."""

    model_version_set_compartment_id: str | None = None
    """Where that name is looked up (``MODEL_VERSION_SET_COMPARTMENT_ID``); unset: where the model is saved."""

    # ── where things are in the home ─────────────────────────────────────────────────────────────────────────────────

    @property
    def database_file(self) -> Path:
        """The SQLite database."""
        return self.home / "modelyard.db"

    @property
    def blobs(self) -> Path:
        """The folder of blobs, by digest."""
        return self.home / "blobs"

    @property
    def artifacts(self) -> Path:
        """The folder of artifacts unpacked for replicas, by digest."""
        return self.home / "artifacts"

    @property
    def logs(self) -> Path:
        """The folder of log files."""
        return self.home / "logs"

    @property
    def run(self) -> Path:
        """The folder of what is true only while something runs: pid files, routes, replicas."""
        return self.home / "run"

    @property
    def routes_file(self) -> Path:
        """What the gateway routes by; written by the service, read by every gateway process."""
        return self.run / "routes.json"

    @property
    def spool(self) -> Path:
        """Where gateway processes leave access lines for the service."""
        return self.run / "access"

    @property
    def replicas(self) -> Path:
        """The folder with one folder for each replica."""
        return self.run / "replicas"

    @property
    def sockets(self) -> Path:
        """The folder of Unix sockets: in the home where the path is short enough, else in ``/tmp``."""
        inside = self.run / "s"
        if len(os.fsencode(inside)) <= _LONGEST_SOCKET_FOLDER:
            return inside
        digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
        # not TMPDIR, which differs from one start to the next, and may be long itself
        return Path("/tmp") / f"modelyard-{os.getuid()}-{digest}"  # noqa: S108 - made by make_own()

    @property
    def service_socket(self) -> Path:
        """The socket of the REST API, behind the gateway."""
        return self.sockets / "service"

    @property
    def saves(self) -> Path:
        """The folder of what is known of saves that were interrupted."""
        return self.home / "saves"

    @property
    def installation_file(self) -> Path:
        """What the first start made: endpoint, tenancy, user, default compartment and project."""
        return self.home / "installation.json"

    @property
    def own_config_file(self) -> Path:
        """The OCI-style config file that the first start wrote."""
        return self.home / "oci" / "config"

    @property
    def sessions(self) -> Path:
        """The folder of session tokens and their keys, a folder for each."""
        return self.home / "oci" / "sessions"

    @property
    def authority(self) -> Path:
        """The folder of the local authority, whose word is good for the hosts of this service alone."""
        return self.home / "authority"

    @property
    def authority_file(self) -> Path:
        """The authority's certificate, for clients to trust."""
        return self.authority / "ca.pem"

    @property
    def certificate_file(self) -> Path:
        """The certificate that the gateway shows, and its key."""
        return self.authority / "server.pem"

    @property
    def bundle_file(self) -> Path:
        """The authority's certificate and those that clients trust anyway."""
        return self.authority / "bundle.pem"


def from_environ(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings that an environment says; raise ConfigurationError for a value that makes no sense."""
    env = os.environ if environ is None else environ
    return Settings(
        home=_home(env),
        host=env.get("MODELYARD_HOST") or "127.0.0.1",
        port=_whole(env, "MODELYARD_PORT", least=0, most=65535),
        endpoint=(env.get("MODELYARD_ENDPOINT") or "").rstrip("/") or None,
        gateway_processes=_whole(env, "MODELYARD_GATEWAY_PROCESSES", least=1, most=256) or 1,
        artifact_limit=_limit(env, "MODELYARD_ARTIFACT_LIMIT").artifact,
        upload_limit=_limit(env, "MODELYARD_UPLOAD_LIMIT").upload,
        predict_limit=_whole(env, "MODELYARD_PREDICT_LIMIT", least=1) or Settings.predict_limit,
        predict_timeout=_seconds(env, "MODELYARD_PREDICT_TIMEOUT", Settings.predict_timeout),
        load_timeout=_seconds(env, "MODELYARD_LOAD_TIMEOUT", Settings.load_timeout),
        drain_timeout=_seconds(env, "MODELYARD_DRAIN_TIMEOUT", Settings.drain_timeout),
        verify_signatures=_flag(env, "MODELYARD_VERIFY_SIGNATURES", default=True),
        default_python=env.get("MODELYARD_DEFAULT_PYTHON") or sys.executable,
        packs=_packs(env, "MODELYARD_PACKS"),
        container_runtime=_words(env, "MODELYARD_CONTAINER_RUNTIME"),
        tunnel=_flag(env, "MODELYARD_TUNNEL", default=True),
        autostart=_flag(env, "MODELYARD_AUTOSTART", default=True),
        config_file=Path(env["OCI_CONFIG_FILE"]).expanduser() if env.get("OCI_CONFIG_FILE") else None,
        config_profile=env.get("OCI_CONFIG_PROFILE") or "DEFAULT",
        user_config_file=Path(env.get("HOME") or Path.home()) / ".oci" / "config",
        ca_bundle=_path(_first(env, "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")),
        project_id=env.get("PROJECT_OCID") or None,
        compartment_id=_first(
            env,
            "NB_SESSION_COMPARTMENT_OCID",
            "PROJECT_COMPARTMENT_OCID",
            "JOB_RUN_COMPARTMENT_OCID",
            "PIPELINE_RUN_COMPARTMENT_OCID",
        ),
        training_id=_first(env, "JOB_RUN_OCID", "NB_SESSION_OCID"),
        metadata_value_limit=_whole(env, "MODELYARD_METADATA_VALUE_LIMIT", least=1, most=16_000) or 16_000,
        resource_principal_token=env.get("OCI_RESOURCE_PRINCIPAL_RPST") or None,
        resource_principal_key=env.get("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM") or None,
        model_version_set_id=env.get("MODEL_VERSION_SET_ID") or None,
        model_version_set_name=env.get("MODEL_VERSION_SET_NAME") or None,
        model_version_set_compartment_id=env.get("MODEL_VERSION_SET_COMPARTMENT_ID") or None,
    )


def inherited_environ() -> dict[str, str]:
    """Return the whole environment of this process, for processes that it starts."""
    return dict(os.environ)


def _home(env: Mapping[str, str]) -> Path:
    data = Path(env.get("XDG_DATA_HOME") or Path(env.get("HOME") or Path.home()) / ".local" / "share")
    home = Path(env["MODELYARD_HOME"]).expanduser().absolute() if env.get("MODELYARD_HOME") else data / "modelyard"
    try:
        str(home).encode()
    except UnicodeEncodeError:  # no config file, and nothing that is sent, could name what is in it
        raise ConfigurationError(
            f"The home would be {str(home)!r}, a path that is not UTF-8. Set MODELYARD_HOME to another folder."
        ) from None
    return home


def _limit(env: Mapping[str, str], name: str) -> Limits:
    """Return the limits that a variable, or else the profile, says."""
    profile = env.get("MODELYARD_LIMITS")
    if profile and profile not in PROFILES:
        raise ConfigurationError(f"MODELYARD_LIMITS is {profile!r}; it takes {', '.join(PROFILES)}.")
    own = _whole(env, name, least=1)
    if own is not None:
        return Limits(artifact=own, upload=own)
    return PROFILES[profile] if profile else Limits()


def _first(env: Mapping[str, str], *names: str) -> str | None:
    return next((env[name] for name in names if env.get(name)), None)


def _path(text: str | None) -> Path | None:
    return Path(text).expanduser() if text else None


def _packs(env: Mapping[str, str], name: str) -> dict[str, Path]:
    packs: dict[str, Path] = {}
    for part in filter(None, (env.get(name) or "").split(os.pathsep)):
        slug, _, prefix = part.partition("=")
        if not _SLUG.fullmatch(slug) or not Path(prefix).expanduser().is_absolute() or slug in packs:
            raise ConfigurationError(
                f"{name} has {part!r}; it takes slug=/prefix, each slug once, separated by {os.pathsep!r}."
            )
        packs[slug] = Path(prefix).expanduser()
    return packs


def _words(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    text = env.get(name) or ""
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise ConfigurationError(f"{name} is {text!r}; it takes words as a shell does: {error}.") from None


def _whole(env: Mapping[str, str], name: str, *, least: int, most: int | None = None) -> int | None:
    text = env.get(name)
    if not text:
        return None
    value = int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None
    if value is None or value < least or (most is not None and value > most):
        limits = f"from {least} to {most}" if most is not None else f"of at least {least}"
        raise ConfigurationError(f"{name} is {text!r}; it takes a whole number {limits}.")
    return value


def _seconds(env: Mapping[str, str], name: str, default: float) -> float:
    text = env.get(name)
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise ConfigurationError(f"{name} is {text!r}; it takes a number of seconds above 0.")
    return value


def _flag(env: Mapping[str, str], name: str, *, default: bool) -> bool:
    text = (env.get(name) or "").lower()
    if not text:
        return default
    if text in {"1", "true", "yes", "on"}:
        return True
    if text in {"0", "false", "no", "off"}:
        return False
    raise ConfigurationError(f"{name} is {env[name]!r}; it takes 1 or 0.")
