"""A key pair for signatures."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from modelyard.wire.signing import Verifier


class KeyPair(NamedTuple):
    """Be a private key and what the service knows of it."""

    private: rsa.RSAPrivateKey
    key_id: str
    pem: str


@pytest.fixture(scope="session")
def pair() -> KeyPair:
    """Make a key; small, since it signs nothing that matters."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return KeyPair(private, "tenancy/user/fingerprint", pem)


@pytest.fixture(scope="session")
def verifier(pair: KeyPair) -> Verifier:
    """Know that key alone."""
    return Verifier({pair.key_id: pair.pem})
