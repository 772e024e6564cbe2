"""The control socket: one JSON question a line, one answer a line. A door for the panel and the command line.

The kernel tells who asks (SO_PEERCRED). Only the panel's user may speak for another name, which it has proved by
login; anybody else orders under the name of their own user.
"""

import asyncio
import logging
import pwd
import socket
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
from msgspec import Struct

from agent import api
from agent.core.inputs import Door, Origin

log = logging.getLogger(__name__)

LINE_MAX = 64 * 1024
CONNECTIONS_MAX = 64
IDLE_SECONDS = 300.0

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
    """

    def __init__(self, path: Path, handle: Handler) -> None:
        self._path = path
        self._handle = handle
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

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
        for writer in list(self._writers):
            # Not `close`, which waits until the other end has read everything, and so perhaps for ever.
            writer.transport.abort()
        await self._server.wait_closed()
        self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._writers) >= CONNECTIONS_MAX:
            writer.close()
            return
        self._writers.add(writer)
        try:
            await self._converse(reader, writer, _caller(writer))
        except (ConnectionError, TimeoutError):
            pass  # the other end went away, which is its right
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, caller: Caller
    ) -> None:
        while True:
            line = await _line(reader)
            if not line:
                return
            writer.write(api.encode(await self._answer(line, caller)))
            await writer.drain()

    async def _answer(self, line: bytes, caller: Caller) -> api.Answer | msgspec.Raw:
        try:
            question = api.decode_question(line)
        except msgspec.MsgspecError as error:
            return api.Failed("malformed", str(error))
        return await self._handle(question, caller)


async def _line(reader: asyncio.StreamReader) -> bytes:
    """The next line; empty at the end, also where the conversation ends for a line without end."""
    try:
        async with asyncio.timeout(IDLE_SECONDS):
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
