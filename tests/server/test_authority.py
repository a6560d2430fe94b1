"""The local authority: private, lasting, renewed in time, and trusted for nothing but the service's hosts."""

from __future__ import annotations

import contextlib
import ssl
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import NameOID

from modelyard.errors import ConfigurationError
from modelyard.server.authority import keep_authority, write_bundle
from modelyard.settings import Settings
from modelyard.wire.hosts import is_owned

HOST = "datascience.local-1.oci.modelyard.internal"
NOW = datetime.now(timezone.utc)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(home=tmp_path / "home")
    keep_authority(made, now=NOW)
    return made


def files_of(settings: Settings) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in settings.authority.iterdir()}


def shake_hands(settings: Settings, host: str, *, certificate: Path | None = None) -> None:
    """Let a client that trusts the authority meet a server that shows a certificate; raise what the client thinks."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate or settings.certificate_file)
    client = ssl.create_default_context(cafile=str(settings.authority_file))
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=host),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(3):
        for end in ends:
            with contextlib.suppress(ssl.SSLWantReadError):
                end.do_handshake()


def test_keys_are_their_owners_alone_and_the_certificate_is_everybodys(settings: Settings) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in settings.authority.iterdir()}
    assert modes == {"ca.pem": 0o644, "ca-key.pem": 0o600, "server.pem": 0o600}
    assert stat.S_IMODE(settings.authority.stat().st_mode) == 0o700


def test_a_later_start_changes_nothing(settings: Settings) -> None:
    before = files_of(settings)
    keep_authority(settings, now=NOW + timedelta(days=59))
    assert files_of(settings) == before


def test_the_shown_certificate_is_renewed_before_it_expires_and_the_authority_stays(settings: Settings) -> None:
    before = files_of(settings)
    keep_authority(settings, now=NOW + timedelta(days=61))
    after = files_of(settings)
    assert after["ca.pem"] == before["ca.pem"]
    assert after["server.pem"] != before["server.pem"]


def test_an_authority_about_to_expire_is_replaced_with_all_that_it_signed(settings: Settings) -> None:
    before = files_of(settings)
    keep_authority(settings, now=NOW + timedelta(days=3630))
    after = files_of(settings)
    assert all(after[name] != before[name] for name in before)


@pytest.mark.parametrize("lost", ["ca.pem", "ca-key.pem", "server.pem"])
def test_whatever_is_lost_is_made_again_so_that_all_fits(settings: Settings, lost: str) -> None:
    (settings.authority / lost).unlink()
    keep_authority(settings, now=NOW)
    shake_hands(settings, HOST)


@pytest.mark.parametrize("name", ["ca.pem", "ca-key.pem", "server.pem"])
def test_a_damaged_file_says_what_to_do(settings: Settings, name: str) -> None:
    (settings.authority / name).write_bytes(b"-----BEGIN")
    with pytest.raises(ConfigurationError, match="Remove the folder"):
        keep_authority(settings, now=NOW)


@pytest.mark.parametrize(
    "name",
    [
        x509.DNSName("example.org"),
        x509.IPAddress(ip_address("192.0.2.1")),
        x509.IPAddress(ip_address("2001:db8::1")),
    ],
)
def test_the_authority_cannot_vouch_for_other_hosts_even_with_its_key(
    settings: Settings, tmp_path: Path, name: x509.GeneralName
) -> None:
    authority = x509.load_pem_x509_certificate(settings.authority_file.read_bytes())
    signs = load_pem_private_key((settings.authority / "ca-key.pem").read_bytes(), None)
    key = ec.generate_private_key(ec.SECP256R1())
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "example")]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signs.public_key()), critical=False)  # type: ignore[union-attr]
        .sign(signs, SHA256())  # type: ignore[arg-type]
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    forged = tmp_path / "forged.pem"
    forged.write_bytes(made.public_bytes(Encoding.PEM) + pem)
    with pytest.raises(ssl.SSLCertVerificationError, match=r"(permitted|excluded) subtree"):
        shake_hands(settings, str(name.value), certificate=forged)


@pytest.mark.parametrize(
    ("host", "owned"),
    [
        (HOST, True),
        (HOST.upper() + ".", True),
        ("ingestion.logging.local-1.oci.modelyard.internal", True),
        ("objectstorage.us-ashburn-1.oraclecloud.com", True),
        ("datascience.us-ashburn-1.oci.oraclecloud.com", False),
        ("objectstorage.us-phoenix-1.oraclecloud.com", False),
        ("evil.objectstorage.us-ashburn-1.oraclecloud.com", False),
        (f"{HOST}.evil.org", False),
        ("modelyard.internal", False),
        (".local-1.oci.modelyard.internal", False),
        ("example.org", False),
        ("", False),
    ],
)
def test_only_the_hosts_of_the_service_are_its_own(host: str, owned: bool) -> None:
    assert is_owned(host) is owned


def test_the_bundle_has_the_authority_and_what_was_trusted_before_once(settings: Settings, tmp_path: Path) -> None:
    given = tmp_path / "company.pem"
    given.write_bytes(b"the company's\n")
    write_bundle(replace(settings, ca_bundle=given))
    first = settings.bundle_file.read_bytes()
    assert first.startswith(settings.authority_file.read_bytes())
    assert first.endswith(b"the company's\n")
    write_bundle(replace(settings, ca_bundle=settings.bundle_file))  # in the shell that has the variables by now
    assert settings.bundle_file.read_bytes() == first


@pytest.mark.parametrize("given", [None, Path("/nowhere.pem"), Path("/tmp")])
def test_where_no_bundle_was_given_the_usual_authorities_are_trusted(settings: Settings, given: Path | None) -> None:
    write_bundle(replace(settings, ca_bundle=given))
    context = ssl.create_default_context(cafile=str(settings.bundle_file))
    assert context.cert_store_stats()["x509_ca"] > 50
    assert Path(certifi.where()).is_file()


def test_shells_that_write_the_bundle_at_once_leave_a_whole_one(settings: Settings) -> None:
    with ThreadPoolExecutor(8) as shells:
        for written in [shells.submit(write_bundle, settings) for _ in range(40)]:
            written.result()
    assert ssl.create_default_context(cafile=str(settings.bundle_file)).cert_store_stats()["x509_ca"] > 50


def test_a_bundle_before_the_first_start_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="modelyard up"):
        write_bundle(Settings(home=tmp_path))
