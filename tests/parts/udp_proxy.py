"""A UDP proxy between a client and an agent that delays, doubles, cuts, forges or swallows answers."""

import asyncio
from collections.abc import Callable
from typing import cast

Answers = list[tuple[float, bytes]]
"""What goes back for one answer of the agent: each after so many seconds."""


def faithful(answer: bytes) -> Answers:
    """Pass it on as it is."""
    return [(0.0, answer)]


class UdpProxy(asyncio.DatagramProtocol):
    """Stands before an agent; `manner` says what becomes of each of its answers."""

    def __init__(self, agent: tuple[str, int]) -> None:
        self._agent = agent
        self.manner: Callable[[bytes], Answers] = faithful
        self.requests = 0
        self.port = 0
        self._transport: asyncio.DatagramTransport | None = None
        self._clients: dict[tuple[str, int], asyncio.DatagramTransport] = {}

    async def start(self, address: str = "127.0.0.1") -> None:
        """Begin to pass on."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(address, 0))
        self._transport = cast("asyncio.DatagramTransport", transport)
        self.port = transport.get_extra_info("sockname")[1]

    def close(self) -> None:
        """Stop passing on."""
        for transport in self._clients.values():
            transport.close()
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """A request of the client: on to the agent."""
        self.requests += 1
        task = asyncio.get_running_loop().create_task(self._onward(data, addr))
        task.add_done_callback(lambda done: done.result())

    async def _onward(self, data: bytes, client: tuple[str, int]) -> None:
        if client not in self._clients:
            back = _Back(lambda answer: self._answered(answer, client))
            loop = asyncio.get_running_loop()
            transport, _ = await loop.create_datagram_endpoint(lambda: back, remote_addr=self._agent)
            self._clients[client] = transport
        self._clients[client].sendto(data)

    def _answered(self, answer: bytes, client: tuple[str, int]) -> None:
        loop = asyncio.get_running_loop()
        for delay, data in self.manner(answer):
            loop.call_later(delay, self.send, data, client)

    def send(self, data: bytes, client: tuple[str, int]) -> None:
        """Send the client something."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data, client)


class _Back(asyncio.DatagramProtocol):
    def __init__(self, answered: Callable[[bytes], None]) -> None:
        self._answered = answered

    def datagram_received(self, data: bytes, _addr: tuple[str, int]) -> None:
        self._answered(data)

    def error_received(self, exc: Exception) -> None:
        """The agent's port is closed: the client hears nothing."""
