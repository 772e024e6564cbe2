"""SNMP v2c agents for the software branch: one UDP port each, answering GET from a mapping. The only file on pysnmp.

The message layer is pysnmp's; what an agent says is asked for at each request, so a scenario shows at once.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, cast

from pyasn1.codec.ber import decoder, encoder
from pyasn1.error import PyAsn1Error
from pysnmp.proto import api

from agent.demo.values import Answer, Answers

log = logging.getLogger(__name__)

V2C = api.PROTOCOL_MODULES[api.SNMP_VERSION_2C]

_MAKE = {
    "integer": V2C.Integer32,
    "gauge": V2C.Gauge32,
    "counter": V2C.Counter32,
    "ticks": V2C.TimeTicks,
    "text": V2C.OctetString,
    "oid": V2C.ObjectIdentifier,
}


class SnmpAgent(asyncio.DatagramProtocol):
    """One agent.

    Args:
        community: the only community it answers.
        answers: all it knows at the moment; None to say nothing at all.
    """

    def __init__(self, community: str, answers: Callable[[], Answers | None]) -> None:
        self._community = community.encode()
        self._answers = answers
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | bytes, int]) -> None:
        """Answer one request; what is none is ignored, as agents do."""
        known = self._answers()
        if known is None or self._transport is None:
            return
        try:
            request, _ = decoder.decode(data, asn1Spec=V2C.Message())
            reply = self._reply(request, known)
        except PyAsn1Error as error:
            log.debug("not a request: %s", error)
            return
        if reply is not None:
            self._transport.sendto(encoder.encode(reply), addr)

    def _reply(self, request: Any, known: Answers) -> Any:
        message = V2C.apiMessage
        if message.get_community(request).asOctets() != self._community:
            return None
        reply = message.get_response(request)
        asked = V2C.apiPDU.get_varbinds(message.get_pdu(request))
        answered = [(oid, _value(known.get(str(oid)))) for oid, _ in asked]
        V2C.apiPDU.set_varbinds(message.get_pdu(reply), answered)
        return reply


def _value(answer: Answer | None) -> Any:
    return V2C.NoSuchInstance("") if answer is None else _MAKE[answer.kind](answer.value)


async def serve(address: str, port: int, agent: SnmpAgent) -> asyncio.DatagramTransport:
    """Have an agent answer at an address until its transport is closed.

    Raises:
        OSError: the port is taken.
    """
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: agent, local_addr=(address, port))
    return transport
