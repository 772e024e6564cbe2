"""Throw-away certificates of any age, for tests."""

import datetime as dt
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from web.settings import Tls

DAY = dt.timedelta(days=1)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def write_pair(
    folder: Path, name: str, first: float = -1, last: float = 100, *, authority: bool = False
) -> Tls:
    """A pair of files for localhost, good from `first` to `last` days from now.

    Args:
        folder: where they are written.
        name: of the files.
        first: days from now.
        last: days from now.
        authority: signed by an authority that is not in the file, instead of by itself.
    """
    now = dt.datetime.now(dt.UTC)
    key = ec.generate_private_key(ec.SECP256R1())
    signer = ec.generate_private_key(ec.SECP256R1()) if authority else key
    built = (
        x509.CertificateBuilder()
        .subject_name(_name("localhost"))
        .issuer_name(_name("authority" if authority else "localhost"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + first * DAY)
        .not_valid_after(now + last * DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(signer, hashes.SHA256())
    )
    certificate, private = folder / f"{name}.pem", folder / f"{name}.key"
    certificate.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    private.chmod(0o640)
    return Tls(str(certificate), str(private))
