"""Rows of SNMP tables, found by name: an agent may number its rows anew at each restart (RFC 2863, section 3.1.5)."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext

from msgspec import Struct

from agent.core.model import Bad
from agent.sources.errors import NoAnswer, PollError
from agent.sources.snmp.client import Client, Raw, TooLarge
from agent.sources.snmp.walking import Turn, walk

SEARCH_EVERY = 60.0
"""Seconds between two searches for rows that are not there."""

SEARCH_WITHIN = 300.0
"""Seconds that the search for the rows of a table may take: some hundred rows of a slow v1 agent, one by one."""

SOUGHT = Bad("missing")
"""Stands for a cell whose row was not found yet: unlike one that is not there, it says nothing about the device."""


class Table(Struct, frozen=True):
    """A table, and the rows of it that are wanted.

    Attributes:
        key: OID of the column that names a row.
        rows: our name of a row → what stands in its key column.
        columns: OIDs of the columns to read; they share the index of `key`, not necessarily its table.
        cell: what the cell of a column and a row is called as long as its index may change.
        present: the column of cells that say whether their row is there; no column of the agent.
        repetitions: rows asked for at a time in a search.
    """

    key: str
    rows: Mapping[str, str]
    columns: tuple[str, ...]
    cell: Callable[[str, str], str]
    repetitions: int = 20
    present: str = "present"


class Rows:
    """Knows where the rows of one table stand at present.

    With every reading the key of each row is read too, so that a value is never taken for that of another row.
    """

    def __init__(self, table: Table, client: Client, clock: Callable[[], float] = time.monotonic) -> None:
        self._table = table
        self._client = client
        self._clock = clock
        self._index: dict[str, str] = {}
        self._searched = float("-inf")
        self._found: dict[str, str] | None = None
        """What the last search found, until it is taken up."""
        self._complete = False
        """Whether the table was seen whole since its rows were lost."""
        self._repetitions = table.repetitions

    @property
    def wants_search(self) -> bool:
        """Whether a row is not there, and was not looked for lately."""
        return len(self._index) < len(self._table.rows) and self._clock() - self._searched >= SEARCH_EVERY

    @property
    def patience(self) -> float:
        """Seconds that a reading may wait for a search: as long as for an answer."""
        return self._client.timeout

    async def search(self, turn: Turn = nullcontext) -> None:
        """Find all rows by a walk through the key column. A name that stands in two rows finds neither.

        What was found before holds until this is taken up.

        Args:
            turn: entered for each request.
        """
        self._searched = self._clock()
        try:
            async with asyncio.timeout(SEARCH_WITHIN):
                told = await self._walk(turn)
        except PollError:
            raise
        except TimeoutError as error:
            raise NoAnswer(f"rows below {self._table.key} not told within {SEARCH_WITHIN:g} s") from error
        finally:
            self._searched = self._clock()
        seen: dict[str, list[str]] = {}
        for oid, key in told:
            seen.setdefault(text_of(key), []).append(oid.removeprefix(self._table.key + "."))
        places = {row: seen.get(key, []) for row, key in self._table.rows.items()}
        self._found = {row: indexes[0] for row, indexes in places.items() if len(indexes) == 1}

    def take_up(self) -> None:
        """Go by what was found from now on; not between a question and its answer."""
        if self._found is not None:
            self._index, self._complete = self._found, True
        self._found = None

    async def _walk(self, turn: Turn) -> list[tuple[str, Raw]]:
        while True:
            try:
                return await walk(self._client, self._table.key, self._repetitions, turn)
            except TooLarge:
                if self._repetitions == 1:
                    raise
                self._repetitions //= 2

    @property
    def oids(self) -> Iterator[str]:
        """What to ask for: the keys and the cells of all rows that are there."""
        for index in self._index.values():
            yield f"{self._table.key}.{index}"
            yield from (f"{column}.{index}" for column in self._table.columns)

    def moved(self, values: Mapping[str, Raw]) -> bool:
        """Whether a row no longer stands where it stood; then none of these cells may be believed."""
        return any(
            text_of(values.get(f"{self._table.key}.{index}")) != self._table.rows[row]
            for row, index in self._index.items()
        )

    def cells(self, values: Mapping[str, Raw]) -> Iterator[tuple[str, Raw | Bad]]:
        """The values by cell; what the agent does not have is absent. Whether a row is there has a cell of its own."""
        for row in self._table.rows:
            gone = False if self._complete else SOUGHT
            yield self._table.cell(self._table.present, row), row in self._index or gone
        for row, index in self._index.items():
            for column in self._table.columns:
                if (oid := f"{column}.{index}") in values:
                    yield self._table.cell(column, row), values[oid]
        if not self._complete:
            for row in self._table.rows.keys() - self._index.keys():
                yield from ((self._table.cell(column, row), SOUGHT) for column in self._table.columns)

    def forget(self) -> None:
        """Take no row for known."""
        self._index = {}
        self._complete = False

    def search_soon(self) -> None:
        """Look for the rows although they were looked for lately."""
        self._searched = float("-inf")


def text_of(key: Raw) -> str:
    """What stands in a key column, as a site file writes it."""
    if isinstance(key, bytes):
        key = key.decode("utf-8", errors="replace")
    return "" if key is None else str(key).replace("\0", "").strip()
