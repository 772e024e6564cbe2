"""The WAN of the software branch: a TCP relay to the broker that can be cut."""

import asyncio
from contextlib import suppress

CHUNK = 65536


class Relay:
    """Passes every connection on to a port, unless cut.

    Args:
        port: where to listen on loopback.
        onward: the port to pass on to.
    """

    def __init__(self, port: int, onward: int) -> None:
        self._port = port
        self._onward = onward
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Begin to pass on."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)

    async def cut(self) -> None:
        """End every connection and refuse new ones."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        for writer in list(self._writers):
            writer.transport.abort()

    async def restore(self) -> None:
        """Pass on again; does nothing to a relay that is not cut."""
        if self._server is None:
            await self.start()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            onward_reader, onward_writer = await asyncio.open_connection("127.0.0.1", self._onward)
        except OSError:
            writer.close()
            return
        both = {writer, onward_writer}
        self._writers |= both
        try:
            await asyncio.gather(self._pass(reader, onward_writer), self._pass(onward_reader, writer))
        finally:
            self._writers -= both

    @staticmethod
    async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(CHUNK):
                writer.write(data)
                await writer.drain()
        writer.close()
