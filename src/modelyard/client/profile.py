"""Which endpoint a client talks to, and which key it signs with."""

from __future__ import annotations

import configparser
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypedDict, runtime_checkable
from urllib.parse import urlsplit

from modelyard.errors import ConfigurationError
from modelyard.settings import Settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_NEEDED = ("user", "tenancy", "fingerprint", "key_file")


@runtime_checkable
class Signer(Protocol):
    """Be a signer of the official SDK, as far as it says which key it signs with."""

    @property
    def api_key(self) -> str:
        """The name that the service knows the key by."""

    @property
    def private_key(self) -> RSAPrivateKey:
        """The key."""


class Auth(TypedDict, total=False):
    """Be the dictionary that ``auth=`` takes: a config, or a signer, and keywords for the client."""

    config: Mapping[str, str] | None
    signer: Signer | None
    client_kwargs: Mapping[str, object] | None


@dataclass(frozen=True, kw_only=True)
class Installation:
    """Be what the first start of a service wrote down about itself."""

    endpoint: str
    compartment_id: str | None = None
    project_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Be whose requests these are: a key, and the name that the service knows it by."""

    key_id: str
    """``tenancy/user/fingerprint``."""

    key_file: Path | None = None
    pass_phrase: str | None = field(default=None, repr=False)
    key: RSAPrivateKey | None = field(default=None, repr=False)

    def private_key(self) -> RSAPrivateKey:
        """Return the key itself, read once for each process.

        Raises:
            ConfigurationError: The file is not there, or is no RSA key in PEM.
        """
        if self.key is not None:
            return self.key
        assert self.key_file is not None
        return _load_key(self.key_file, self.pass_phrase)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Be where a client goes, as whom, and what it creates things in unless told."""

    endpoint: str
    """Such as ``http://127.0.0.1:8585``, without a slash at its end."""

    identity: Identity
    compartment_id: str | None = None
    project_id: str | None = None
    service_socket: Path | None = None
    """Where the service itself listens, past its gateway; None where it is not this home's."""

    @property
    def is_loopback(self) -> bool:
        """Whether the endpoint is on this machine."""
        return is_loopback(self.endpoint)


def is_loopback(url: str) -> bool:
    """Tell whether a URL's host is this machine, by its name alone."""
    host = urlsplit(url).hostname or ""
    return host in {"localhost", "::1"} or host.startswith("127.")


def resolve(settings: Settings, *, endpoint: str | None = None, auth: Auth | None = None) -> Profile:
    """Return the profile of a client: the arguments, else the environment, else what the home says.

    Args:
        settings: The environment.
        endpoint: The address of the service; wins over everything.
        auth: A dictionary with ``config`` or ``signer``, and ``client_kwargs`` with a ``service_endpoint``.

    Raises:
        ConfigurationError: No endpoint or key is configured, or what is configured makes no sense.
    """
    of_auth = endpoint_of(auth)
    installation = read_installation(settings)
    address = endpoint or of_auth or settings.endpoint or (installation and installation.endpoint)
    if not address:
        raise ConfigurationError(
            f"No service is configured, and none was ever started in {settings.home}. Run `modelyard up`, "
            "or set MODELYARD_ENDPOINT and OCI_CONFIG_FILE to those of another machine (`modelyard env` prints them)."
        )
    profile = Profile(
        endpoint=_checked(address),
        identity=_identity_of(auth) or _configured_identity(settings),
        compartment_id=settings.compartment_id,
        project_id=settings.project_id,
    )
    if installation is None or installation.endpoint.rstrip("/") != profile.endpoint:
        return profile
    return replace(
        profile,
        compartment_id=profile.compartment_id or installation.compartment_id,
        project_id=profile.project_id or installation.project_id,
        service_socket=settings.service_socket if profile.is_loopback else None,
    )


