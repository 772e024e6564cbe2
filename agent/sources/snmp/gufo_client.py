"""SNMP by gufo-snmp, the fast path; the only file that knows that library and its errors.

The library's own asynchronous session registers its socket with the event loop anew for each request and wraps a timer
around it, which costs more than the request. Here the session's socket stays registered, and the library is left the
encoding, the sending and the decoding (docs/adr/0004).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
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
    SnmpError,
    SnmpVersion,
)
from gufo.snmp import User as GufoUser
from gufo.snmp.aio import SnmpSession

from agent.sources.errors import Garbled, LinkLost, NoAnswer, NotAuthentic, NothingListens, PollError
from agent.sources.snmp.client import ROWS_MAX, Access, Community, Raw, User
from agent.sources.timers import Deadlines

T = TypeVar("T")

ENGINE_REFRESH = 100.0
"""Seconds without a request after which a v3 session is begun anew: an agent refuses times older than 150 s (RFC 3414)."""

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

    def walk(self, root: str, repetitions: int) -> Awaitable[Sequence[tuple[str, Raw]]]:
        """See `Client.walk`."""
        return self._in_our_words(self._walk(root, repetitions))

    async def _open_and_get(self, oids: list[str]) -> Mapping[str, Raw]:
        return await (await self._open()).get(oids)

    async def _walk(self, root: str, repetitions: int) -> Sequence[tuple[str, Raw]]:
        session = self._session or await self._open()
        return await session.walk(root, repetitions)

    async def _open(self) -> "_Session":
        self.renew()
        session = _Session(self._access, self._deadlines)
        await session.begin()
        self._session = session
        return session

    async def _in_our_words(self, question: Coroutine[Any, Any, T]) -> T:
        """The outcome of a question, the library's errors told in ours."""
        try:
            return await question
        except PollError:
            raise
        except SnmpError as error:
            if "Auth" in type(error).__name__:
                raise NotAuthentic(
                    f"{self._access.place} did not accept the user, or did not prove itself"
                ) from error
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
        self._session = _session(access)
        self._socket = self._session._sock  # noqa: SLF001  # see the head of the file
        self._fd: int = self._socket.get_fd()
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.Future[Any] | None = None
        self._receive: Callable[[], Any] = self._socket.recv_get_many
        self._used = time.monotonic()

    @property
    def is_old(self) -> bool:
        """Whether the agent may have moved on in its engine time since the last request (v3 only)."""
        return self._access.version == "3" and time.monotonic() - self._used > ENGINE_REFRESH

    async def begin(self) -> None:
        """Learn the engine's id, boots and time (v3), and begin to listen."""
        if self._access.version == "3":
            await self._patiently(self._session.refresh())
        self._loop.add_reader(self._fd, self._on_readable)

    def close(self) -> None:
        """Stop listening; the socket closes with its last reference."""
        self._loop.remove_reader(self._fd)

    async def get(self, oids: list[str]) -> Mapping[str, Raw]:
        """One GET."""
        waiting: asyncio.Future[Any] = self._loop.create_future()
        self._waiting = waiting
        self._used = self._loop.time()
        try:
            self._socket.send_get_many(oids)
            self._deadlines.watch(waiting, self._no_answer)
            values: Mapping[str, Raw] = await waiting
        except BlockingIOError as error:
            raise LinkLost(f"{self._access.place}: the network takes nothing more") from error
        finally:
            self._waiting = None
        return values

    async def walk(self, root: str, repetitions: int) -> Sequence[tuple[str, Raw]]:
        """All rows below an OID; the library's own iterator listens meanwhile."""
        self._loop.remove_reader(self._fd)
        rows: list[tuple[str, Raw]] = []
        try:
            one_by_one = self._access.version == "1"
            session = self._session
            rest: Any = session.getnext(root) if one_by_one else session.getbulk(root, repetitions)
            while len(rows) < ROWS_MAX:
                row = await self._patiently(anext(rest, None))
                if row is None:
                    return rows
                rows.append(row)
        finally:
            self._used = time.monotonic()
            self._loop.add_reader(self._fd, self._on_readable)
        raise Garbled(f"{self._access.place} tells more than {ROWS_MAX} rows below {root}")

    async def _patiently(self, question: Any) -> Any:
        """What the library asks by itself. Its own time-out begins anew with each stray datagram; this one does not."""
        began = self._loop.time()
        try:
            async with asyncio.timeout(self._access.timeout):
                return await question
        except TimeoutError as error:
            if self._loop.time() - began < self._access.timeout / 2:
                raise self._refused() from error
            raise self._no_answer() from error

    def _on_readable(self) -> None:
        waiting = self._waiting
        try:
            values = self._receive()
        except BlockingIOError:  # a stray or late datagram, which the library passes over
            return
        except TimeoutError:
            # The library tells a closed port (ICMP port unreachable) as a time-out.
            self._fail(waiting, self._refused())
        except BaseException as error:  # noqa: BLE001  # told to the one who waits, who knows what to make of it
            self._fail(waiting, error)
        else:
            if waiting is not None and not waiting.done():
                waiting.set_result(values)

    def _no_answer(self) -> NoAnswer:
        return NoAnswer(f"no answer from {self._access.address} within {self._access.timeout:g} s")

    def _refused(self) -> NothingListens:
        return NothingListens(f"nothing listens at {self._access.place}")

    @staticmethod
    def _fail(waiting: asyncio.Future[Any] | None, error: BaseException) -> None:
        if waiting is not None and not waiting.done():
            waiting.set_exception(error)


def _session(access: Access) -> SnmpSession:
    who = access.who()
    identity = {"community": who.word} if isinstance(who, Community) else {"user": _user(who)}
    return SnmpSession(
        addr=access.address,
        port=access.port,
        version=_VERSIONS[access.version],
        timeout=access.timeout,
        **identity,
    )


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
