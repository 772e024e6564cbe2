"""The forms that the authority fills in: certificates and lines of the revocation list, as RFC 5280 profiles them."""

import datetime as dt

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Span = tuple[dt.datetime, dt.datetime]
"""From when, until when."""
SKEW = dt.timedelta(hours=1)
"""How far a certificate or a list reaches back, for clocks that are behind."""


def digest(key: ec.EllipticCurvePublicKey) -> str:
    """What tells two keys apart: SHA-256 of the public half."""
    summed = hashes.Hash(hashes.SHA256())
    summed.update(
        key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return summed.finalize().hex()


def _common(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def authority_key(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """Which key of the authority signed."""
    own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, span: Span
) -> x509.CertificateBuilder:
    serial, (since, until) = x509.random_serial_number(), span
    made = x509.CertificateBuilder(issuer, subject, key, serial, since - SKEW, until)
    return made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def own_certificate(key: ec.EllipticCurvePrivateKey, name: str, span: Span) -> x509.Certificate:
    """The authority's own certificate."""
    made = _builder(_common(name), _common(name), key.public_key(), span)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return made.add_extension(_usage(signs=True), critical=True).sign(key, hashes.SHA256())


def client_certificate(
    issuer: x509.Certificate,
    issuer_key: ec.EllipticCurvePrivateKey,
    name: str,
    key: ec.EllipticCurvePublicKey,
    span: Span,
) -> x509.Certificate:
    """A certificate for a branch or a program of the NOC, good as a client's alone."""
    made = _leaf(issuer, name, key, span, ExtendedKeyUsageOID.CLIENT_AUTH)
    return made.sign(issuer_key, hashes.SHA256())


def broker_certificate(
    issuer: x509.Certificate,
    issuer_key: ec.EllipticCurvePrivateKey,
    name: str,
    key: ec.EllipticCurvePublicKey,
    span: Span,
    *,
    hosts: list[x509.GeneralName],
) -> x509.Certificate:
    """A certificate for a broker that is reached by these names and addresses, good as a server's alone."""
    made = _leaf(issuer, name, key, span, ExtendedKeyUsageOID.SERVER_AUTH)
    made = made.add_extension(x509.SubjectAlternativeName(hosts), critical=False)
    return made.sign(issuer_key, hashes.SHA256())


def _leaf(
    issuer: x509.Certificate,
    name: str,
    key: ec.EllipticCurvePublicKey,
    span: Span,
    purpose: x509.ObjectIdentifier,
) -> x509.CertificateBuilder:
    """A certificate that signs nothing, good for one purpose and no longer than the authority's own."""
    since, until = span
    made = _builder(_common(name), issuer.subject, key, (since, min(until, issuer.not_valid_after_utc)))
    made = made.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    made = made.add_extension(_usage(signs=False), critical=True)
    made = made.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    return made.add_extension(authority_key(issuer), critical=False)


def revoked(serial: int, since: dt.datetime) -> x509.RevokedCertificate:
    """A line of the list of what is revoked."""
    return x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since).build()
