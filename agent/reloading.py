"""A changed configuration, taken up while the agent runs: wholly where all that differs is safe, else not at all."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from agent.config.difference import difference
from agent.config.errors import ConfigError
from agent.config.load import Loaded

log = logging.getLogger(__name__)

TOLD = 5
"""Mistakes that are logged; `linewarden check` tells all."""


class Reloading:
    """Reads the configuration again whenever it is asked to.

    Args:
        read: the configuration as it is on the disk.
        in_force: that by which the agent works.
        take_up: makes another the one in force, given the names of what differs; cannot fail in part.
        renew: has certificates that are new on the disk taken up.
    """

    def __init__(
        self,
        read: Callable[[], Loaded],
        in_force: Callable[[], Loaded],
        take_up: Callable[[Loaded, tuple[str, ...]], None],
        renew: Callable[[], Awaitable[None]],
    ) -> None:
        self._read, self._in_force, self._take_up, self._renew = read, in_force, take_up, renew
        self._asked = asyncio.Event()
        self._count = 0

    def ask(self) -> None:
        """Have it read again; asked twice before that is once."""
        self._asked.set()

    async def run(self) -> None:
        """Wait to be asked, until cancelled."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            await self._reload()

    async def _reload(self) -> None:
        # The number makes each answer one of its own: who asks twice in a minute wants two.
        self._count += 1
        try:
            loaded = await asyncio.to_thread(self._read)
        except ConfigError as error:
            told = "; ".join(map(str, error.mistakes[:TOLD]))
            log.error(  # noqa: TRY400  # no fault of ours
                "reload %d: not taken up, %d mistakes: %s", self._count, len(error.mistakes), told
            )
            return
        found = difference(self._in_force(), loaded)
        if found.restart:
            names = ", ".join(found.restart)
            log.warning("reload %d: not taken up, a restart is needed for: %s", self._count, names)
        elif found.safe:
            self._take_up(loaded, found.safe)
            log.info("reload %d: taken up: %s", self._count, ", ".join(found.safe))
        else:
            log.info("reload %d: the same as what is in force", self._count)
        await self._renew()
