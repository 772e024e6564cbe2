"""The SNMP poller: one task and one deadline per device, so that a dead device never delays a live one."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from agent.core.inputs import Input, Polled, PollFailed
from agent.core.model import Bad, Value
from agent.sources import pace
from agent.sources.errors import PollError
from agent.sources.snmp_client import Raw

Post = Callable[[Input], None]
"""Where inputs go."""


class Client(Protocol):
    """What the poller needs of an SNMP library."""

    async def get(self, oids: Sequence[str]) -> Mapping[str, Raw]:
        """The values of some OIDs; what the agent does not have is absent."""

    def renew(self) -> None:
        """Begin a new session with the next request."""


class Target(Struct, frozen=True):
    """One device to poll."""

    device: str
    oids: tuple[str, ...]
    convert: Callable[[Mapping[str, Raw]], Mapping[str, Value | Bad]]
    """From raw values by OID to values by point."""
    interval: float = 10.0
    retries: int = 1


class SnmpPoller:
    """Polls one device for ever.

    Args:
        target: the device.
        client: asks it.
        post: takes `Polled` and `PollFailed`.
    """

    def __init__(self, target: Target, client: Client, post: Post) -> None:
        self._target = target
        self._client = client
        self._post = post
        self._failures = 0
        self._raw: Mapping[str, Raw] | None = None
        self._values: Mapping[str, Value | Bad] = {}

    async def run(self) -> None:
        """Poll at once, then on the device's own slots of the interval, until cancelled."""
        while True:
            began = time.monotonic()
            await self.poll()
            now = time.monotonic()
            due = pace.next_due(began, self._target.interval, self._target.device, self._failures, now)
            await asyncio.sleep(due - now)

    async def poll(self) -> None:
        """Ask once, with the retries that the target allows, and post what came of it."""
        try:
            self._post(Polled(self._target.device, self._convert(await self._ask())))
        except PollError as error:
            self._failures += 1
            self._post(PollFailed(self._target.device, error.cause, str(error)))
            if pace.wants_new_session(self._failures):
                self._client.renew()
        else:
            self._failures = 0

    async def _ask(self) -> Mapping[str, Raw]:
        # A device that is known to be dead is asked once, not with all retries.
        retries = self._target.retries if self._failures < pace.BREAKER_AFTER else 0
        for _ in range(retries):
            try:
                return await self._client.get(self._target.oids)
            except PollError:
                continue
        return await self._client.get(self._target.oids)

    def _convert(self, raw: Mapping[str, Raw]) -> Mapping[str, Value | Bad]:
        if raw != self._raw:
            self._raw, self._values = raw, self._target.convert(raw)
        # Unchanged raw values give the very same mapping, which the core knows at a glance.
        return self._values
