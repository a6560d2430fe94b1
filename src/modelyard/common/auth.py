"""``auth=`` dictionaries: made from a config file, from tokens, or from a signer, and chosen for a whole process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from modelyard.client import default_auth
from modelyard.client.profile import Auth, Identity, Signer, entries_of, identity_of, key_of_pem
from modelyard.errors import ConfigurationError, UsageError
from modelyard.settings import from_environ

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from typing_extensions import Self

OCIConfig = str | Mapping[str, str] | None
"""A config file, or its entries; None is the one that ``OCI_CONFIG_FILE`` names, else the home's own."""

ClientKwargs = Mapping[str, object]
"""Keywords for the client; ``service_endpoint`` is the one that counts here."""

_LONGEST_PATH = 1024
_TOKEN = "ST$"  # noqa: S105 (what stands before a token in the name of a key)


class AuthType:
    """Name the ways to sign."""

    API_KEY = "api_key"
    RESOURCE_PRINCIPAL = "resource_principal"
    INSTANCE_PRINCIPAL = "instance_principal"
    SECURITY_TOKEN = "security_token"  # noqa: S105 (a word)


@dataclass(frozen=True)
class KeySigner:
    """Be a key and the name that the service knows it by, without the official SDK."""

    api_key: str
    identity: Identity

    @cached_property
    def private_key(self) -> RSAPrivateKey:
        """The key, read when it is first needed."""
        return self.identity.private_key()


def default_signer(client_kwargs: ClientKwargs | None = None) -> Auth:
    """Return who talks to the service where nobody says otherwise: what :func:`set_auth` chose, else the home's key.

    Args:
        client_kwargs: Keywords for the client.

    Raises:
        ConfigurationError: Nothing is configured, or what is configured makes no sense.
    """
    auth = default_auth.chosen() or api_keys()
    return {**auth, "client_kwargs": {**(auth.get("client_kwargs") or {}), **(client_kwargs or {})}}


def api_keys(oci_config: OCIConfig = None, profile: str = "DEFAULT", client_kwargs: ClientKwargs | None = None) -> Auth:
    """Return who signs with the key of a config file.

    Args:
        oci_config: The file, or its entries; by default the one that ``OCI_CONFIG_FILE`` names, else the home's own.
        profile: The profile in it.
        client_kwargs: Keywords for the client.

    Raises:
        ConfigurationError: The file, the profile or an entry is missing.
    """
    config = _entries(oci_config, profile)
    return _auth(config, _signer_of_key(config), client_kwargs)


def security_token(
    oci_config: OCIConfig = None, profile: str = "DEFAULT", client_kwargs: ClientKwargs | None = None
) -> Auth:
    """Return who signs with the session token of a config file, as ``modelyard token`` writes one.

    The arguments are those of :func:`api_keys`, which raises what it raises there.
    """
    config = _entries(oci_config, profile)
    token_file = config.get("security_token_file")
    if not token_file or not config.get("key_file"):
        raise ConfigurationError(
            "The config has no security_token_file with a key_file: `modelyard token` makes both, and a config."
        )
    return _auth({}, _signer_of_token(_text_of(token_file), config["key_file"]), client_kwargs)


def resource_principal(client_kwargs: ClientKwargs | None = None) -> Auth:
    """Return who signs as the notebook session or job that this process runs in.

    Args:
        client_kwargs: Keywords for the client.

    Raises:
        ConfigurationError: The process runs in none: ``OCI_RESOURCE_PRINCIPAL_RPST`` and ``…_PRIVATE_PEM`` say nothing.
    """
    settings = from_environ()
    token, key = settings.resource_principal_token, settings.resource_principal_key
    if not token or not key:
        raise ConfigurationError(
            "This process has no resource principal: OCI_RESOURCE_PRINCIPAL_RPST and "
            "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM are not both set. `modelyard env --official "
            "--auth resource_principal` sets them; or use api_keys()."
        )
    return _auth({}, _signer_of_token(_text_of(token), key), client_kwargs)


@dataclass(frozen=True)
class AuthChoice:
    """Be a choice of who talks to the service; a signer comes before one to be made, that before a way to sign.

    Args:
        auth: A word of :class:`AuthType`.
        oci_config_location: The config file; by default the one that ``OCI_CONFIG_FILE`` names, else the home's own.
        profile: The profile in it.
        config: Its entries, in place of the file.
        signer: Who signs: something with ``api_key`` and ``private_key``, such as a signer of the official SDK.
        signer_callable: Makes who signs, each time one is needed.
        signer_kwargs: Keywords for that.
        client_kwargs: Keywords for the client, such as ``{"service_endpoint": "http://127.0.0.1:8585"}``.

    Raises:
        ValueError: There is no such way to sign.
    """

    auth: str = AuthType.API_KEY
    oci_config_location: str | None = None
    profile: str = "DEFAULT"
    config: Mapping[str, str] | None = None
    signer: Signer | None = None
    signer_callable: Callable[..., Signer] | None = None
    signer_kwargs: Mapping[str, object] | None = None
    client_kwargs: ClientKwargs | None = None

    def __post_init__(self) -> None:
        if self.auth not in _WAYS:
            raise UsageError(f"There is no auth {self.auth!r}; there is {', '.join(_WAYS)}.")

    def make(self) -> Auth:
        """Return the dictionary.

        Raises:
            ConfigurationError: What is configured makes no sense.
        """
        signer = self.signer
        if signer is None and self.signer_callable is not None:
            signer = self.signer_callable(**(self.signer_kwargs or {}))
        return _auth(self.config or {}, signer, self.client_kwargs) if signer is not None else _WAYS[self.auth](self)


