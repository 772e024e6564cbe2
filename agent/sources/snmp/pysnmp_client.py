"""SNMP by pysnmp, which runs wherever Python does; the only file of the agent that knows that library and its errors.

An `SnmpEngine` costs a fifth of a second to make and holds the state of v3's security, so those who ask with the same
secret share one until one of them wants a new session.
"""

import asyncio
import socket
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import count
from typing import Any

from pyasn1.error import PyAsn1Error
from pyasn1.type.univ import Null, ObjectIdentifier, OctetString
from pysnmp.entity import config
from pysnmp.error import PySnmpError
from pysnmp.hlapi.v3arch import asyncio as hlapi
from pysnmp.proto import errind
from pysnmp.proto.rfc1902 import IpAddress
from pysnmp.proto.rfc1905 import EndOfMibView, NoSuchInstance, NoSuchObject

from agent.sources.errors import Garbled, LinkLost, NoAnswer, NotAuthentic, PollError
from agent.sources.snmp.client import Access, Community, Cursor, Part, Raw, TooLarge, User

_AUTH = {
    "SHA-1": hlapi.USM_AUTH_HMAC96_SHA,
    "SHA-224": hlapi.USM_AUTH_HMAC128_SHA224,
    "SHA-256": hlapi.USM_AUTH_HMAC192_SHA256,
    "SHA-384": hlapi.USM_AUTH_HMAC256_SHA384,
    "SHA-512": hlapi.USM_AUTH_HMAC384_SHA512,
}
_PRIV = {
    "AES": hlapi.USM_PRIV_CFB128_AES,
    "AES-192": hlapi.USM_PRIV_CFB192_AES_BLUMENTHAL,
    "AES-256": hlapi.USM_PRIV_CFB256_AES_BLUMENTHAL,
    "AES-192-C": hlapi.USM_PRIV_CFB192_AES,
    "AES-256-C": hlapi.USM_PRIV_CFB256_AES,
}
_ABSENT = frozenset({NoSuchObject, NoSuchInstance, EndOfMibView})
_TOO_BIG, _NO_SUCH_NAME = 1, 2
"""Error status of RFC 3416, section 3, and of RFC 1157."""
_REFUSALS = (
    errind.AuthenticationError,
    errind.AuthenticationFailure,
    errind.DecryptionError,
    errind.NotInTimeWindow,
    errind.UnknownUserName,
    errind.UnsupportedSecurityLevel,
    errind.WrongDigest,
)


_numbers = count(1)


class Engines:
    """The engines that clients of the same secret share."""

    def __init__(self) -> None:
        self._shared: dict[Community | User, Any] = {}

    def shared(self, who: Community | User) -> Any:
        """The engine for a secret."""
        if who not in self._shared:
            self._shared[who] = hlapi.SnmpEngine()
        return self._shared[who]

    def close(self) -> None:
        """Let go of all sockets."""
        while self._shared:
            self._shared.popitem()[1].close_dispatcher()


