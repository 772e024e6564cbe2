"""One reading of all that is wanted of an agent, while rows that move are looked for beside it."""

import asyncio
import logging
from collections.abc import Awaitable, Mapping, Sequence

from agent.core.model import Bad
from agent.sources.errors import PollError
from agent.sources.snmp.asking import Asker
from agent.sources.snmp.client import Raw
from agent.sources.snmp.tables import Rows

UPTIME = "1.3.6.1.2.1.1.3.0"
"""sysUpTime, which every agent has: asked for while nothing else is known of a device."""

log = logging.getLogger(__name__)

Values = Mapping[str, Raw | Bad]


class Reader:
    """Reads all variables and cells of one agent.

    A search for rows runs in a task of its own. The reading that begins it waits for it no longer than for an answer;
    later ones do not wait, but for the request under way.

    Args:
        asker: asks for variables.
        oids: of the variables that stand where they stand.
        tables: the tables whose rows move.
    """

    def __init__(self, asker: Asker, oids: Sequence[str], tables: Sequence[Rows] = ()) -> None:
        self._asker = asker
        self._fixed = list(oids)
        self._tables = tables
        self._turn = asyncio.Lock()
        """Held by who asks: a client is for one at a time."""
        self._searching: asyncio.Task[None] | None = None

    def read(self) -> Awaitable[Values]:
        """The values by OID and by cell. Raises what `Client.get` raises."""
        return self._whole() if self._tables else self._asker.get(self._fixed)

    def close(self) -> None:
        """End a search that is under way."""
        if self._searching is not None:
            self._searching.cancel()
        self._searching = None

    async def _whole(self) -> Values:
        self._take_up()
        values = await self._ask()
        for table in self._tables:
            if table.moved(values):
                self._asker.forget()
                table.forget()
                table.search_soon()
        if await self._found_in_time():
            values = await self._ask()
            for table in self._tables:
                if table.moved(values):
                    table.forget()
        return {oid: values[oid] for oid in self._fixed if oid in values} | {
            name: value for table in self._tables for name, value in table.cells(values)
        }

    async def _ask(self) -> Mapping[str, Raw]:
        oids = [oid for table in self._tables for oid in table.oids]
        async with self._turn:
            return await self._asker.get(list(dict.fromkeys(self._fixed + oids)) or [UPTIME])

    async def _found_in_time(self) -> bool:
        """Begin to look for rows that are not there; whether that has come to an end."""
        wanted = [table for table in self._tables if table.wants_search]
        if self._searching is not None or not wanted:
            return False
        self._searching = asyncio.create_task(self._search(wanted))
        await asyncio.wait([self._searching], timeout=min(table.patience for table in wanted))
        return self._take_up()

    def _take_up(self) -> bool:
        """Go by what a search found; whether one has come to an end."""
        if self._searching is None or not self._searching.done():
            return False
        ended, self._searching = self._searching, None
        ended.result()
        for table in self._tables:
            table.take_up()
        return True

    async def _search(self, tables: Sequence[Rows]) -> None:
        for table in tables:
            try:
                await table.search(lambda: self._turn)
            except PollError as error:
                # The fixed points are read all the same; a device that is gone is told by their poll.
                log.warning("rows not found: %s", error)
