"""A small certificate authority in a folder: key, certificate, an index of what was signed, the list of what is revoked."""

import datetime as dt
import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path

import forms
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PEM = serialization.Encoding.PEM
SITE_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
"""What the site file takes as `[site] id`."""
RESERVED = ("noc",)
"""Names that are no branch's, besides those in the file `reserved`: whoever bears one may read all branches."""
CRL_DAYS = 3650
"""A broker with a list that is out of date lets nobody in at all; so the list lasts, and is renewed at each revocation."""


class AuthorityError(ValueError):
    """The authority does not do that; nothing was changed."""


@dataclass
class Entry:
    """A certificate that was signed; times are ISO 8601, `key` is the SHA-256 of the public key."""

    serial: str
    site: str
    key: str
    until: str
    revoked: str = ""

    def is_good(self, now: dt.datetime) -> bool:
        """Whether it still lets somebody in."""
        return not self.revoked and dt.datetime.fromisoformat(self.until) > now


class Authority:
    """An authority in its folder; everything it does is done at a given time.

    Args:
        folder: where it keeps everything.
        passphrase: of its key; None for a key that has none.
    """

    def __init__(self, folder: Path, passphrase: bytes | None = None) -> None:
        self._folder, self._passphrase = folder, passphrase
        self._index, self._key_file = folder / "index.json", folder / "ca.key"

    @property
    def until(self) -> dt.datetime:
        """When the authority itself ends; nothing that it signs lasts longer."""
        return self._certificate().not_valid_after_utc

    def found(self, name: str, days: int, reserved: tuple[str, ...], now: dt.datetime) -> None:
        """Make key, certificate and an empty list.

        Raises:
            AuthorityError: there is one already.
        """
        if self._key_file.exists():
            raise AuthorityError(f"{self._folder} is an authority already")
        key = ec.generate_private_key(ec.SECP256R1())
        content = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, self._encryption())
        certificate = forms.own_certificate(key, name, (now, now + dt.timedelta(days=days)))
        write(self._folder / "reserved", "".join(f"{one}\n" for one in reserved).encode(), 0o644)
        write(self._folder / "ca.pem", certificate.public_bytes(PEM), 0o644)
        write(self._key_file, content, 0o600)
        self.publish(now)

    def sign(self, request: bytes, days: int, now: dt.datetime) -> tuple[str, bytes]:
        """Sign a request; gives the branch and the certificate as PEM. Only name and key are taken from the request.

        Raises:
            AuthorityError: the request is none, its name or key may not be signed, or the authority has ended.
        """
        site, key = self._asked(request)
        digest, entries = forms.digest(key), self._entries()
        _refuse_mixed(site, digest, entries, now)
        span = (now, now + dt.timedelta(days=days))
        if self.until <= now:
            raise AuthorityError(f"the authority itself ended on {self.until:%Y-%m-%d}: found a new one")
        certificate = forms.branch_certificate(self._certificate(), self._key(), site, key, span)
        until = certificate.not_valid_after_utc.isoformat()
        self._keep([*entries, Entry(f"{certificate.serial_number:x}", site, digest, until)])
        return site, certificate.public_bytes(PEM)

    def revoke(self, which: str, now: dt.datetime) -> int:
        """Revoke a certificate (a PEM file) or all of a branch; gives how many were not revoked before.

        Raises:
            AuthorityError: it signed nothing of the kind.
        """
        entries, serial = self._entries(), ""
        if not SITE_ID.fullmatch(which):
            serial = f"{_read_certificate(Path(which)).serial_number:x}"
        meant = [one for one in entries if (one.serial == serial if serial else one.site == which)]
        if not meant:
            raise AuthorityError(f"{which}: nothing was signed here for that")
        fresh = [one for one in meant if not one.revoked]
        for one in fresh:
            one.revoked = now.isoformat(timespec="seconds")
        if fresh:
            # The list first: what fails after it is done again by the same command.
            self._publish(entries, now)
            self._keep(entries)
        return len(fresh)

    def publish(self, now: dt.datetime) -> Path:
        """Write the list of what is revoked, as of now; gives its file."""
        return self._publish(self._entries(), now)

    def _publish(self, entries: list[Entry], now: dt.datetime) -> Path:
        issuer, end = self._certificate(), now + dt.timedelta(days=CRL_DAYS)
        made = x509.CertificateRevocationListBuilder(
            issuer_name=issuer.subject, last_update=now, next_update=end
        )
        made = made.add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
        made = made.add_extension(forms.authority_key(issuer), critical=False)
        for one in entries:
            if one.revoked and dt.datetime.fromisoformat(one.until) > now:
                since = dt.datetime.fromisoformat(one.revoked)
                made = made.add_revoked_certificate(forms.revoked(int(one.serial, 16), since))
        target = self._folder / "crl.pem"
        write(target, made.sign(self._key(), hashes.SHA256()).public_bytes(PEM), 0o644)
        return target

    def _asked(self, request: bytes) -> tuple[str, ec.EllipticCurvePublicKey]:
        try:
            csr = x509.load_pem_x509_csr(request)
            key, names, signed = csr.public_key(), list(csr.subject), csr.is_signature_valid
        except (ValueError, UnsupportedAlgorithm) as error:
            raise AuthorityError(f"no request for a certificate: {error}") from error
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            raise AuthorityError("the key of the request is not EC P-256, as enrol.yml makes it")
        if not signed:
            raise AuthorityError("the request is not signed by its own key")
        if len(names) != 1 or names[0].oid != NameOID.COMMON_NAME:
            raise AuthorityError("the request has another name than a CN alone")
        return self._branch(str(names[0].value)), key

    def _branch(self, name: str) -> str:
        reserved = (self._folder / "reserved").read_text().split()
        if not SITE_ID.fullmatch(name):
            raise AuthorityError(f"{name!r} is no id of a branch: lower-case letters, digits and hyphens")
        if name in (*RESERVED, *reserved):
            raise AuthorityError(f"{name!r} is reserved: whoever bears it may read more than one branch")
        return name

    def _encryption(self) -> serialization.KeySerializationEncryption:
        if self._passphrase is None:
            return serialization.NoEncryption()
        return serialization.BestAvailableEncryption(self._passphrase)

    def _key(self) -> ec.EllipticCurvePrivateKey:
        try:
            key = serialization.load_pem_private_key(self._key_file.read_bytes(), self._passphrase)
        except (OSError, TypeError, ValueError) as error:
            raise AuthorityError(
                f"{self._key_file} cannot be used: wrong or missing passphrase, or no key"
            ) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise AuthorityError(f"{self._key_file} is not a key of ours")
        return key

    def _certificate(self) -> x509.Certificate:
        return _read_certificate(self._folder / "ca.pem")

    def _entries(self) -> list[Entry]:
        if not self._index.exists():
            return []
        try:
            return [Entry(**one) for one in json.loads(self._index.read_text())]
        except (TypeError, ValueError) as error:
            raise AuthorityError(f"{self._index} is damaged; take it from a backup") from error

    def _keep(self, entries: list[Entry]) -> None:
        text = json.dumps([asdict(one) for one in entries], indent=1)
        write(self._index, text.encode() + b"\n", 0o644)


def _refuse_mixed(site: str, key: str, entries: list[Entry], now: dt.datetime) -> None:
    """One key, one branch; one branch, one key; a key that was revoked is never signed again."""
    for one in entries:
        if one.key == key and one.site != site:
            raise AuthorityError(
                f"{site} has the key of {one.site}: was its card copied? Delete box.key there and enrol again"
            )
        if one.key == key and one.revoked:
            raise AuthorityError(f"the key of {site} was revoked; delete box.key on the box and enrol again")
        if one.site == site and one.key != key and one.is_good(now):
            raise AuthorityError(
                f"{site} has a certificate of another key, valid until {one.until[:10]}; first: revoke {site}"
            )


def write(path: Path, content: bytes, mode: int) -> None:
    """Write a file whole or not at all."""
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _read_certificate(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise AuthorityError(f"{path} is not a certificate") from error
