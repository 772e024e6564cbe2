"""The v3 users of the tests' agents, and clients of each library and version that ask them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from agent.sources.snmp.client import Access, Client, Community, User
from agent.sources.snmp.libraries import Libraries

LIBRARIES = ("gufo-snmp", "pysnmp")
VERSIONS = ("1", "2c", "3")
HOWS = [(library, version) for library in LIBRARIES for version in VERSIONS]
AUTH_PHRASE = "a phrase to prove who asks"
PRIV_PHRASE = "a phrase to hide what is said"


def user(auth: str = "SHA-256", priv: str = "AES") -> User:
    """The user that every agent of the tests knows for a pair of protocols."""
    name = f"{auth}-{priv}".lower()
    return User(name, auth, AUTH_PHRASE, priv, PRIV_PHRASE)


_AUTHS = {
    "SHA-1": "SHA",
    "SHA-224": "SHA-224",
    "SHA-256": "SHA-256",
    "SHA-384": "SHA-384",
    "SHA-512": "SHA-512",
}
_PRIVS = {"AES": "AES", "AES-192": "AES192", "AES-256": "AES256"}
PROTOCOLS = [(auth, priv) for auth in _AUTHS for priv in _PRIVS]


def config() -> tuple[str, ...]:
    """The lines of an agent's configuration that make the users."""
    lines: list[str] = []
    for auth, priv in PROTOCOLS:
        name = user(auth, priv).name
        lines += [
            f'createUser {name} {_AUTHS[auth]} "{AUTH_PHRASE}" {_PRIVS[priv]} "{PRIV_PHRASE}"',
            f"rouser {name} priv",
        ]
    return tuple(lines)


def access(
    version: str,
    address: str,
    port: int,
    timeout: float = 2.0,
    who: Callable[[], Community | User] | None = None,
) -> Access:
    """How to reach an agent of the tests."""
    known = Community("public") if version != "3" else user()
    return Access(address, port, version, who or (lambda: known), timeout)


@contextmanager
def client(library: str, how: Access) -> Iterator[Client]:
    """A client that lets go of its sockets at the end; inside a running loop."""
    libraries = Libraries()
    try:
        yield libraries.client(how, library)
    finally:
        libraries.close()
