"""The SNMP poller: one task and one deadline per device, so that a dead device never delays a live one."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from msgspec import Struct

from agent.core.inputs import Input, Polled, PollFailed
from agent.core.model import Bad, Value
from agent.sources import pace
from agent.sources.errors import NoAnswer, NotAuthentic, PollError
from agent.sources.snmp.client import Raw
from agent.sources.timers import Bell, Waiter

Post = Callable[[Input], None]
"""Where inputs go."""

Convert = Callable[[Mapping[str, Raw | Bad]], Mapping[str, Value | Bad]]
"""From raw values by OID or cell to values by point; the very same mapping as long as nothing changes."""


class Source(Protocol):
    """Where the poller reads."""

    def read(self) -> Awaitable[Mapping[str, Raw | Bad]]:
        """The values by OID and by cell; raises `PollError`."""

    def close(self) -> None:
        """End what goes on between readings."""


class Target(Struct, frozen=True):
    """One device to poll."""

    device: str
    convert: Convert
    interval: float = 10.0
    retries: int = 1


class SnmpPoller:
    """Polls one device for ever.

    Args:
        target: the device.
        source: reads it.
        renew: has the next request begin a new session.
        post: takes `Polled` and `PollFailed`.
        diagnose: finds the reason of a failure that the reading itself cannot tell; may take its time.
        bell: wakes the pollers of one slot together.
    """

    def __init__(  # noqa: PLR0917  # the composition root names them all
        self,
        target: Target,
        source: Source,
        renew: Callable[[], None],
        post: Post,
        diagnose: Callable[[PollError], Awaitable[PollError]] | None = None,
        bell: Bell | None = None,
    ) -> None:
        self._target = target
        self._source = source
        self._renew = renew
        self._post = post
        self._diagnose = diagnose
        self._bell = bell or Bell()
        self._failures = 0
        self._sleep: Waiter | None = None

    def hurry(self) -> None:
        """Poll now instead of when it is due; nothing while a poll is under way."""
        if self._sleep is not None and not self._sleep.done():
            self._sleep.set_result(None)

    async def run(self) -> None:
        """Poll at once, then on the device's own slots of the interval, until cancelled."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                began = loop.time()
                await self.poll()
                now = loop.time()
                due = pace.next_due(began, self._target.interval, self._target.device, self._failures, now)
                self._sleep = self._bell.at(due)
                await self._sleep
        finally:
            self._source.close()

    async def poll(self) -> None:
        """Ask once, with the retries that the target allows, and post what came of it."""
        # A device that is known to be dead is asked once, not with all retries.
        tries = 1 + (self._target.retries if self._failures < pace.BREAKER_AFTER else 0)
        while True:
            try:
                raw = await self._source.read()
            except PollError as error:
                tries -= 1
                if not tries:
                    await self._failed(error)
                    return
            else:
                self._failures = 0
                self._post(Polled(self._target.device, self._target.convert(raw)))
                return

    async def _failed(self, error: PollError) -> None:
        self._failures += 1
        self._post(PollFailed(self._target.device, error.cause, str(error)))
        if pace.wants_new_session(self._failures):
            self._renew()
        if self._diagnose is not None and isinstance(error, NoAnswer | NotAuthentic):
            found = await self._diagnose(error)
            if found is not error:
                self._post(PollFailed(self._target.device, found.cause, str(found)))
