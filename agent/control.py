"""The control socket: one JSON question a line, one answer a line. A door for the panel and the command line.

The kernel tells who asks (SO_PEERCRED). Only the panel's user may speak for another name, which it has proved by
login; anybody else orders under the name of their own user.
"""

import asyncio
import logging
import pwd
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from agent import api
from agent.changes import Changes
from agent.core.inputs import Door, Origin

log = logging.getLogger(__name__)

LINE_MAX = 64 * 1024
CONNECTIONS_MAX = 64
SHARE = 24
"""Connections of one user at most, so that no user can shut the others out."""
FIRST_SECONDS = 5.0
"""How long a client may be silent before its first question: it connects because it has one."""
IDLE_SECONDS = 60.0
FOLLOWERS_MAX = 8
TURNS = 5
"""Of the loop, from the kernel's word of a connection to our serving it."""
FOLLOWER_BUFFER = 8192
"""Bytes that wait in the kernel for one who follows changes; what does not fit is told later, as one."""
FOLLOWER_PATIENCE = 30.0
"""Seconds after which one who follows changes and reads nothing is hung up on."""

Handler = Callable[[api.Question, "Caller"], Awaitable[api.Answer | msgspec.Raw]]
"""May answer with a message that is encoded already."""


class Caller(Struct, frozen=True):
    """Who is at the other end of the socket, as the kernel says."""

    uid: int
    name: str


def origin(caller: Caller, order: api.GiveOrder, panel_user: str) -> Origin | None:
    """Who orders, through which door; None if the caller may not speak for the name it gives."""
    if not order.name:
        return Origin(caller.name, Door.CLI, f"uid {caller.uid}")
    if caller.name == panel_user:
        return Origin(order.name, Door.PANEL, order.place)
    return None


class ControlServer:
    """Serves the socket.

    Args:
        path: where the socket is; an old one that nobody serves is replaced.
        handle: answers one question.
        changes: what those who watch are told; None where there is nothing to follow.
    """

    def __init__(self, path: Path, handle: Handler, changes: Changes | None = None) -> None:
        self._path = path
        self._handle = handle
        self._changes = changes
        self._places: Counter[int] = Counter()
        self._following: set[asyncio.Task[Any]] = set()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def followers(self) -> int:
        """How many are told changes."""
        return len(self._following) // 2

    @property
    def connections(self) -> int:
        """How many are connected."""
        return len(self._writers)

    async def start(self) -> None:
        """Open the socket for its owner and group.

        Raises:
            OSError: the directory is missing or not ours to write.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # The data directory's lock has already proved that no other agent runs on the same data.
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self._path, limit=LINE_MAX)
        self._path.chmod(0o660)

    async def close(self) -> None:
        """Stop serving and hang up."""
        if self._server is None:
            return
        self._server.close()
        for _ in range(
            TURNS
        ):  # whoever knocked a moment ago is let in first, to be hung up on like the others
            await asyncio.sleep(0)
        for writer in list(self._writers):
            # Not `close`, which waits until the other end has read everything, and so perhaps for ever.
            writer.transport.abort()
        if self._following:
            await asyncio.wait(self._following, timeout=1.0)
        await self._server.wait_closed()
        self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        caller = _caller(writer)
        if len(self._writers) >= CONNECTIONS_MAX or self._places[caller.uid] >= SHARE:
            log.warning(
                "control socket: no room for another connection of %s", caller.name, extra={"uid": caller.uid}
            )
            writer.close()
            return
        self._writers.add(writer)
        self._places[caller.uid] += 1
        try:
            await self._converse(reader, writer, caller)
        except (ConnectionError, TimeoutError):
            pass  # the other end went away, which is its right
        finally:
            self._places[caller.uid] -= 1
            self._writers.discard(writer)
            writer.close()

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, caller: Caller
    ) -> None:
        patience = FIRST_SECONDS
        while line := await _line(reader, patience):
            patience = IDLE_SECONDS
            question = _question(line)
            if isinstance(question, api.Watch) and self._changes and self.followers < FOLLOWERS_MAX:
                await self._follow(reader, writer, self._changes)
                return
            writer.write(api.encode(await self._answer(question, caller)))
            await writer.drain()

    async def _answer(self, question: api.Question | api.Failed, caller: Caller) -> api.Answer | msgspec.Raw:
        match question:
            case api.Failed():
                return question
            case api.Watch():
                return api.Failed("busy", "too many follow the changes already")
            case _:
                return await self._handle(question, caller)

    async def _follow(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, changes: Changes
    ) -> None:
        """Tell changes until the other end goes away; while it does not read, they become one."""
        connection: socket.socket = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, FOLLOWER_BUFFER)
        writer.transport.set_write_buffer_limits(high=0)
        parts: list[asyncio.Task[Any]] = [
            asyncio.create_task(_tell(writer, changes)),
            asyncio.create_task(reader.read(1)),
        ]
        self._following.update(parts)
        try:
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)
            self._following.difference_update(parts)


async def _tell(writer: asyncio.StreamWriter, changes: Changes) -> None:
    async with aclosing(changes.follow()) as told:
        async for change in told:
            writer.write(api.encode(change))
            async with asyncio.timeout(FOLLOWER_PATIENCE):
                await writer.drain()


def _question(line: bytes) -> api.Question | api.Failed:
    try:
        return api.decode_question(line)
    except msgspec.MsgspecError as error:
        return api.Failed("malformed", str(error))


async def _line(reader: asyncio.StreamReader, patience: float) -> bytes:
    """The next line; empty at the end, also where the conversation ends for a line without end."""
    try:
        async with asyncio.timeout(patience):
            return await reader.readline()
    except ValueError as error:
        log.warning("control socket: a line over %d bytes was refused (%s)", LINE_MAX, error)
        return b""


def _caller(writer: asyncio.StreamWriter) -> Caller:
    connection: socket.socket = writer.get_extra_info("socket")
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", credentials)
    return Caller(uid, user_name(uid))


def user_name(uid: int) -> str:
    """The user's name; `uid 1234` for one that the system does not know."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
