"""A small certificate authority in a folder: key, certificate, an index of what was signed, the list of what is revoked."""

import datetime as dt
import ipaddress
import os
import re
from pathlib import Path

import forms
import ledger
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from ledger import AuthorityError, Entry, Kind, write

PEM = serialization.Encoding.PEM
SITE_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
"""What the site file takes as `[site] id`."""
HOST_NAME = re.compile(r"(?=.{1,64}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
"""A broker's name; a CN has room for 64 characters (RFC 5280, ub-common-name)."""
RESERVED = ("noc",)
"""The NOC's names, no branch's, besides those in the file `reserved`: whoever bears one may read all branches."""
CRL_DAYS = 3650
"""A broker with a list that is out of date lets nobody in at all; so the list lasts, and is renewed at each revocation."""


class Authority:
    """An authority in its folder; everything it does is done at a given time.

    Args:
        folder: where it keeps everything.
        passphrase: of its key; None for a key that has none.
    """

    def __init__(self, folder: Path, passphrase: bytes | None = None) -> None:
        self._folder, self._passphrase = folder, passphrase
        self._index, self._key_file = folder / "index.json", folder / "ca.key"
        self._reserved_file = folder / "reserved"

    @property
    def until(self) -> dt.datetime:
        """When the authority itself ends; nothing that it signs lasts longer."""
        return self._certificate().not_valid_after_utc

    def found(self, name: str, days: int, reserved: tuple[str, ...], now: dt.datetime) -> None:
        """Make key, certificate and an empty list.

        Raises:
            AuthorityError: there is one already, or a reserved name is none.
        """
        if self._key_file.exists():
            raise AuthorityError(f"{self._folder} is an authority already")
        _refuse_odd(reserved)
        key = ec.generate_private_key(ec.SECP256R1())
        content = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, self._encryption())
        certificate = forms.own_certificate(key, name, (now, now + dt.timedelta(days=days)))
        self._reserve(reserved)
        write(self._folder / "ca.pem", certificate.public_bytes(PEM), 0o644)
        write(self._key_file, content, 0o600)
        self.publish(now)

    def reserve(self, names: tuple[str, ...]) -> None:
        """Keep names for the NOC: no branch may have them from now on.

        Raises:
            AuthorityError: one is no name, or has a certificate as something else.
        """
        _refuse_odd(names)
        for one in self._entries():
            if one.name in names and one.kind is not Kind.NOC:
                raise AuthorityError(f"{one.name} is the name of a {one.kind} here")
        self._reserve(tuple(dict.fromkeys((*self._reserved(), *names))))

    def sign_branch(self, request: bytes, days: int, now: dt.datetime) -> tuple[str, bytes]:
        """Sign a branch's request; gives its name and the certificate as PEM.

        Of a request, here and below, only name and key are taken.

        Raises:
            AuthorityError: the request is none, its name or key may not be signed, or the authority has ended.
        """
        return self._sign(Kind.BRANCH, request, days, now)

    def sign_noc(self, request: bytes, days: int, now: dt.datetime) -> tuple[str, bytes]:
        """Sign the request of a program of the NOC, whose name has to be reserved; as for a branch."""
        return self._sign(Kind.NOC, request, days, now)

    def sign_broker(
        self, request: bytes, hosts: tuple[str, ...], days: int, now: dt.datetime
    ) -> tuple[str, bytes]:
        """Sign the request of a broker that is reached by these names and addresses; as for a branch."""
        reached = [_subject(host) for host in hosts]
        if not reached:
            raise AuthorityError("a broker needs the names or addresses that boxes reach it by")
        return self._sign(Kind.BROKER, request, days, now, reached)

    def _sign(
        self,
        kind: Kind,
        request: bytes,
        days: int,
        now: dt.datetime,
        hosts: list[x509.GeneralName] | None = None,
    ) -> tuple[str, bytes]:
        name, key = _asked(request)
        self._refuse_name(kind, name)
        digest, entries = forms.digest(key), self._entries()
        ledger.refuse_mixed(kind, name, digest, entries, now)
        if self.until <= now:
            raise AuthorityError(f"the authority itself ended on {self.until:%Y-%m-%d}: found a new one")
        issuer, issuer_key, span = self._certificate(), self._key(), (now, now + dt.timedelta(days=days))
        if hosts:
            made = forms.broker_certificate(issuer, issuer_key, name, key, span, hosts=hosts)
        else:
            made = forms.client_certificate(issuer, issuer_key, name, key, span)
        until = made.not_valid_after_utc.isoformat()
        ledger.keep(self._index, [*entries, Entry(f"{made.serial_number:x}", name, kind, digest, until)])
        return name, made.public_bytes(PEM)

    def prove(self, name: str = "") -> None:
        """See that it could revoke: the key opens, files are whole and may be written, it has signed for that name.

        Raises:
            AuthorityError: what is amiss.
        """
        if self._key().public_key() != self._certificate().public_key():
            raise AuthorityError(f"{self._key_file} is not the key of ca.pem")
        entries = self._entries()
        if name and all(one.name != name for one in entries):
            raise AuthorityError(f"{name}: nothing was signed here for that")
        if not os.access(self._folder, os.W_OK):
            raise AuthorityError(f"{self._folder} may not be written")

    def revoke(self, which: str, now: dt.datetime) -> int:
        """Revoke a certificate (a PEM file) or all of a name; gives how many were not revoked before.

        Raises:
            AuthorityError: it signed nothing of the kind.
        """
        entries = self._entries()
        meant = [one for one in entries if one.name == which]
        if not meant and not SITE_ID.fullmatch(which):
            serial = f"{_read_certificate(Path(which)).serial_number:x}"
            meant = [one for one in entries if one.serial == serial]
        if not meant:
            raise AuthorityError(f"{which}: nothing was signed here for that")
        fresh = [one for one in meant if not one.revoked]
        for one in fresh:
            one.revoked = now.isoformat(timespec="seconds")
        if fresh:
            # The list first: what fails after it is done again by the same command.
            self._publish(entries, now)
            ledger.keep(self._index, entries)
        return len(fresh)

    def publish(self, now: dt.datetime) -> Path:
        """Write the list of what is revoked, as of now; gives its file."""
        return self._publish(self._entries(), now)

    def _publish(self, entries: list[Entry], now: dt.datetime) -> Path:
        issuer, end = self._certificate(), now + dt.timedelta(days=CRL_DAYS)
        made = x509.CertificateRevocationListBuilder(
            issuer_name=issuer.subject, last_update=now - forms.SKEW, next_update=end
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

    def _refuse_name(self, kind: Kind, name: str) -> None:
        reserved = name in (*RESERVED, *self._reserved())
        if kind is Kind.NOC and not reserved:
            raise AuthorityError(f"{name!r} is not reserved; if it is the NOC's, first: reserve")
        if kind is Kind.BRANCH and not SITE_ID.fullmatch(name):
            raise AuthorityError(f"{name!r} is no id of a branch: lower-case letters, digits and hyphens")
        if kind is Kind.BROKER and not HOST_NAME.fullmatch(name):
            raise AuthorityError(f"{name!r} is no name of a host, in lower case")
        if kind is not Kind.NOC and reserved:
            raise AuthorityError(f"{name!r} is reserved: whoever bears it may read more than one branch")

    def _reserved(self) -> list[str]:
        return self._reserved_file.read_text().split()

    def _reserve(self, names: tuple[str, ...]) -> None:
        write(self._reserved_file, "".join(f"{one}\n" for one in names).encode(), 0o644)

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
        return ledger.load(self._index)


def _asked(request: bytes) -> tuple[str, ec.EllipticCurvePublicKey]:
    """The name and the key that a request is for."""
    try:
        csr = x509.load_pem_x509_csr(request)
        key, names, signed = csr.public_key(), list(csr.subject), csr.is_signature_valid
    except (ValueError, UnsupportedAlgorithm) as error:
        raise AuthorityError(f"no request for a certificate: {error}") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise AuthorityError("the key of the request is not EC P-256")
    if not signed:
        raise AuthorityError("the request is not signed by its own key")
    if len(names) != 1 or names[0].oid != NameOID.COMMON_NAME:
        raise AuthorityError("the request has another name than a CN alone")
    return str(names[0].value), key


def _refuse_odd(names: tuple[str, ...]) -> None:
    for one in names:
        if not SITE_ID.fullmatch(one):
            raise AuthorityError(f"{one!r} is no name to reserve: lower-case letters, digits and hyphens")


def _subject(host: str) -> x509.GeneralName:
    """A host as a certificate says it (RFC 5280, 4.2.1.6)."""
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        # What ends in digits is an address that was mistyped.
        if not HOST_NAME.fullmatch(host) or host.rsplit(".", 1)[-1].isdigit():
            raise AuthorityError(f"{host!r} is neither a host's name in lower case nor an address") from None
        return x509.DNSName(host)


def _read_certificate(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise AuthorityError(f"{path} is not a certificate") from error
