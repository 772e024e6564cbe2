"""What can go wrong with the broker, by meaning; `word` is what `status` and the logs call it.

BrokerError
├── UnreachableError        no way there: no name, no route, nobody listens
├── SilentError             it listens, but a deadline passed without its answer
├── RefusedError            it answered no
│   ├── VersionError        it does not speak this version of MQTT
│   ├── CredentialsError    user and password, or their rights
│   ├── OurCertificateError it wants a certificate of ours, or does not take the one we have
│   └── NarrowError         it takes no packet as large as those that must be sent
├── TrustError              its certificate is not one that we trust
│   ├── AuthorityError      signed by an authority that `ca_file` does not hold
│   ├── ExpiredError        its time is over, or has not come: or our clock is wrong
│   └── HostNameError       it is the certificate of another host
├── TlsError                no common TLS
├── GarbledError            what it says is not MQTT
├── LostError               the connection ended
└── SecretError             our own certificate, key or password file cannot be used
"""

from typing import ClassVar


class BrokerError(Exception):
    """Root of everything the MQTT output meets; all of it may be retried."""

    word: ClassVar[str] = "failed"


class UnreachableError(BrokerError, ConnectionError):
    """Nobody could be reached at the address."""

    word = "unreachable"


class SilentError(BrokerError, TimeoutError):
    """The broker let a deadline pass."""

    word = "silent"


class RefusedError(BrokerError, PermissionError):
    """The broker said no."""

    word = "refused"


class VersionError(RefusedError):
    """The broker does not speak this version of MQTT."""

    word = "version-refused"


class CredentialsError(RefusedError):
    """The broker does not know the user, the password is wrong, or they have no rights."""

    word = "credentials-refused"


class OurCertificateError(RefusedError):
    """The broker wants a certificate of ours, or does not take the one it was given."""

    word = "client-certificate-refused"


class NarrowError(RefusedError):
    """The broker takes no packet as large as the smallest that must be sent."""

    word = "packets-too-small"


class TrustError(BrokerError, PermissionError):
    """The broker's certificate is not one that we trust."""

    word = "not-trusted"


class AuthorityError(TrustError):
    """The broker's certificate is signed by an authority that is not among ours."""

    word = "unknown-authority"


class ExpiredError(TrustError):
    """The broker's certificate is not valid now, by our clock."""

    word = "certificate-expired"


class HostNameError(TrustError):
    """The broker's certificate is that of another host."""

    word = "hostname-mismatch"


class TlsError(BrokerError, ConnectionError):
    """TLS could not be set up, or broke."""

    word = "tls-failed"


class GarbledError(BrokerError, ValueError):
    """The broker sent what is not MQTT."""

    word = "not-mqtt"


class LostError(BrokerError, ConnectionError):
    """The connection was closed or broke."""

    word = "lost"


class SecretError(BrokerError, OSError):
    """A certificate, key or password file cannot be read or used; its content is never told."""

    word = "secret-unusable"
