"""TLS to the broker: whom we trust, who we are, and what a failure means. The only file of the outputs that knows ssl."""

import hashlib
import ssl
from pathlib import Path
from typing import Any

from agent.config.secrets import place
from agent.config.site import Broker
from agent.outputs.mqtt_errors import (
    AuthorityError,
    BrokerError,
    ExpiredError,
    HostNameError,
    OurCertificateError,
    SecretError,
    TlsError,
    TrustError,
)

# What OpenSSL's certificate check says (verify_code, x509_vfy.h).
_NOT_NOW = frozenset({9, 10})
_NO_AUTHORITY = frozenset({2, 18, 19, 20, 21, 27})
_OTHER_HOST = frozenset({62, 63, 64})

_OUR_CERTIFICATE = (
    "CERTIFICATE_REQUIRED",
    "BAD_CERTIFICATE",
    "UNSUPPORTED_CERTIFICATE",
    "CERTIFICATE_REVOKED",
    "CERTIFICATE_EXPIRED",
    "CERTIFICATE_UNKNOWN",
    "ALERT_UNKNOWN_CA",
    "ALERT_ACCESS_DENIED",
    "ALERT_DECRYPT_ERROR",
    "ALERT_HANDSHAKE_FAILURE",
)
"""Alerts by which a broker turns our certificate down (RFC 8446, 6.2); the last is what TLS 1.2 says of a missing one."""


class _Socket(ssl.SSLSocket):
    """Remembers why it broke: with TLS 1.3 a broker turns our certificate down after the handshake, in an alert."""

    broke: ssl.SSLError | None = None

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """As its parent does."""
        try:
            return super().recv(buflen, flags)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as exc:
            self.broke = exc
            raise


class Tls(ssl.SSLContext):
    """The context of one connection; it remembers the socket it wrapped, which paho leaves open when a handshake fails."""

    wrapped: _Socket | None = None

    def wrap_socket(self, *args: Any, **keys: Any) -> ssl.SSLSocket:
        """As its parent does."""
        self.sslsocket_class = _Socket
        made = super().wrap_socket(*args, **keys)
        self.wrapped = made if isinstance(made, _Socket) else None
        return made

    def close(self) -> None:
        """Close what a failed handshake left open."""
        if self.wrapped is not None:
            self.wrapped.close()

    @property
    def failure(self) -> BrokerError | None:
        """Why TLS broke an established connection; None if it was not TLS."""
        broke = self.wrapped.broke if self.wrapped is not None else None
        return meaning(broke) if broke is not None else None


def context(broker: Broker) -> Tls:
    """The context for the broker as configured: its authorities, our certificate.

    Raises:
        SecretError: a file cannot be used.
    """
    made = Tls(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        if broker.ca_file is not None:
            made.load_verify_locations(broker.ca_file)
        else:
            made.load_default_certs()
        if broker.cert_file is not None:
            # OpenSSL would ask for the password of an encrypted key at the terminal.
            key = place(broker.key_file) if broker.key_file else None
            made.load_cert_chain(broker.cert_file, key, password=lambda: "")
    except (OSError, ValueError) as exc:
        files = " or ".join(filter(None, (broker.ca_file, broker.cert_file, broker.key_file)))
        raise SecretError(f"certificates: {_unusable(exc, files)}") from None
    return made


def papers(broker: Broker) -> bytes:
    """What tells whether authorities, certificate, key or password are others than they were; empty without any.

    A digest, so that nothing secret is kept; a file that cannot be read counts as one of its own.
    """
    names = (broker.ca_file, broker.cert_file, broker.key_file, broker.password_file)
    given = [Path(place(name)) for name in names if name is not None]
    return b"".join(map(_digest, given))


def _digest(path: Path) -> bytes:
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return bytes(hashlib.sha256().digest_size)


def check(broker: Broker) -> None:
    """Whether the files of the broker can be used as they are now.

    Raises:
        SecretError: one of them cannot.
    """
    if broker.tls:
        context(broker)
    password(broker)


def password(broker: Broker) -> str | None:
    """The password, freshly read: it may have been changed; None without one.

    Raises:
        SecretError: its file cannot be read.
    """
    if broker.password_file is None:
        return None
    try:
        lines = Path(place(broker.password_file)).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as exc:
        # An error of decoding quotes the content: it goes no further.
        raise SecretError(f"password: {_unusable(exc, broker.password_file)}") from None
    return lines[0].strip() if lines else None


def meaning(exc: ssl.SSLError) -> BrokerError:
    """What a failure of TLS means."""
    if isinstance(exc, ssl.SSLCertVerificationError):
        return _untrusted(exc)
    reason = exc.reason or ""
    if any(word in reason for word in _OUR_CERTIFICATE):
        return OurCertificateError(f"the broker does not take our certificate, or the lack of one: {reason}")
    return TlsError(reason or str(exc))


def _untrusted(exc: ssl.SSLCertVerificationError) -> TrustError:
    said = exc.verify_message
    if exc.verify_code in _NOT_NOW:
        return ExpiredError(f"the broker's certificate is not valid now by our clock: {said}")
    if exc.verify_code in _OTHER_HOST:
        return HostNameError(f"the broker's certificate is that of another host: {said}")
    if exc.verify_code in _NO_AUTHORITY:
        return AuthorityError(f"nobody we trust signed the broker's certificate: {said}")
    return TrustError(f"the broker's certificate is not trusted: {said}")


def _unusable(exc: Exception, files: str) -> str:
    """Why a file of secrets cannot be used, without anything that could stand in it."""
    if isinstance(exc, ssl.SSLError):
        return f"{exc.reason or 'not PEM'} in {files}"
    if isinstance(exc, OSError):
        return f"{exc.strerror} {exc.filename or files}"
    return f"{type(exc).__name__} in {files}"
