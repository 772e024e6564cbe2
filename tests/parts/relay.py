"""A TCP relay to put between two parts: it can be shut, can stall, and can look at what a client says first."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tests.parts.loop import LoopThread
from tests.waiting import wait_for


class Relay:
    """Carries bytes from a loopback port of its own to another.

    Args:
        target: the port behind it.
        refuse: is shown the first bytes of each client and returns what to answer before hanging up, or None to
            let it through.
    """

    def __init__(self, target: int, refuse: Callable[[bytes], bytes | None] = lambda _: None) -> None:
        self._target = target
        self._refuse = refuse
        self._thread = LoopThread()
        self._writers: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._ways: set[asyncio.Future[None]] = set()
        self._open = True
        self._flowing: asyncio.Event = self._thread.call(asyncio.Event)
        self.accepted = 0
        """Clients that were let through."""
        self._server = self._thread.run(asyncio.start_server(self._accept, "127.0.0.1", 0))
        self.port = int(self._server.sockets[0].getsockname()[1])
        self.flow()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.call(self._server.close)
        self.shut()
        wait_for(lambda: not self._serving, what="the relay to end")
        self._thread.stop()

    def shut(self) -> None:
        """Cut all connections and hang up on new ones."""
        self._thread.call(self._shut)

    def open(self) -> None:
        """Let clients through again."""
        self._open = True

    def stall(self) -> None:
        """Carry nothing, and keep everything open: a link whose other end vanished."""
        self._thread.call(self._flowing.clear)

    def flow(self) -> None:
        """Carry again."""
        self._thread.call(self._flowing.set)

    def _shut(self) -> None:
        self._open = False
        for writer in self._writers:
            writer.transport.abort()
        for way in self._ways:
            way.cancel()  # it may be stalled

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # known from the first moment, so that no connection can be overlooked at the end
        self._writers.add(writer)
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            first = await reader.read(4096)
            answer = self._refuse(first) if self._open else b""
            if answer is not None:
                writer.write(answer)
                return
            self.accepted += 1
            await self._carry_both(first, reader, writer)
        except OSError:
            pass  # either side may vanish at any time: that is what this part is for
        finally:
            self._writers.discard(writer)
            writer.close()
            await asyncio.gather(writer.wait_closed(), return_exceptions=True)

    async def _carry_both(
        self, first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers.add(back)
        back.write(first)
        ways = [asyncio.ensure_future(self._carry(*way)) for way in ((reader, back), (there, writer))]
        self._ways.update(ways)
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._writers.discard(back)
            self._ways.difference_update(ways)
            back.close()
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, back.wait_closed(), return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(4096):
            await self._flowing.wait()
            writer.write(data)
            await writer.drain()
