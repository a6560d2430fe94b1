"""What the first start makes: keys, the OCIDs of tenancy, user, compartment and project, and a config profile.

The order is what makes it safe to kill: the key, then ``installation.json`` (from there on the OCIDs stand), then the
config file, which says nothing that the two do not. Each is written whole, and a start makes whatever is missing.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from modelyard import ids
from modelyard.errors import ConfigurationError
from modelyard.server.whole_file import make_private, write_whole
from modelyard.settings import Settings
from modelyard.wire.signing import fingerprint

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

_KEY_BITS = 2048
_KEY_LABEL = b"OCI_API_KEY\n"  # behind the key; the official clients warn where it is missing


@dataclass(frozen=True, kw_only=True)
class Installation:
    """Be what the first start made, and where clients find the service."""

    endpoint: str
    region: str
    tenancy_id: str
    user_id: str
    compartment_id: str
    project_id: str
    key_id: str
    """``tenancy/user/fingerprint``, as signatures name the key."""

    public_key: str
    """The public key in PEM."""


def private_key_file(settings: Settings) -> Path:
    """Return where the private key is."""
    return settings.home / "keys" / "private.pem"


def issuer_key_file(settings: Settings) -> Path:
    """Return where the private key is that signs session tokens."""
    return settings.home / "keys" / "issuer.pem"


def issuer_key(settings: Settings) -> RSAPrivateKey:
    """Return the private key that signs session tokens.

    Raises:
        ConfigurationError: Nothing was started in this home yet, or the key is damaged.
    """
    path = issuer_key_file(settings)
    if not path.exists():
        raise ConfigurationError(
            f"There is no {path} yet, which signs session tokens: run `modelyard up`, which makes it."
        )
    return _private_key(path)


def issuers(settings: Settings) -> tuple[str, ...]:
    """Return the public keys, in PEM, whose word is taken for session tokens; none in a home where none was made."""
    return (_public_pem(issuer_key(settings).public_key()),) if issuer_key_file(settings).exists() else ()


def find(settings: Settings) -> Installation | None:
    """Return the installation of a home, or None where no first start has got that far.

    Raises:
        ConfigurationError: The file is there and makes no sense.
    """
    path = settings.installation_file
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from error
    try:
        fields = json.loads(text)
        return Installation(**{name: str(fields[name]) for name in Installation.__dataclass_fields__})
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"{path} is damaged ({type(error).__name__}: {error}). Put it back from a backup; without it the OCIDs of "
            "the compartment and the project that everything was saved into are lost."
        ) from error


def load(settings: Settings) -> Installation:
    """Return the installation of a home.

    Raises:
        ConfigurationError: There is none, or it makes no sense.
    """
    installation = find(settings)
    if installation is None:
        raise ConfigurationError(
            f"Nothing was started in {settings.home} yet: run `modelyard up`, or set MODELYARD_HOME to the folder "
            "that your service uses."
        )
    return installation


def load_or_create(settings: Settings, *, endpoint: str) -> Installation:
    """Return the installation of a home with its endpoint as given, making whatever of it is missing.

    The caller holds the home's lock. A key that was removed is replaced by a new one.
    """
    _make_folders(settings)
    key = _private_key(private_key_file(settings))
    _private_key(issuer_key_file(settings))
    found = find(settings)
    installation = _with_key(found or _mint(endpoint), key.public_key())
    installation = replace(installation, endpoint=endpoint)
    _write_if_other(settings.installation_file, json.dumps(asdict(installation), indent=2).encode() + b"\n")
    _write_if_other(settings.own_config_file, _config_file(installation, private_key_file(settings)).encode())
    return installation


def _make_folders(settings: Settings) -> None:
    for folder in (settings.home, private_key_file(settings).parent, settings.own_config_file.parent, settings.run):
        make_private(folder)


def _write_if_other(path: Path, data: bytes) -> None:
    # a start that changes nothing writes nothing: it works on a full disk too
    if not path.exists() or path.read_bytes() != data:
        write_whole(path, data)


def _mint(endpoint: str) -> Installation:
    return Installation(
        endpoint=endpoint,
        region=ids.REGION,
        tenancy_id=ids.mint(ids.TENANCY),
        user_id=ids.mint(ids.USER),
        compartment_id=ids.mint(ids.COMPARTMENT),
        project_id=ids.mint(ids.PROJECT),
        key_id="",
        public_key="",
    )


def _with_key(installation: Installation, key: RSAPublicKey) -> Installation:
    key_id = f"{installation.tenancy_id}/{installation.user_id}/{fingerprint(key)}"
    return replace(installation, key_id=key_id, public_key=_public_pem(key))


def _public_pem(key: RSAPublicKey) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def _private_key(path: Path) -> RSAPrivateKey:
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        load_pem_private_key,
    )

    if not path.exists():
        # PKCS8, which every official client and openssl read
        made = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
        pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_whole(path, pem + _KEY_LABEL)
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise ConfigurationError(
            f"{path} is no private key: {error}. Remove it, and the next start makes one."
        ) from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ConfigurationError(f"{path} is no RSA key. Remove it, and the next start makes one.")
    return key


def _config_file(installation: Installation, key_file: Path) -> str:
    return (
        "# Written by `modelyard up` at every start: the profile that clients of this service sign with.\n"
        f"# endpoint: {installation.endpoint}   (`modelyard env` prints the settings for each client)\n"
        "[DEFAULT]\n"
        f"user={installation.user_id}\n"
        f"tenancy={installation.tenancy_id}\n"
        f"fingerprint={installation.key_id.rpartition('/')[2]}\n"
        f"key_file={key_file}\n"
        f"region={installation.region}\n"
    )
