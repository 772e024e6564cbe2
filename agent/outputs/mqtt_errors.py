"""What can go wrong with the broker, by meaning.

BrokerError
├── UnreachableError   no way there: no name, no route, nobody listens
├── SilentError        it listens, but a deadline passed without its answer
├── RefusedError       it answered no: credentials, rights, certificates
│   └── VersionError   it does not speak this version of MQTT
├── GarbledError       what it says is not MQTT
├── LostError          the connection ended
└── SecretError        our own certificate or password file cannot be used
"""


class BrokerError(Exception):
    """Root of everything the MQTT output meets; all of it may be retried."""


class UnreachableError(BrokerError, ConnectionError):
    """Nobody could be reached at the address."""


class SilentError(BrokerError, TimeoutError):
    """The broker let a deadline pass."""


class RefusedError(BrokerError, PermissionError):
    """The broker, or TLS on either side, said no."""


class VersionError(RefusedError):
    """The broker does not speak this version of MQTT."""


class GarbledError(BrokerError, ValueError):
    """The broker sent what is not MQTT."""


class LostError(BrokerError, ConnectionError):
    """The connection was closed or broke."""


class SecretError(BrokerError, OSError):
    """A certificate, key or password file cannot be read or used; its content is never told."""
