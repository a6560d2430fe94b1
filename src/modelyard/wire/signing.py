"""Request signatures: draft-cavage HTTP signatures with RSA-SHA256, as the official clients make them.

Source: https://docs.oracle.com/en-us/iaas/Content/API/Concepts/signingrequests.htm
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import timezone
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from modelyard.errors import NotAuthenticated
from modelyard.wire.tokens import PREFIX, Tokens

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

CLOCK_SKEW = 300.0
"""How far the date of a request may be from ours, in seconds."""

_FIELD = re.compile(r'(\w+)="([^"]*)"')
_BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})
_BODY_HEADERS = ("content-length", "content-type", "x-content-sha256")


class Signed(NamedTuple):
    """Be what a valid signature says: who signed, and the body digest that was signed, if one was."""

    key_id: str
    """``tenancy/user/fingerprint`` of the key; of a session key, its token's tenancy, subject and number."""

    body_digest: str | None


class _Authorization(NamedTuple):
    key_id: str
    headers: tuple[str, ...]
    signature: bytes


def body_digest(body: bytes) -> str:
    """Return the base64 SHA-256 of a body, as ``x-content-sha256`` has it."""
    return base64.b64encode(hashlib.sha256(body).digest()).decode("ascii")


class Verifier:
    """Check signatures against a set of public keys.

    Args:
        keys: Public keys in PEM, by key id (``tenancy/user/fingerprint``).
        issuers: Public keys in PEM whose word is taken for session tokens.
    """

    def __init__(self, keys: Mapping[str, str], *, issuers: Sequence[str] = ()) -> None:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        self._invalid = InvalidSignature
        self._keys = {key_id: _public_key(pem) for key_id, pem in keys.items()}
        self._tokens = Tokens(tuple(_public_key(pem) for pem in issuers))
        self._padding = PKCS1v15()
        self._hash = SHA256()

    def check(self, *, method: str, target: str, headers: Mapping[str, str], body: bytes, now: float) -> str:
        """Return the key id that signed a request whose whole body is at hand.

        Args:
            method: The HTTP method.
            target: The raw path and query, as sent.
            headers: The request's headers, names in lower case.
            body: The whole body; a method that has one must have signed its digest.
            now: Seconds since the epoch.

        Raises:
            NotAuthenticated: The signature is missing, stale, by an unknown key, or does not fit.
        """
        signed = self.check_head(method=method, target=target, headers=headers, now=now)
        check_body(signed, method=method, body=body)
        return signed.key_id

    def check_head(self, *, method: str, target: str, headers: Mapping[str, str], now: float) -> Signed:
        """Check all but the body, for operations whose body is a stream.

        Raises:
            NotAuthenticated: The signature is missing, stale, by an unknown key, or does not fit.
        """
        authorization = _parse(headers.get("authorization"))
        key_id, key = self._find(authorization.key_id, now)
        _check_date(headers, authorization.headers, now)
        text = _signing_text(method, target, headers, authorization.headers)
        try:
            key.verify(authorization.signature, text.encode("utf-8", "surrogateescape"), self._padding, self._hash)
        except self._invalid:
            raise NotAuthenticated("The signature does not fit the request.") from None
        digest = headers.get("x-content-sha256") if "x-content-sha256" in authorization.headers else None
        return Signed(key_id, digest)

    def _find(self, key_id: str, now: float) -> tuple[str, RSAPublicKey]:
        if key_id.startswith(PREFIX):
            return self._tokens.check(key_id.removeprefix(PREFIX), now=now)
        key = self._keys.get(key_id)
        if key is None:
            raise NotAuthenticated(
                "The key that signed this request is not known here: check the profile in your config file."
            )
        return key_id, key


def check_body(signed: Signed, *, method: str, body: bytes) -> None:
    """Check the whole body of a request against what was signed.

    Raises:
        NotAuthenticated: The body is not the one that was signed, or was not signed at all.
    """
    if signed.body_digest is None and method in _BODY_METHODS:
        raise NotAuthenticated(
            "The signature does not cover the body: sign content-length, content-type and x-content-sha256 too."
        )
    if signed.body_digest is not None and signed.body_digest != body_digest(body):
        raise NotAuthenticated("The body is not the one that was signed: x-content-sha256 differs.")


