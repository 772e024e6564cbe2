"""SNMP GET by gufo-snmp; the only file that knows that library and its errors."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence

from gufo.snmp import SnmpError, SnmpVersion
from gufo.snmp.aio import SnmpSession

from agent.sources.errors import Garbled, LinkLost, NoAnswer, NothingListens, PollError

Raw = int | float | str | bytes | None
"""A value as the wire gives it: INTEGER and counters as int, OCTET STRING as bytes, OID and IpAddress as str."""

PDU_OIDS = 24
"""Variables asked for in one request: fits an answer into one datagram of the usual agents."""


class SnmpClient:
    """Asks one SNMP v2c agent.

    Args:
        address: IPv4 or IPv6 address of the agent.
        port: its UDP port.
        community: reads the v2c community, once for each session; never logged. May raise `PollError`.
        timeout: seconds to wait for the answer to one request.
    """

    def __init__(self, address: str, port: int, community: Callable[[], str], timeout: float) -> None:
        self._address = address
        self._port = port
        self._community = community
        self._timeout = timeout
        self._session: SnmpSession | None = None

    def renew(self) -> None:
        """Forget the session; the next request opens a new socket with new request ids."""
        self._session = None

    async def get(self, oids: Sequence[str]) -> Mapping[str, Raw]:
        """The values of some OIDs; what the agent does not have is absent.

        Raises:
            NoAnswer: nothing came in time.
            NothingListens: the port is closed.
            Garbled: what came is no answer.
            LinkLost: the request could not be sent, or there is no community to send it with.
        """
        values: dict[str, Raw] = {}
        for start in range(0, len(oids), PDU_OIDS):
            values.update(await self._get(oids[start : start + PDU_OIDS]))
        return values

    async def _get(self, oids: Sequence[str]) -> Mapping[str, Raw]:
        began = time.monotonic()
        try:
            # The library's own time-out begins anew with each stray datagram; this one does not.
            async with asyncio.timeout(self._timeout):
                values: dict[str, Raw] = await self._open().get_many(oids)
                return values
        except PollError:  # of the community
            raise
        except TimeoutError as error:
            if time.monotonic() - began < self._timeout / 2:
                # The library tells a closed port (ICMP port unreachable) as a time-out that comes at once.
                raise NothingListens(f"nothing listens at {self._address} port {self._port}") from error
            raise NoAnswer(f"no answer from {self._address} within {self._timeout:g} s") from error
        except SnmpError as error:
            raise Garbled(f"{self._address} sent no SNMP answer: {error}") from error
        except (ValueError, RuntimeError) as error:
            raise Garbled(f"{self._address}: {error}") from error
        except OSError as error:
            raise LinkLost(f"{self._address}: {error}") from error
        except BaseException as error:
            if not _is_panic(error):
                raise
            # The decoder gave up on the datagram in mid-work: its session is not to be trusted any more.
            self.renew()
            raise Garbled(f"{self._address} sent what the decoder cannot bear") from error

    def _open(self) -> SnmpSession:
        if self._session is None:
            self._session = SnmpSession(
                addr=self._address,
                port=self._port,
                community=self._community(),
                version=SnmpVersion.v2c,
                timeout=self._timeout,
            )
        return self._session


def _is_panic(error: BaseException) -> bool:
    """Whether gufo-snmp's Rust part panicked, as version 0.13 does on some noise; the class cannot be imported."""
    return type(error).__name__ == "PanicException"
