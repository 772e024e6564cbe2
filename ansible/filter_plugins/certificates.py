"""Filters about certificates: whether a broker's authorities and its revocation lists go together."""

import datetime as dt
import re

from ansible.errors import AnsibleFilterError
from cryptography import x509

_LIST = re.compile(r"-----BEGIN X509 CRL-----.*?-----END X509 CRL-----", re.DOTALL)


def authorities_without_list(authorities: str, lists: str, now: dt.datetime) -> list[str]:
    """The authorities that have no revocation list in force, each with what is wrong; both are given as PEM.

    Mosquitto, once it has a list at all, turns down whoever comes with a certificate of an authority that has none, or
    one that is out of date (OpenSSL's X509_V_FLAG_CRL_CHECK).
    """
    since = now.replace(tzinfo=dt.UTC) if now.tzinfo is None else now
    given = _lists(lists)
    told = {one: _lacking(one, given, since) for one in _authorities(authorities)}
    return [f"{one.subject.rfc4514_string()} ({said})" for one, said in told.items() if said]


def _authorities(pem: str) -> list[x509.Certificate]:
    try:
        found = x509.load_pem_x509_certificates(pem.encode())
    except ValueError as error:
        raise AnsibleFilterError(f"broker_ca is no PEM of certificates: {error}") from error
    return [one for one in found if _is_authority(one)]


def _is_authority(certificate: x509.Certificate) -> bool:
    """Also one of the first version, which cannot say so."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return True


def _lists(pem: str) -> list[x509.CertificateRevocationList]:
    try:
        return [x509.load_pem_x509_crl(one.encode()) for one in _LIST.findall(pem)]
    except ValueError as error:
        raise AnsibleFilterError(f"broker_revoked is no PEM of revocation lists: {error}") from error


def _lacking(
    authority: x509.Certificate, lists: list[x509.CertificateRevocationList], now: dt.datetime
) -> str:
    """What is wrong with the lists of an authority; nothing if one of them is in force."""
    own = [one for one in lists if _is_signed_by(one, authority)]
    if not own:
        return "has none"
    ends = [one.next_update_utc for one in own if one.last_update_utc <= now]
    if not ends:
        return f"not before {min(one.last_update_utc for one in own):%Y-%m-%d %H:%M} UTC"
    if any(end is None or end > now for end in ends):
        return ""
    return f"out of date since {max(end for end in ends if end):%Y-%m-%d}"


def _is_signed_by(one: x509.CertificateRevocationList, authority: x509.Certificate) -> bool:
    """By its key: an authority that was renewed has its old name."""
    key = authority.public_key()
    return one.issuer == authority.subject and one.is_signature_valid(key)  # type: ignore[arg-type]  # an authority's key signs


class FilterModule:
    """What ansible takes up."""

    def filters(self) -> dict[str, object]:
        """By name."""
        return {"authorities_without_list": authorities_without_list}
