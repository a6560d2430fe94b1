"""Sessions: a key for a while, and a token of the installation that says whose it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from modelyard import ids
from modelyard.errors import UsageError
from modelyard.server.installation import Installation, issuer_key
from modelyard.server.whole_file import make_private, sole_writer, write_whole
from modelyard.settings import Settings
from modelyard.wire.signing import fingerprint
from modelyard.wire.tokens import Bearer, issue

LONGEST = timedelta(days=7)
_KEY_BITS = 2048
_LABEL = b"OCI_API_KEY\n"  # behind the key; the official clients warn where it is missing
_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, kw_only=True)
class Session:
    """Be the files of a session, as official clients read them."""

    subject: str
    token_file: Path
    key_file: Path
    config_file: Path
    """A config file whose DEFAULT profile signs with the session."""

    expires: datetime


def open_session(
    settings: Settings,
    installation: Installation,
    *,
    name: str,
    subject: str,
    now: datetime,
    lifetime: timedelta,
) -> Session:
    """Make a key and a token for it, in the place of those that the session had; programs that read its files go on.

    Args:
        settings: Says where the files are.
        installation: Whose service it is.
        name: What the folder of the session is called.
        subject: The OCID of the user or the resource that it is for.
        now: The time, with its zone.
        lifetime: How long it is good.

    Raises:
        UsageError: The subject is no OCID, or the name or the lifetime will not do.
        ConfigurationError: Nothing was started in this home yet.
    """
    if not ids.is_ocid(subject):
        raise UsageError(f"{subject!r} is no OCID of a user or a resource.")
    if not _FOLDER.fullmatch(name):
        raise UsageError(f"A session cannot be called {name!r}: use letters, digits, hyphens, underscores, periods.")
    if not timedelta(0) < lifetime <= LONGEST:
        raise UsageError(f"A session lasts up to {LONGEST.days * 24} hours, not {lifetime.total_seconds() / 3600:g}.")
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    signs = issuer_key(settings)
    key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    bearer = Bearer(tenancy_id=installation.tenancy_id, subject=subject, compartment_id=installation.compartment_id)
    token = issue(bearer, key.public_key(), issuer_key=signs, now=now.timestamp(), lifetime=lifetime.total_seconds())
    folder = settings.sessions / name
    session = Session(
        subject=subject,
        token_file=folder / "token",
        key_file=folder / "private.pem",
        config_file=folder / "config",
        expires=now + lifetime,
    )
    make_private(folder)
    config = _config(installation, session, key_fingerprint=fingerprint(key.public_key()))
    with sole_writer(folder):
        write_whole(session.key_file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + _LABEL)
        write_whole(session.token_file, token.encode("ascii"))
        write_whole(session.config_file, config.encode())
    return session


def _config(installation: Installation, session: Session, *, key_fingerprint: str) -> str:
    return (
        f"# Written by `modelyard token`: good until {session.expires:%Y-%m-%dT%H:%M:%SZ}.\n"
        "[DEFAULT]\n"
        f"user={installation.user_id}\n"
        f"tenancy={installation.tenancy_id}\n"
        f"fingerprint={key_fingerprint}\n"
        f"key_file={session.key_file}\n"
        f"security_token_file={session.token_file}\n"
        f"region={installation.region}\n"
    )
