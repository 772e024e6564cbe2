"""An SNMP agent that bears only a few variables in one request, as some UPS cards and gateways do."""

import socket
import threading
from types import TracebackType
from typing import Any, Self

from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto import api

TOO_BIG = 1


class SmallAgent:
    """Answers v1 and v2c on a loopback port with the last but one arc of each OID, and `tooBig` to what is too big.

    Args:
        most: variables it bears in one request.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self.requests = 0
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bell:
            bell.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            data, client = self._socket.recvfrom(2000)
            if not data:
                return
            self.requests += 1
            self._socket.sendto(encoder.encode(self._reply(data)), client)

    def _reply(self, data: bytes) -> Any:
        module = api.PROTOCOL_MODULES[api.decodeMessageVersion(data)]
        request, _ = decoder.decode(data, asn1Spec=module.Message())
        reply = module.apiMessage.get_response(request)
        pdu = module.apiMessage.get_pdu(reply)
        asked = module.apiPDU.get_varbinds(module.apiMessage.get_pdu(request))
        if len(asked) > self._most:
            module.apiPDU.set_error_status(pdu, TOO_BIG)
            module.apiPDU.set_varbinds(pdu, asked)
        else:
            module.apiPDU.set_varbinds(pdu, [(oid, module.Integer(int(oid[-2]))) for oid, _ in asked])
        return reply
