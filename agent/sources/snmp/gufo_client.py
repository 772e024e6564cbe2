"""SNMP by gufo-snmp, the fast path; the only file that knows that library and its errors.

The library's own asynchronous session registers its socket with the event loop anew for each request and wraps a timer
around it, which costs more than the request. Here the session's socket stays registered, and the library is left the
encoding, the sending and the decoding (docs/adr/0004).
"""

import asyncio
import os
import socket
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from gufo.snmp import (
    Aes128Key,
    Aes192Key,
    Aes256Key,
    KeyExpansion,
    Sha1Key,
    Sha224Key,
    Sha256Key,
    Sha384Key,
    Sha512Key,
    SnmpAuthError,
    SnmpDecodeError,
    SnmpEncodeError,
    SnmpError,
    SnmpVersion,
)
from gufo.snmp import User as GufoUser
from gufo.snmp._fast import GetIter
from gufo.snmp.aio import SnmpSession

from agent.sources.errors import Garbled, LinkLost, NoAnswer, NotAuthentic, NothingListens, PollError
from agent.sources.snmp.client import Access, Community, Cursor, Part, Raw, TooLarge, User
from agent.sources.timers import Deadlines

T = TypeVar("T")

ENGINE_REFRESH = 100.0
"""Seconds without a request after which a v3 session is begun anew: an agent refuses times older than 150 s (RFC 3414)."""

BUFFER = 4080
"""Bytes of a datagram that the library reads; it cuts a longer one, and cannot make sense of it then."""

_VERSIONS = {"1": SnmpVersion.v1, "2c": SnmpVersion.v2c, "3": SnmpVersion.v3}
_AUTH = {
    "SHA-1": Sha1Key,
    "SHA-224": Sha224Key,
    "SHA-256": Sha256Key,
    "SHA-384": Sha384Key,
    "SHA-512": Sha512Key,
}
_PRIV = {
    "AES": (Aes128Key, KeyExpansion.Blumenthal),
    "AES-192": (Aes192Key, KeyExpansion.Blumenthal),
    "AES-256": (Aes256Key, KeyExpansion.Blumenthal),
    "AES-192-C": (Aes192Key, KeyExpansion.Cisco),
    "AES-256-C": (Aes256Key, KeyExpansion.Cisco),
}


class GufoClient:
    """Asks one agent by gufo-snmp.

    Args:
        access: how to reach it.
        deadlines: of its requests; shared with the clients that have the same time-out.
    """

    def __init__(self, access: Access, deadlines: Deadlines) -> None:
        self._access = access
        self._deadlines = deadlines
        self._session: _Session | None = None

    @property
    def timeout(self) -> float:
        """See `Client.timeout`."""
        return self._access.timeout

    def renew(self) -> None:
        """Forget the session; the next request opens a new socket with new request ids."""
        if self._session is not None:
            self._session.close()
        self._session = None

    close = renew

    def get(self, oids: Sequence[str]) -> Awaitable[Mapping[str, Raw]]:
        """See `Client.get`."""
        asked = oids if type(oids) is list else list(oids)
        session = self._session
        if session is None or session.is_old:
            return self._in_our_words(self._open_and_get(asked))
        return self._in_our_words(session.get(asked))

    def step(self, cursor: Cursor) -> Awaitable[Part]:
        """See `Client.step`."""
        return self._in_our_words(self._step(cursor))

    async def _open_and_get(self, oids: list[str]) -> Mapping[str, Raw]:
        return await (await self._open()).get(oids)

    async def _step(self, cursor: Cursor) -> Part:
        session = self._session
        if session is not None and not session.is_old:
            return await session.step(cursor)
        try:
            async with asyncio.timeout(self.timeout):
                return await (await self._open()).step(cursor)
        except PollError:
            raise
        except TimeoutError as error:
            raise NoAnswer(f"no answer from {self._access.address} within {self.timeout:g} s") from error

    async def _open(self) -> "_Session":
        self.renew()
        session = self._session = _Session(self._access, self._deadlines)
        try:
            await session.begin()
        except BaseException:
            self.renew()
            raise
        return session

    async def _in_our_words(self, question: Coroutine[Any, Any, T]) -> T:
        """The outcome of a question, the library's errors told in ours."""
        try:
            return await question
        except PollError:
            raise
        except SnmpAuthError as error:
            raise NotAuthentic(
                f"{self._access.place} did not accept the user, or did not prove itself"
            ) from error
        except SnmpEncodeError as error:
            raise TooLarge(f"{self._access.place}: the request has more than {BUFFER} bytes") from error
        except SnmpError as error:
            raise Garbled(f"{self._access.place} sent no SNMP answer: {error}") from error
        except (ValueError, RuntimeError) as error:
            raise Garbled(f"{self._access.place}: {error}") from error
        except OSError as error:
            raise LinkLost(f"{self._access.place}: {error}") from error
        except BaseException as error:
            if not _is_panic(error):
                raise
            # The decoder gave up on the datagram in mid-work: its session is not to be trusted any more.
            self.renew()
            raise Garbled(f"{self._access.place} sent what the decoder cannot bear") from error


