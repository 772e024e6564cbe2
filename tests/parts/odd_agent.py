"""An SNMP agent in the test's own loop that answers v1 and v2c as a test says: wrongly, slowly, too much."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

from msgspec import Struct
from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto import api

Told = tuple[str, int | bytes]
"""A variable and its value."""

GET, NEXT, BULK = "GetRequestPDU", "GetNextRequestPDU", "GetBulkRequestPDU"


class Asked(Struct, frozen=True):
    """One request."""

    kind: str
    oids: list[str]
    repetitions: int
    request: Any
    module: Any

    def reply(self, told: Iterable[Told], status: int = 0) -> bytes:
        """The datagram that tells these values, or an error."""
        message = self.module.apiMessage.get_response(self.request)
        pdu = self.module.apiMessage.get_pdu(message)
        self.module.apiPDU.set_error_status(pdu, status)
        self.module.apiPDU.set_varbinds(pdu, [(oid, self._value(value)) for oid, value in told])
        return bytes(encoder.encode(message))

    def _value(self, value: int | bytes) -> Any:
        return self.module.Integer(value) if isinstance(value, int) else self.module.OctetString(value)


Manner = Callable[[Asked], Iterable[tuple[float, bytes]]]
"""What goes back for a request: each datagram after so many seconds."""


class OddAgent(asyncio.DatagramProtocol):
    """Answers on a loopback port in its manner, and remembers what it was asked."""

    def __init__(self, manner: Manner) -> None:
        self.manner = manner
        self.asked: list[Asked] = []
        self.port = 0
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It listens."""
        self._transport = cast("asyncio.DatagramTransport", transport)
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """A request."""
        asked = _read(data)
        self.asked.append(asked)
        loop = asyncio.get_running_loop()
        for delay, answer in self.manner(asked):
            loop.call_later(delay, self._send, answer, addr)

    def _send(self, data: bytes, client: tuple[str, int]) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data, client)

    def close(self) -> None:
        """Stop listening."""
        if self._transport is not None:
            self._transport.close()


@asynccontextmanager
async def odd_agent(manner: Manner) -> AsyncIterator[OddAgent]:
    """An agent that listens."""
    agent = OddAgent(manner)
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(lambda: agent, local_addr=("127.0.0.1", 0))
    try:
        yield agent
    finally:
        agent.close()


def at_once(tell: Callable[[Asked], bytes], delay: float = 0.0) -> Manner:
    """One answer to each request."""
    return lambda asked: [(delay, tell(asked))]


def table(rows: Sequence[Told], other: int = 7) -> Callable[[Asked], bytes]:
    """What an agent tells that has these rows in order, after them one variable more, and a number for all else."""
    whole = [*rows, ("1.3.9.9.0", 0)]
    places = [(_place(oid), oid, value) for oid, value in whole]
    known = dict(rows)

    def tell(asked: Asked) -> bytes:
        if asked.kind == GET:
            return asked.reply([(oid, known.get(oid, other)) for oid in asked.oids])
        after = [(oid, value) for place, oid, value in places if place > _place(asked.oids[0])]
        return asked.reply(after[: asked.repetitions])

    return tell


def _place(oid: str) -> tuple[int, ...]:
    return tuple(map(int, oid.split(".")))


def _read(data: bytes) -> Asked:
    module = api.PROTOCOL_MODULES[api.decodeMessageVersion(data)]
    request, _ = decoder.decode(data, asn1Spec=module.Message())
    pdu = module.apiMessage.get_pdu(request)
    kind = type(pdu).__name__
    bulk = kind == BULK
    reader = module.apiBulkPDU if bulk else module.apiPDU
    oids = [".".join(map(str, tuple(oid))) for oid, _ in reader.get_varbinds(pdu)]
    repetitions = int(reader.get_max_repetitions(pdu)) if bulk else 1
    return Asked(kind, oids, repetitions, request, module)
