"""Session tokens: JWTs that say whose a session key is, until when; requests signed by it have the key id ``ST$<jwt>``.

The claims are those that the official signers read: ``jwk``, ``exp``, ``iat``, ``res_tenant``, ``res_compartment``.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from modelyard.errors import NotAuthenticated

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

PREFIX = "ST$"
"""What a key id begins with that is a token."""

ISSUER = "modelyard"
_ALGORITHM = "RS256"
_SHORTEST_KEY = 2048
_MOST_KNOWN = 1024  # tokens whose own signature was checked already
_CLOCK_SKEW = 300.0

_AGAIN = "get another with `modelyard token`"


@dataclass(frozen=True, kw_only=True)
class Bearer:
    """Be who signs with a token's key."""

    tenancy_id: str
    subject: str
    """The OCID of a user, or of a resource that acts for itself."""

    compartment_id: str


class Session(NamedTuple):
    """Be what a valid token says: under which name its key signs, and the key."""

    key_id: str
    key: RSAPublicKey


class _Known(NamedTuple):
    session: Session
    begins: float
    expires: float


def issue(
    bearer: Bearer,
    session_key: RSAPublicKey,
    *,
    issuer_key: RSAPrivateKey,
    now: float,
    lifetime: float,
) -> str:
    """Return a token for a session key.

    Args:
        bearer: Whose requests the key will sign.
        session_key: The public half of the key.
        issuer_key: The installation's key for tokens.
        now: Seconds since the epoch.
        lifetime: For how many seconds it is good.
    """
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    is_user = bearer.subject.startswith("ocid1.user.")
    claims = {
        "iss": ISSUER,
        "sub": bearer.subject,
        "tenant": bearer.tenancy_id,
        "ptype": "user" if is_user else "resource",
        "ttype": "upst" if is_user else "res_sp",
        "iat": int(now),
        "exp": int(now + lifetime),
        "sess_exp": int(now + lifetime),
        "jti": secrets.token_hex(16),
        "res_id": bearer.subject,
        "res_tenant": bearer.tenancy_id,
        "res_compartment": bearer.compartment_id,
        "jwk": json.dumps(_jwk_of(session_key)),
    }
    text = f"{_encoded({'alg': _ALGORITHM, 'typ': 'JWT'})}.{_encoded(claims)}"
    return f"{text}.{_base64url(issuer_key.sign(text.encode(), PKCS1v15(), SHA256()))}"


class Tokens:
    """Check tokens; one that was found good is remembered until it expires.

    Args:
        issuers: The public keys that sign tokens.
    """

    def __init__(self, issuers: tuple[RSAPublicKey, ...]) -> None:
        self._issuers = issuers
        self._known: OrderedDict[str, _Known] = OrderedDict()

    def check(self, token: str, *, now: float) -> Session:
        """Return the session of a token.

        Raises:
            NotAuthenticated: It is no token, not from here, or over.
        """
        known = self._known.get(token)
        if known is None:
            known = self._known[token] = self._read(token)
            if len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        if now >= known.expires:
            raise NotAuthenticated(f"The session token has expired: {_AGAIN}.")
        if now < known.begins - _CLOCK_SKEW:
            raise NotAuthenticated("The session token was issued in the future: set this machine's clock.")
        return known.session

    def _read(self, token: str) -> _Known:
        text, _, signature = token.rpartition(".")
        head, _, body = text.partition(".")
        header, claims = _decoded(head), _decoded(body)
        if header.get("alg") != _ALGORITHM:
            raise NotAuthenticated(f"The session token is not signed by {_ALGORITHM}: {_AGAIN}.")
        self._check_signature(text, signature)
        try:
            tenancy, subject = claims["tenant"], claims["sub"]
            key, begins, expires = _key_of(claims["jwk"]), _seconds(claims["iat"]), _seconds(claims["exp"])
        except (KeyError, TypeError, ValueError) as error:
            raise NotAuthenticated(f"The session token lacks what it must say ({error!r}): {_AGAIN}.") from None
        return _Known(Session(f"{tenancy}/{subject}/{claims.get('jti')}", key), begins, expires)

    def _check_signature(self, text: str, signature: str) -> None:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        raw = _bytes(signature)
        for issuer in self._issuers:
            try:
                issuer.verify(raw, text.encode(), PKCS1v15(), SHA256())
            except InvalidSignature:
                continue
            return
        raise NotAuthenticated(f"The session token was not issued here, or was changed: {_AGAIN}.")


def _jwk_of(key: RSAPublicKey) -> dict[str, str]:
    numbers = key.public_numbers()
    return {
        "kty": "RSA",
        "alg": _ALGORITHM,
        "use": "sig",
        "n": _base64url(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")),
        "e": _base64url(numbers.e.to_bytes((numbers.e.bit_length() + 7) // 8, "big")),
    }


def _key_of(claim: object) -> RSAPublicKey:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

    jwk = json.loads(claim) if isinstance(claim, str) else claim
    if not isinstance(jwk, Mapping) or jwk.get("kty") != "RSA":
        raise ValueError("its jwk is no RSA key")
    n, e = (int.from_bytes(_bytes(str(jwk[name])), "big") for name in ("n", "e"))
    if n.bit_length() < _SHORTEST_KEY:
        raise ValueError(f"its key has less than {_SHORTEST_KEY} bits")
    return RSAPublicNumbers(e, n).public_key()


def _seconds(claim: object) -> float:
    if not isinstance(claim, (int, float)):
        raise TypeError(f"{claim!r} is no number of seconds")
    return float(claim)


def _encoded(value: Mapping[str, object]) -> str:
    return _base64url(json.dumps(value, separators=(",", ":")).encode())


def _decoded(text: str) -> Mapping[str, object]:
    try:
        value = json.loads(_bytes(text))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise NotAuthenticated(f"The session token is no JWT: {_AGAIN}.")
    return value


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise NotAuthenticated(f"The session token is no JWT: {_AGAIN}.") from None