_WAYS: Mapping[str, Callable[[AuthChoice], Auth]] = {
    AuthType.API_KEY: lambda said: api_keys(said.config or said.oci_config_location, said.profile, said.client_kwargs),
    AuthType.SECURITY_TOKEN: lambda said: security_token(
        said.config or said.oci_config_location, said.profile, said.client_kwargs
    ),
    AuthType.RESOURCE_PRINCIPAL: lambda said: resource_principal(said.client_kwargs),
    AuthType.INSTANCE_PRINCIPAL: lambda _: _no_instance_principal(),
}


def create_signer(
    auth_type: str = AuthType.API_KEY,
    oci_config_location: str | None = None,
    profile: str = "DEFAULT",
    config: Mapping[str, str] | None = None,
    signer: Signer | None = None,
    signer_callable: Callable[..., Signer] | None = None,
    signer_kwargs: Mapping[str, object] | None = None,
    client_kwargs: ClientKwargs | None = None,
) -> Auth:
    """Return the dictionary of an :class:`AuthChoice`, whose arguments these are; raises what it raises."""
    return AuthChoice(
        auth_type, oci_config_location, profile, config, signer, signer_callable, signer_kwargs, client_kwargs
    ).make()


def set_auth(
    auth: str = AuthType.API_KEY,
    oci_config_location: str | None = None,
    profile: str = "DEFAULT",
    config: Mapping[str, str] | None = None,
    signer: Signer | None = None,
    signer_callable: Callable[..., Signer] | None = None,
    signer_kwargs: Mapping[str, object] | None = None,
    client_kwargs: ClientKwargs | None = None,
) -> None:
    """Choose who talks to the service from now on, in this process, where no ``auth=`` says otherwise.

    Without arguments it is again who the environment and the home say.

    Args:
        auth: A word of :class:`AuthType`: ``api_key``, ``security_token`` or ``resource_principal``.
        oci_config_location: The config file; by default the one that ``OCI_CONFIG_FILE`` names, else the home's own.
        profile: The profile in it.
        config: Its entries, in place of the file.
        signer: Who signs: something with ``api_key`` and ``private_key``, such as a signer of the official SDK.
        signer_callable: Makes who signs, each time one is needed.
        signer_kwargs: Keywords for that.
        client_kwargs: Keywords for the client, such as ``{"service_endpoint": "http://127.0.0.1:8585"}``.

    Raises:
        ValueError: There is no such way to sign.
    """
    choice = AuthChoice(
        auth, oci_config_location, profile, config, signer, signer_callable, signer_kwargs, client_kwargs
    )
    default_auth.choose(None if choice == AuthChoice() else choice.make)


@dataclass(frozen=True)
class AuthContext(AuthChoice):
    """Choose who talks to the service for a ``with`` block, in its thread alone."""

    _block: ExitStack = field(default_factory=ExitStack, init=False, repr=False, compare=False)

    def __enter__(self) -> Self:
        self._block.enter_context(default_auth.chosen_here(self.make))
        return self

    def __exit__(self, *_: object) -> None:
        self._block.close()


def _no_instance_principal() -> Auth:
    raise ConfigurationError(
        "Instance principals are told by the cloud's own machines, and this is none of them: use api_keys(), or "
        "resource_principal() with `modelyard env --official --auth resource_principal`."
    )


def _auth(config: Mapping[str, str], signer: Signer, client_kwargs: ClientKwargs | None) -> Auth:
    return {"config": config, "signer": signer, "client_kwargs": dict(client_kwargs or {})}


def _entries(oci_config: OCIConfig, profile: str) -> Mapping[str, str]:
    if isinstance(oci_config, Mapping):
        return oci_config
    if oci_config is not None:
        return entries_of(Path(oci_config), profile)
    settings = from_environ()
    if settings.config_file is not None:
        return entries_of(settings.config_file, settings.config_profile if profile == "DEFAULT" else profile)
    return entries_of(settings.own_config_file, profile)


def _signer_of_key(config: Mapping[str, str]) -> Signer:
    identity = identity_of(config, where="the config")
    if find_spec("oci") is None:
        return KeySigner(identity.key_id, identity)
    from oci.signer import Signer as OfficialSigner

    made: Signer = OfficialSigner(
        tenancy=config["tenancy"],
        user=config["user"],
        fingerprint=config["fingerprint"],
        private_key_file_location=str(identity.key_file),
        pass_phrase=identity.pass_phrase,
    )
    return made


def _signer_of_token(token: str, key: str) -> Signer:
    name = f"{_TOKEN}{token}"
    identity = Identity(key_id=name, key=key_of_pem(_text_of(key).encode(), where="The token's key"))
    if find_spec("oci") is None:
        return KeySigner(name, identity)
    from oci.auth.signers import SecurityTokenSigner

    made: Signer = SecurityTokenSigner(token, identity.private_key())
    return made


def _text_of(given: str) -> str:
    """Return a text that was given, or that of the file that was."""
    file = Path(given).expanduser() if len(given) < _LONGEST_PATH and "\n" not in given else None
    try:
        return file.read_text("utf-8").strip() if file is not None and file.is_file() else given
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror or error}.") from None