class PysnmpClient:
    """Asks one agent by pysnmp."""

    def __init__(self, access: Access, engines: Engines) -> None:
        self._access = access
        self._engines = engines
        self._own: Any = None
        self._wants_own = False
        self._number = next(_numbers)
        self._ready: tuple[Any, Any, Any] | None = None
        """Engine, secret and target of the present session."""

    def renew(self) -> None:
        """Take an engine of its own with the next question: what was known of the agent's engine is forgotten."""
        self._wants_own = self._access.version == "3"
        self._let_go()

    def close(self) -> None:
        """Let go of the socket, and of the engine, if it is not shared."""
        self._let_go()
        if self._own is not None:
            self._own.close_dispatcher()
        self._own = None

    def _let_go(self) -> None:
        ready, self._ready = self._ready, None
        if ready is not None and config.get_transport(ready[0], ready[2].TRANSPORT_DOMAIN) is not None:
            dispatcher, domain = ready[0].transport_dispatcher, ready[2].TRANSPORT_DOMAIN
            transport = dispatcher.get_transport(domain)
            dispatcher.unregister_transport(domain)
            transport.close_transport()

    @property
    def timeout(self) -> float:
        """See `Client.timeout`."""
        return self._access.timeout

    async def get(self, oids: Sequence[str]) -> Mapping[str, Raw]:
        """See `Client.get`."""
        _, bindings = await self._ask(hlapi.get_cmd, *map(_name, oids))
        values = dict(bindings)
        return values if [*values] == oids else {oid: values[oid] for oid in oids if oid in values}

    async def step(self, cursor: Cursor) -> Part:
        """See `Client.step`."""
        name = hlapi.ObjectType(hlapi.ObjectIdentity(cursor.last))
        if self._access.version == "1":
            status, rows = await self._ask(hlapi.next_cmd, name)
        else:
            status, rows = await self._ask(hlapi.bulk_cmd, 0, cursor.repetitions, name)
        if status and (self._access.version, status) != ("1", _NO_SUCH_NAME):
            raise Garbled(f"{self._access.place} refuses to tell its rows: error status {status}")
        below = [(oid, value) for oid, value in rows if oid.startswith(cursor.root + ".")]
        cursor.ended = not below or len(below) < len(rows)
        return below

    async def _ask(self, command: Any, *arguments: Any) -> tuple[int, list[tuple[str, Raw]]]:
        """The error status of an answer, and the values in it; none where there is an error."""
        try:
            engine, who, target = self._ready or await self._session()
            # The library looks at its timers only every half second.
            async with asyncio.timeout(self._access.timeout):
                failure, status, _, bindings = await command(
                    engine, who, target, hlapi.ContextData(), *arguments, lookupMib=False
                )
        except TimeoutError as error:
            raise self._no_answer() from error
        except (PySnmpError, PyAsn1Error, ValueError) as error:
            raise Garbled(f"{self._access.place}: {error}") from error
        except OSError as error:
            raise LinkLost(f"{self._access.place}: {error}") from error
        if failure is not None:
            raise self._meaning(failure)
        if int(status) == _TOO_BIG:
            raise TooLarge(f"{self._access.place}: the answer would be too big for it")
        if status:
            return int(status), []
        return 0, [
            (_dotted(tuple(name)), _plain(value)) for name, value in bindings if type(value) not in _ABSENT
        ]

    async def _session(self) -> tuple[Any, Any, Any]:
        who = self._access.who()
        engine = self._engine(who)
        target_of = hlapi.Udp6TransportTarget if ":" in self._access.address else hlapi.UdpTransportTarget
        target = await target_of.create(
            (self._access.address, self._access.port), timeout=self._access.timeout, retries=0
        )
        # The library keeps its sockets by transport domain: each target has one of its own below that of UDP.
        target.TRANSPORT_DOMAIN = (*target.TRANSPORT_DOMAIN, self._number)
        config.add_transport(engine, target.TRANSPORT_DOMAIN, _connected(target))
        self._ready = engine, credentials(who, self._access.version), target
        return self._ready

    def _engine(self, who: Community | User) -> Any:
        if self._wants_own:
            self.close()
            self._own, self._wants_own = hlapi.SnmpEngine(), False
        return self._own or self._engines.shared(who)

    def _meaning(self, failure: Any) -> PollError:
        if isinstance(failure, errind.RequestTimedOut):
            return self._no_answer()
        if isinstance(failure, _REFUSALS):
            return NotAuthentic(f"{self._access.place}: {failure}")
        return Garbled(f"{self._access.place}: {failure}")

    def _no_answer(self) -> NoAnswer:
        return NoAnswer(f"no answer from {self._access.address} within {self._access.timeout:g} s")


def _connected(target: Any) -> Any:
    """A transport for a target alone, which hears nobody but its agent.

    The library's own way is one socket for all, which takes what fits a request from any address. A connected socket
    keeps to the interface it began with, so a new session needs a new one.
    """
    family = socket.AF_INET6 if ":" in target.transport_address[0] else socket.AF_INET
    one = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        one.connect(target.transport_address)
    except OSError:
        one.close()
        raise
    transport = target.PROTO_TRANSPORT()
    transport.normalize_address = lambda _address: None  # where it is connected to
    return transport.open_server_mode(sock=one)


def credentials(who: Community | User, version: str) -> Any:
    """A secret as the library wants it."""
    if isinstance(who, Community):
        # The index keeps two communities apart in one engine.
        return hlapi.CommunityData(f"c{hash(who.word):x}", who.word, mpModel=0 if version == "1" else 1)
    return hlapi.UsmUserData(
        who.name,
        who.auth_phrase,
        who.priv_phrase,
        authProtocol=_AUTH[who.auth],
        privProtocol=_PRIV[who.priv],
    )


@lru_cache(maxsize=4096)
def _name(oid: str) -> Any:
    """A variable to ask for. The library works long on a new one, and keeps what it found in it."""
    return hlapi.ObjectType(hlapi.ObjectIdentity(oid))


@lru_cache(maxsize=4096)
def _dotted(oid: tuple[int, ...]) -> str:
    return ".".join(map(str, oid))


def _plain(value: Any) -> Raw:
    kind: Any = type(value)
    return _reader(kind)(value)


@lru_cache(maxsize=256)
def _reader(kind: type) -> Callable[[Any], Raw]:
    """How to take a value of one of the library's types."""
    if issubclass(kind, IpAddress):
        return lambda value: str(value.prettyPrint())
    if issubclass(kind, OctetString):
        return bytes
    if issubclass(kind, ObjectIdentifier):
        return lambda value: _dotted(tuple(value))
    return (lambda _: None) if issubclass(kind, Null) else int
