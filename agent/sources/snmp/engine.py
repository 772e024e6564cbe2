"""A v3 agent that starts anew, told from one that lost a datagram (RFC 3414, section 2.2).

After a restart an agent counts its engine boots up and refuses, or passes over, what was made for the time before. So
when one that answered stops answering, its engine is looked for again, once; and since an agent that answers then may
just have lost a datagram, its id and boots are asked for and compared. A library that follows a restart by itself shows
none of it; so they are also compared now and then.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from agent.sources.errors import NoAnswer, NotAuthentic, PollError
from agent.sources.snmp.client import Client, Cursor, Part, Raw

COMPARE_EVERY = 60.0
"""Seconds between two looks at id and boots."""

ENGINE_ID = "1.3.6.1.6.3.10.2.1.1.0"
ENGINE_BOOTS = "1.3.6.1.6.3.10.2.1.2.0"
"""snmpEngineID and snmpEngineBoots of SNMP-FRAMEWORK-MIB (RFC 3411)."""

Engine = tuple[Raw, Raw]
"""Id and boots; None where the agent does not show them."""


class Rediscovering:
    """A client that follows its agent through restarts.

    Args:
        client: asks.
        told: called with a sentence when the agent's engine is another, or counts another boot.
        clock: monotonic seconds.
    """

    def __init__(
        self, client: Client, told: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._told = told
        self._clock = clock
        self._compared = float("-inf")
        self._engine: Engine | None = None
        self._answered = False
        self.count = 0
        """Restarts seen so far."""

    @property
    def timeout(self) -> float:
        """See `Client.timeout`."""
        return self._client.timeout

    def renew(self) -> None:
        """See `Client.renew`."""
        self._answered = False
        self._client.renew()

    def close(self) -> None:
        """See `Client.close`."""
        self._client.close()

    async def get(self, oids: Sequence[str]) -> Mapping[str, Raw]:
        """See `Client.get`."""
        try:
            values = await self._client.get(oids)
        except (NoAnswer, NotAuthentic):
            if not self._answered:
                raise
            self.renew()
            values = await self._client.get(oids)
        if not self._answered or self._clock() - self._compared > COMPARE_EVERY:
            self._answered = True
            await self._compare()
        return values

    async def step(self, cursor: Cursor) -> Part:
        """See `Client.step`. When an agent that answered stops answering, the step is to be tried again."""
        try:
            return await self._client.step(cursor)
        except (NoAnswer, NotAuthentic):
            if self._answered:
                self.renew()
            raise

    async def _compare(self) -> None:
        """Look whether the engine is the one that was known."""
        self._compared = self._clock()
        with suppress(PollError):
            values = await self._client.get([ENGINE_ID, ENGINE_BOOTS])
            engine = values.get(ENGINE_ID), values.get(ENGINE_BOOTS)
            known, self._engine = self._engine, engine
            if known is None or known == engine:
                return
            self.count += 1
            what = "counts another boot" if known[0] == engine[0] else "has another SNMP engine"
            self._told(f"{what}: boots {known[1]!r} before, {engine[1]!r} now")