class _Session:
    """One socket of the library, registered with the event loop once."""

    def __init__(self, access: Access, deadlines: Deadlines) -> None:
        self._access = access
        self._deadlines = deadlines
        who = access.who()
        self._user = _user(who) if isinstance(who, User) else None
        self._socket = _socket(access, who, self._user)
        self._fd: int = self._socket.get_fd()
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.Future[Any] | None = None
        self._receive: Callable[[], Any] = self._socket.recv_get_many
        self._used = time.monotonic()
        self._borne = 0
        """Variables of the greatest request whose answer was not too large; -1 since one was."""
        self._measures = True
        """Whether the present answer may be too large."""
        self._stray: tuple[asyncio.Future[Any] | None, BaseException] = None, ValueError()
        """A question, and what came first that could not be its answer."""
        self._loop.add_reader(self._fd, self._on_readable)

    @property
    def is_old(self) -> bool:
        """Whether the agent may have moved on in its engine time since the last request (v3 only)."""
        return self._user is not None and time.monotonic() - self._used > ENGINE_REFRESH

    async def begin(self) -> None:
        """Learn the engine's id (v3), make the keys for it, and learn its boots and time."""
        if self._user is None:
            return
        await self._ask(self._socket.send_refresh, self._socket.recv_refresh)
        auth, priv = self._user.get_auth_alg(), self._user.get_priv_alg()
        self._socket.set_keys(
            self._user.name, auth, self._user.get_auth_key(), priv, self._user.get_priv_key()
        )
        await self._ask(self._socket.send_refresh, self._socket.recv_refresh)

    def close(self) -> None:
        """Stop listening; the socket closes with its last reference."""
        self._loop.remove_reader(self._fd)

    async def get(self, oids: list[str]) -> Mapping[str, Raw]:
        """One GET."""
        waiting: asyncio.Future[Any] = self._loop.create_future()
        self._waiting = waiting
        self._used = self._loop.time()
        self._measures = len(oids) > self._borne
        try:
            self._socket.send_get_many(oids)
            self._deadlines.watch(waiting, self._no_answer)
            values: Mapping[str, Raw] = await waiting
        except BlockingIOError as error:
            raise LinkLost(f"{self._access.place}: the network takes nothing more") from error
        finally:
            self._waiting = None
        if self._measures and self._borne >= 0:
            self._borne = len(oids)
        # In most answers there is what was asked for, in this order.
        return values if [*values] == oids else {oid: values[oid] for oid in oids if oid in values}

    async def step(self, cursor: Cursor) -> Part:
        """One GETBULK, or in v1 one GETNEXT."""
        if cursor.own is None:
            cursor.own = GetIter(cursor.root, cursor.repetitions)
        one_by_one = self._access.version == "1" or cursor.doubtful
        told = await (self._one(cursor.own) if one_by_one else self._several(cursor.own))
        if cursor.doubtful and told != [None]:
            raise TooLarge(f"{self._access.place} refuses to tell {cursor.repetitions} rows at a time")
        cursor.ended = None in told
        cursor.doubtful = not told
        return [row for row in told if row is not None]

    async def _ask(self, send: Callable[[], None], receive: Callable[[], Any]) -> Any:
        """What some request brings that is not sent all the time."""
        waiting: asyncio.Future[Any] = self._loop.create_future()
        usual, self._receive = self._receive, receive
        self._waiting, self._measures = waiting, True
        self._used = self._loop.time()
        try:
            send()
            self._deadlines.watch(waiting, self._no_answer)
            return await waiting
        except BlockingIOError as error:
            raise LinkLost(f"{self._access.place}: the network takes nothing more") from error
        finally:
            self._waiting, self._receive = None, usual

    async def _one(self, iterator: GetIter) -> list[Any]:
        """The next row of a walk; None at the end."""

        def receive() -> Any:
            try:
                return self._socket.recv_get_next(iterator)
            except StopAsyncIteration:
                return None

        return [await self._ask(partial(self._socket.send_get_next, iterator), receive)]

    async def _several(self, iterator: GetIter) -> list[Any]:
        """The next rows of a walk, with None as the last at the end; none at all for the end of all, or a refusal."""

        def receive() -> list[Any]:
            try:
                return list(self._socket.recv_get_bulk(iterator))
            except StopAsyncIteration:
                return []

        told: list[Any] = await self._ask(partial(self._socket.send_get_bulk, iterator), receive)
        return told

    def _on_readable(self) -> None:
        waiting = self._waiting
        try:
            if self._measures:
                self._refuse_too_large()
            values = self._receive()
        except BlockingIOError:  # a stray or late datagram, which the library passes over
            return
        except TimeoutError:
            # The library tells a closed port (ICMP port unreachable) as a time-out.
            self._fail(waiting, self._refused())
        except BaseException as error:  # noqa: BLE001  # told to the one who waits, who knows what to make of it
            if self._is_no_answer(error):
                self._pass_over(error)
            else:
                self._fail(waiting, error)
        else:
            if waiting is not None and not waiting.done():
                waiting.set_result(values)

    def _refuse_too_large(self) -> None:
        """Throw away the datagram that waits if the library would cut it. Raises `TooLarge` then."""
        with socket.socket(fileno=os.dup(self._fd)) as look:
            try:
                size = look.recv_into(bytearray(1), 1, socket.MSG_PEEK | socket.MSG_TRUNC)
            except ConnectionRefusedError as error:
                raise TimeoutError from error  # as the library tells it
            if size > BUFFER:
                look.recv(1)
                self._borne = -1
                raise TooLarge(f"{self._access.place} answers with more than {BUFFER} bytes")

    def _is_no_answer(self, error: BaseException) -> bool:
        """Whether what came could not be decoded, or is a report where there are none: it may be anybody's."""
        if isinstance(error, PollError):
            return False
        stray = isinstance(error, SnmpDecodeError | ValueError | RuntimeError) or _is_panic(error)
        return stray or (isinstance(error, SnmpAuthError) and self._user is None)

    def _pass_over(self, error: BaseException) -> None:
        """Go on waiting: anybody can send what is no answer, and the answer may follow."""
        self._borne = -1  # it may also have been cut
        if self._stray[0] is not self._waiting:
            self._stray = self._waiting, error

    def _no_answer(self) -> BaseException:
        waiting, error = self._stray
        if waiting is not None and waiting is self._waiting:
            return error
        return NoAnswer(f"no answer from {self._access.address} within {self._access.timeout:g} s")

    def _refused(self) -> NothingListens:
        return NothingListens(f"nothing listens at {self._access.place}")

    @staticmethod
    def _fail(waiting: asyncio.Future[Any] | None, error: BaseException) -> None:
        if waiting is not None and not waiting.done():
            waiting.set_exception(error)


def _socket(access: Access, who: Community | User, user: GufoUser | None) -> Any:
    """The library's socket; its session of higher level is made for that only (see the head of the file)."""
    identity = {"community": who.word} if isinstance(who, Community) else {"user": user}
    session = SnmpSession(
        addr=access.address,
        port=access.port,
        version=_VERSIONS[access.version],
        timeout=access.timeout,
        **identity,
    )
    return session._sock  # noqa: SLF001


def _user(user: User) -> GufoUser:
    priv, expansion = _PRIV[user.priv]
    return GufoUser(
        user.name,
        auth_key=_AUTH[user.auth](user.auth_phrase.encode()),
        priv_key=priv(user.priv_phrase.encode()),
        key_expansion=expansion,
    )


def _is_panic(error: BaseException) -> bool:
    """Whether gufo-snmp's Rust part panicked, as version 0.13 does on some noise; the class cannot be imported."""
    return type(error).__name__ == "PanicException"
