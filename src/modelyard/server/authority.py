"""The local authority: it vouches for the hosts of this service, and its certificate says that it may for no others.

It is made at the first start and stays. The certificate that the gateway shows is made anew well before it expires.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING

from modelyard.errors import ConfigurationError
from modelyard.server.whole_file import make_private, sole_writer, write_whole
from modelyard.settings import Settings
from modelyard.wire.hosts import PATTERNS, PERMITTED

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

AUTHORITY_LIFE = timedelta(days=3650)
CERTIFICATE_LIFE = timedelta(days=90)
_RENEWED_BEFORE = timedelta(days=30)
_CLOCK_SKEW = timedelta(hours=1)
_OTHERS = b"\n# What was trusted before:\n"


@dataclass(frozen=True)
class _Issued:
    certificate: x509.Certificate
    key: EllipticCurvePrivateKey


def keep_authority(settings: Settings, *, now: datetime) -> None:
    """Make the authority and the gateway's certificate where they are missing or about to expire.

    Raises:
        ConfigurationError: Files are damaged, or cannot be written.
    """
    make_private(settings.authority)
    key_file = settings.authority / "ca-key.pem"
    authority = _read(settings.authority_file, key_file)
    if authority is None or _expires(authority, now):
        authority = _make_authority(now)
        # the key first: a certificate without its key is made again, with another key
        write_whole(key_file, _key_pem(authority.key))
        write_whole(settings.authority_file, _pem(authority.certificate), mode=0o644)
    shown = _read(settings.certificate_file, settings.certificate_file)
    if shown is None or _expires(shown, now) or not _is_by(shown.certificate, authority):
        made = _make_certificate(authority, now)
        write_whole(settings.certificate_file, _pem(made.certificate) + _key_pem(made.key))


def write_bundle(settings: Settings) -> None:
    """Write a file of the authority's certificate and of all that clients trust anyway, for ``REQUESTS_CA_BUNDLE``.

    Raises:
        ConfigurationError: There is no authority yet.
    """
    try:
        own = settings.authority_file.read_bytes()
    except FileNotFoundError:
        raise ConfigurationError(
            f"There is no {settings.authority_file} yet: run `modelyard up`, which makes it."
        ) from None
    with sole_writer(settings.bundle_file.parent):
        write_whole(settings.bundle_file, _OTHERS.join([own, _trusted_anyway(settings)]), mode=0o644)


def _trusted_anyway(settings: Settings) -> bytes:
    """Return the certificates of the file that clients have been given, else the system's, else certifi's."""
    given = settings.ca_bundle
    if given == settings.bundle_file and given.is_file():  # this shell has been here before
        return given.read_bytes().partition(_OTHERS)[2]
    import ssl

    import certifi

    system = ssl.get_default_verify_paths()
    for file in (given, system.cafile, system.openssl_cafile, certifi.where()):
        if file and Path(file).is_file():
            return Path(file).read_bytes()
    return b""


def _read(certificate_file: Path, key_file: Path) -> _Issued | None:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        key = load_pem_private_key(key_file.read_bytes(), password=None)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, OSError) as error:
        raise ConfigurationError(
            f"{certificate_file} or its key cannot be read ({error}). Remove the folder {certificate_file.parent}: the "
            "next start makes another authority, and `modelyard env --official` tells clients of it."
        ) from error
    fits = isinstance(key, EllipticCurvePrivateKey) and key.public_key() == certificate.public_key()
    return _Issued(certificate, key) if fits and isinstance(key, EllipticCurvePrivateKey) else None


def _expires(issued: _Issued, now: datetime) -> bool:
    return issued.certificate.not_valid_after_utc - now < _RENEWED_BEFORE


def _is_by(certificate: x509.Certificate, authority: _Issued) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        certificate.verify_directly_issued_by(authority.certificate)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return _names(certificate) == set(PATTERNS)


def _names(certificate: x509.Certificate) -> set[str]:
    from cryptography import x509

    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return set(names.get_values_for_type(x509.DNSName))


def _make_authority(now: datetime) -> _Issued:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256

    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"modelyard on this machine, {now:%Y-%m-%d}")
    permitted = x509.NameConstraints(
        [x509.DNSName(domain) for domain in PERMITTED],
        excluded_subtrees=[x509.IPAddress(ip_network(every)) for every in ("0.0.0.0/0", "::/0")],
    )
    builder = (
        _builder(key, now=now, life=AUTHORITY_LIFE)
        .subject_name(name)
        .issuer_name(name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(permitted, critical=True)
    )
    return _Issued(builder.sign(key, SHA256()), key)


def _make_certificate(authority: _Issued, now: datetime) -> _Issued:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.x509.oid import ExtendedKeyUsageOID

    key = ec.generate_private_key(ec.SECP256R1())
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    life = min(CERTIFICATE_LIFE, authority.certificate.not_valid_after_utc - now)
    builder = (
        _builder(key, now=now, life=life)
        .subject_name(_name("modelyard"))
        .issuer_name(authority.certificate.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(issuer_key, critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in PATTERNS]), critical=False)
    )
    return _Issued(builder.sign(authority.key, SHA256()), key)


def _builder(key: EllipticCurvePrivateKey, *, now: datetime, life: timedelta) -> x509.CertificateBuilder:
    from cryptography import x509

    return (
        x509.CertificateBuilder()
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)


def _key_pem(key: EllipticCurvePrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