def sign(
    *,
    key: RSAPrivateKey,
    key_id: str,
    method: str,
    target: str,
    host: str,
    now: float,
    content_type: str = "application/json",
    body: bytes | None = None,
) -> dict[str, str]:
    """Return the headers that sign a request.

    Args:
        key: The private key.
        key_id: ``tenancy/user/fingerprint``.
        method: The HTTP method.
        target: The raw path and query, as they will be sent.
        host: The value of the Host header, with the port.
        now: Seconds since the epoch.
        content_type: The content type, signed with a body.
        body: The body whose digest is signed; None signs the head alone, as for GET and for streams.
    """
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    headers = {"date": formatdate(now, usegmt=True), "host": host}
    names: tuple[str, ...] = ("date", "(request-target)", "host")
    if body is not None:
        headers["content-length"] = str(len(body))
        headers["content-type"] = content_type
        headers["x-content-sha256"] = body_digest(body)
        names += _BODY_HEADERS
    text = _signing_text(method, target, headers, names)
    signature = base64.b64encode(key.sign(text.encode(), PKCS1v15(), SHA256())).decode("ascii")
    headers["authorization"] = (
        f'Signature algorithm="rsa-sha256",headers="{" ".join(names)}",keyId="{key_id}",'
        f'signature="{signature}",version="1"'
    )
    return headers


def fingerprint(public_key: RSAPublicKey) -> str:
    """Return a key's fingerprint: the MD5 of its DER form, in colon-separated pairs."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    der = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    digest = hashlib.md5(der, usedforsecurity=False).hexdigest()
    return ":".join(digest[i : i + 2] for i in range(0, len(digest), 2))


def _public_key(pem: str) -> RSAPublicKey:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key = load_pem_public_key(pem.encode("ascii"))
    if not isinstance(key, RSAPublicKey):
        raise TypeError("only RSA keys sign requests")
    return key


def _parse(value: str | None) -> _Authorization:
    if not value:
        raise NotAuthenticated("The request is not signed.")
    scheme, _, rest = value.partition(" ")
    fields = dict(_FIELD.findall(rest))
    if scheme.lower() != "signature" or fields.get("algorithm") != "rsa-sha256":
        raise NotAuthenticated("The Authorization header is no rsa-sha256 signature.")
    names = tuple(fields.get("headers", "").split())
    if not {"(request-target)", "host"} <= set(names) or not {"date", "x-date"} & set(names):
        raise NotAuthenticated("The signature must cover date, (request-target) and host.")
    try:
        signature = base64.b64decode(fields.get("signature", ""), validate=True)
    except (binascii.Error, ValueError):
        raise NotAuthenticated("The signature is not base64.") from None
    return _Authorization(fields.get("keyId", ""), names, signature)


def _check_date(headers: Mapping[str, str], signed: tuple[str, ...], now: float) -> None:
    text = headers.get("x-date" if "x-date" in signed else "date", "")
    sent = _seconds(text)
    if sent is None:
        raise NotAuthenticated(f"The date {text!r} is not an HTTP date.")
    if abs(now - sent) > CLOCK_SKEW:
        raise NotAuthenticated(
            f"The request is dated {text}, more than five minutes from the time here: set this machine's clock."
        )


@lru_cache(maxsize=1024)
def _seconds(date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return None
    return moment.replace(tzinfo=moment.tzinfo or timezone.utc).timestamp()


def _signing_text(method: str, target: str, headers: Mapping[str, str], names: tuple[str, ...]) -> str:
    lines = []
    for name in names:
        if name == "(request-target)":
            lines.append(f"(request-target): {method.lower()} {target}")
            continue
        value = headers.get(name)
        if value is None:
            raise NotAuthenticated(f"The signature covers the header {name}, which the request does not have.")
        lines.append(f"{name}: {value}")
    return "\n".join(lines)
