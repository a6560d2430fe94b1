"""Session tokens: what the installation issued is taken until it expires, whatever else is refused."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from oci._vendor import requests
from oci.auth.signers import EphemeralResourcePrincipalSigner, SecurityTokenSigner

from modelyard.errors import NotAuthenticated
from modelyard.wire.signing import Verifier, sign
from modelyard.wire.tokens import Bearer, Tokens, issue

NOW = 1_790_000_000.0
USER = "ocid1.user.oc98.local-1.aaaa"
BEARER = Bearer(tenancy_id="tenancy", subject=USER, compartment_id="compartment")
Issue = Callable[..., str]


@pytest.fixture(scope="module")
def issuer() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def session() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def verifier(issuer: Any) -> Verifier:
    pem = issuer.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return Verifier({}, issuers=[pem])


@pytest.fixture(scope="module")
def issued(issuer: Any, session: Any) -> Issue:
    def make(**changes: Any) -> str:
        said = {"issuer_key": issuer, "now": NOW, "lifetime": 3600.0, **changes}
        return issue(said.pop("bearer", BEARER), said.pop("key", session.public_key()), **said)

    return make


def check(verifier: Verifier, token: str, key: Any, *, now: float = NOW) -> str:
    request = {"method": "GET", "target": "/20190101/models", "now": now}
    headers = sign(key=key, key_id=f"ST${token}", host="yard.test", **request)
    return verifier.check(headers=headers, body=b"", **request)


def forged(claims: dict[str, object], key: Any, *, algorithm: str = "RS256") -> str:
    """A token that says whatever it is to say, signed by whatever key."""
    parts = [json.dumps(part).encode() for part in ({"alg": algorithm}, claims)]
    text = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
    signature = key.sign(text.encode(), PKCS1v15(), SHA256())
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def claims_of(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def test_a_request_signed_by_a_session_key_says_whose_it_is(verifier: Any, issued: Issue, session: Any) -> None:
    for moment in (NOW, NOW + 3599, NOW - 299):
        assert check(verifier, issued(), session, now=moment).split("/")[:2] == ["tenancy", USER]


@pytest.mark.parametrize(("now", "said"), [(NOW + 3600, "has expired"), (NOW - 301, "in the future")])
def test_a_token_is_good_for_its_time_alone_also_when_it_was_seen_before(
    verifier: Any, issued: Issue, session: Any, now: float, said: str
) -> None:
    token = issued()
    check(verifier, token, session)
    with pytest.raises(NotAuthenticated, match=said):
        check(verifier, token, session, now=now)


def test_a_token_without_its_key_is_worth_nothing(verifier: Any, issued: Issue, issuer: Any) -> None:
    with pytest.raises(NotAuthenticated, match="does not fit"):
        check(verifier, issued(), issuer)


def test_a_token_of_another_installation_is_refused(verifier: Any, issued: Issue, session: Any) -> None:
    with pytest.raises(NotAuthenticated, match="not issued here, or was changed"):
        check(verifier, issued(issuer_key=session), session)


def test_where_no_tokens_are_issued_none_is_taken(issued: Issue, session: Any) -> None:
    with pytest.raises(NotAuthenticated, match="not issued here"):
        check(Verifier({}), issued(), session)


def test_a_changed_claim_breaks_the_token(verifier: Any, issued: Issue, session: Any) -> None:
    head, _, signature = issued().split(".")
    claims = claims_of(issued()) | {"sub": "ocid1.user.oc98.local-1.bbbb"}
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    with pytest.raises(NotAuthenticated, match="was changed"):
        check(verifier, f"{head}.{body}.{signature}", session)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS512", ""])
def test_no_other_algorithm_is_taken(verifier: Any, issued: Issue, issuer: Any, session: Any, algorithm: str) -> None:
    with pytest.raises(NotAuthenticated, match="not signed by RS256"):
        check(verifier, forged(claims_of(issued()), issuer, algorithm=algorithm), session)


@pytest.mark.parametrize(
    "change",
    [
        {"exp": None}, {"exp": "soon"}, {"iat": []}, {"jwk": None}, {"jwk": "{"}, {"jwk": "[]"},
        {"jwk": {"kty": "EC"}}, {"jwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}}, {"jwk": {"kty": "RSA"}},
    ],
)  # fmt: skip
def test_a_token_that_lacks_something_is_refused_though_it_is_signed(
    verifier: Any, issued: Issue, issuer: Any, session: Any, change: dict[str, object]
) -> None:
    with pytest.raises(NotAuthenticated, match="lacks what it must say"):
        check(verifier, forged(claims_of(issued()) | change, issuer), session)


@given(st.text(st.characters(max_codepoint=0x24F, exclude_characters='"'), max_size=60))
def test_what_is_no_token_is_refused_whatever_it_is(text: str) -> None:
    with pytest.raises(NotAuthenticated):
        Tokens(()).check(text, now=NOW)


def test_only_so_many_tokens_are_remembered(issuer: Any, issued: Issue) -> None:
    tokens = Tokens((issuer.public_key(),))
    first = issued()
    session = tokens.check(first, now=NOW)
    assert tokens.check(first, now=NOW) is session
    for _ in range(1024):
        tokens.check(issued(), now=NOW)
    assert tokens.check(first, now=NOW) is not session


def test_the_signers_of_the_official_sdk_are_understood(verifier: Any, issuer: Any, session: Any) -> None:
    now = time.time()
    token = issue(BEARER, session.public_key(), issuer_key=issuer, now=now, lifetime=60)
    pem = session.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    principal = EphemeralResourcePrincipalSigner(session_token=token, private_key=pem, region="local-1")
    assert (principal.tenancy_id, principal.compartment_id) == ("tenancy", "compartment")
    for signer in (principal, SecurityTokenSigner(token, session)):
        request = requests.Request(
            "POST", "https://datascience.local-1.oci.modelyard.internal/20190101/models", json={}, auth=signer
        )
        made = request.prepare()
        headers = {name.lower(): value for name, value in made.headers.items()}
        said = verifier.check(method="POST", target="/20190101/models", headers=headers, body=b"{}", now=now)
        assert said.startswith(f"tenancy/{USER}/")


def test_claims_that_are_nested_without_end_are_no_token() -> None:
    part = base64.urlsafe_b64encode(b"[" * 200_000).rstrip(b"=").decode()
    with pytest.raises(NotAuthenticated, match="no JWT"):
        Tokens(()).check(f"{part}.{part}.{part}", now=NOW)
