"""Every setting, from the environment: the only reader of ``os.environ``."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from modelyard.errors import ConfigurationError

DEFAULT_PORT = 8585
_LONGEST_SOCKET_FOLDER = 60  # a Unix socket's whole path may have 104 bytes (macOS), 108 on Linux
_MOST_DIGITS = 18  # of any number of bytes; int() refuses thousands of digits with an error of its own


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
    """The largest artifact taken (``MODELYARD_ARTIFACT_LIMIT``); unset: no limit."""

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

    autostart: bool = True
    """Whether an SDK call starts the service when nothing is configured and nothing runs (``MODELYARD_AUTOSTART``)."""

    config_file: Path | None = None
    """The OCI-style config file that clients sign with (``OCI_CONFIG_FILE``); unset: the home's own."""

    config_profile: str = "DEFAULT"
    """The profile in it (``OCI_CONFIG_PROFILE``)."""

    project_id: str | None = None
    """The project to save into (``PROJECT_OCID``); unset: the home's default project."""

    compartment_id: str | None = None
    """The compartment to save into (``NB_SESSION_COMPARTMENT_OCID`` and its kin); unset: the home's default one."""

    training_id: str | None = None
    """The resource that trains (``JOB_RUN_OCID``, ``NB_SESSION_OCID``), kept as provenance."""

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
    def replicas(self) -> Path:
        """The folder with one folder for each replica."""
        return self.run / "replicas"

    @property
    def sockets(self) -> Path:
        """The folder of Unix sockets: in the home where the path is short enough, else in the temporary folder."""
        inside = self.run / "s"
        if len(str(inside)) <= _LONGEST_SOCKET_FOLDER:
            return inside
        digest = hashlib.sha256(str(self.home).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"modelyard-{os.getuid()}-{digest}"

    @property
    def service_socket(self) -> Path:
        """The socket of the REST API, behind the gateway."""
        return self.sockets / "service"

    @property
    def installation_file(self) -> Path:
        """What the first start made: endpoint, tenancy, user, default compartment and project."""
        return self.home / "installation.json"

    @property
    def own_config_file(self) -> Path:
        """The OCI-style config file that the first start wrote."""
        return self.home / "oci" / "config"


def from_environ(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings that an environment says; raise ConfigurationError for a value that makes no sense."""
    env = os.environ if environ is None else environ
    return Settings(
        home=_home(env),
        host=env.get("MODELYARD_HOST") or "127.0.0.1",
        port=_whole(env, "MODELYARD_PORT", least=0, most=65535),
        endpoint=(env.get("MODELYARD_ENDPOINT") or "").rstrip("/") or None,
        gateway_processes=_whole(env, "MODELYARD_GATEWAY_PROCESSES", least=1, most=256) or 1,
        artifact_limit=_whole(env, "MODELYARD_ARTIFACT_LIMIT", least=1),
        predict_limit=_whole(env, "MODELYARD_PREDICT_LIMIT", least=1) or Settings.predict_limit,
        predict_timeout=_seconds(env, "MODELYARD_PREDICT_TIMEOUT", Settings.predict_timeout),
        load_timeout=_seconds(env, "MODELYARD_LOAD_TIMEOUT", Settings.load_timeout),
        drain_timeout=_seconds(env, "MODELYARD_DRAIN_TIMEOUT", Settings.drain_timeout),
        verify_signatures=_flag(env, "MODELYARD_VERIFY_SIGNATURES", default=True),
        default_python=env.get("MODELYARD_DEFAULT_PYTHON") or sys.executable,
        autostart=_flag(env, "MODELYARD_AUTOSTART", default=True),
        config_file=Path(env["OCI_CONFIG_FILE"]).expanduser() if env.get("OCI_CONFIG_FILE") else None,
        config_profile=env.get("OCI_CONFIG_PROFILE") or "DEFAULT",
        project_id=env.get("PROJECT_OCID") or None,
        compartment_id=_first(
            env,
            "NB_SESSION_COMPARTMENT_OCID",
            "PROJECT_COMPARTMENT_OCID",
            "JOB_RUN_COMPARTMENT_OCID",
            "PIPELINE_RUN_COMPARTMENT_OCID",
        ),
        training_id=_first(env, "JOB_RUN_OCID", "NB_SESSION_OCID"),
    )


def inherited_environ() -> dict[str, str]:
    """Return the whole environment of this process, for processes that it starts."""
    return dict(os.environ)


def _home(env: Mapping[str, str]) -> Path:
    if env.get("MODELYARD_HOME"):
        return Path(env["MODELYARD_HOME"]).expanduser().absolute()
    data = env.get("XDG_DATA_HOME")
    return (Path(data) if data else Path(env.get("HOME") or Path.home()) / ".local" / "share") / "modelyard"


def _first(env: Mapping[str, str], *names: str) -> str | None:
    return next((env[name] for name in names if env.get(name)), None)


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