def read_installation(settings: Settings) -> Installation | None:
    """Return what the home says of its service; None where no service was ever started in it.

    Raises:
        ConfigurationError: The file is there and is not what a service writes.
    """
    try:
        text = settings.installation_file.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ConfigurationError(f"{settings.installation_file} cannot be read: {error}.") from error
    try:
        said = json.loads(text)
        return Installation(
            endpoint=str(said["endpoint"]).rstrip("/"),
            compartment_id=said.get("compartment_id"),
            project_id=said.get("project_id"),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(
            f"{settings.installation_file} is not what `modelyard up` writes ({error!r}): restore it from a backup, "
            "or set MODELYARD_HOME to another folder."
        ) from None


def read_identity(config_file: Path, profile: str = "DEFAULT") -> Identity:
    """Return the identity that an OCI-style config file gives for a profile.

    Raises:
        ConfigurationError: The file, the profile or one of its entries is missing.
    """
    return identity_of(
        entries_of(config_file, profile), where=f"profile {profile} of {config_file}", folder=config_file.parent
    )


def entries_of(config_file: Path, profile: str = "DEFAULT") -> dict[str, str]:
    """Return the entries of a profile of an OCI-style config file.

    Raises:
        ConfigurationError: The file or the profile is missing.
    """
    parser = configparser.ConfigParser(interpolation=None)
    try:
        with config_file.expanduser().open(encoding="utf-8") as lines:
            parser.read_file(lines)
    except FileNotFoundError:
        raise ConfigurationError(
            f"The config file {config_file} is not there. Run `modelyard up`, which writes one, or set "
            "OCI_CONFIG_FILE to yours."
        ) from None
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        raise ConfigurationError(f"The config file {config_file} cannot be read: {error}.") from None
    if profile != "DEFAULT" and not parser.has_section(profile):
        known = ", ".join(["DEFAULT", *parser.sections()])
        raise ConfigurationError(
            f"The config file {config_file} has no profile {profile!r}, only {known}: set OCI_CONFIG_PROFILE to one."
        )
    return dict(parser[profile])


def identity_of(config: Mapping[str, str], *, where: str, folder: Path | None = None) -> Identity:
    """Return the identity in the entries of a config.

    Raises:
        ConfigurationError: An entry is missing.
    """
    missing = [name for name in _NEEDED if not config.get(name)]
    if missing:
        raise ConfigurationError(f"{where} lacks {', '.join(missing)}: add what `modelyard env` and your console show.")
    key_file = Path(config["key_file"]).expanduser()
    if folder is not None and not key_file.is_absolute():
        key_file = folder / key_file
    return Identity(
        key_id=f"{config['tenancy']}/{config['user']}/{config['fingerprint']}",
        key_file=key_file,
        pass_phrase=config.get("pass_phrase") or None,
    )


def endpoint_of(auth: Auth | None) -> str | None:
    """Return the address of the service that ``auth=`` names; None where it names none.

    Raises:
        ConfigurationError: It is no such dictionary. Nobody is to be taken for somebody else.
    """
    if auth is None:
        return None
    _check(auth)
    given = (auth.get("client_kwargs") or {}).get("service_endpoint")
    return str(given) if given else None


def _check(auth: object) -> None:
    takes = "auth= takes a dictionary with config or signer, and client_kwargs, as modelyard.common.auth makes them"
    if not isinstance(auth, Mapping):
        raise ConfigurationError(f"auth is {auth!r}, a {type(auth).__name__}; {takes}.")
    unknown = sorted(str(key) for key in auth if key not in Auth.__annotations__)
    if unknown:
        raise ConfigurationError(f"auth has {', '.join(unknown)}; {takes}.")


def _identity_of(auth: Auth | None) -> Identity | None:
    if not auth:
        return None
    config = auth.get("config")
    if config and config.get("user"):
        return identity_of(config, where="auth['config']")
    signer = auth.get("signer")
    if signer is None:
        return None
    if not isinstance(signer, Signer):
        raise ConfigurationError(
            f"auth['signer'] is a {type(signer).__name__}, which has no api_key and private_key to sign with: "
            "pass auth={'config': {…}} with user, tenancy, fingerprint and key_file."
        )
    return Identity(key_id=signer.api_key, key=signer.private_key)


def _configured_identity(settings: Settings) -> Identity:
    if settings.config_file is not None:
        return read_identity(settings.config_file, settings.config_profile)
    return read_identity(settings.own_config_file)


def _checked(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ConfigurationError(f"The endpoint {endpoint!r} is no address such as http://127.0.0.1:8585.")
    return endpoint.rstrip("/")


@lru_cache(maxsize=16)
def _load_key(file: Path, pass_phrase: str | None) -> RSAPrivateKey:
    try:
        pem = file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"The key file {file} cannot be read: {error.strerror or error}.") from None
    return key_of_pem(pem, pass_phrase, where=f"The key file {file}")


def key_of_pem(pem: bytes, pass_phrase: str | None = None, *, where: str = "The key") -> RSAPrivateKey:
    """Return the key in a PEM text.

    Raises:
        ConfigurationError: It is none, or no RSA key.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem, pass_phrase.encode() if pass_phrase else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigurationError(f"{where} is no private key in PEM that can be used: {error}.") from None
    if not isinstance(key, RSAPrivateKey):
        raise ConfigurationError(f"{where} is not an RSA key; requests are signed with RSA.")
    return key
