"""Rows of SNMP tables, found by name: an agent may number its rows anew at each restart (RFC 2863, section 3.1.5)."""

import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

from msgspec import Struct

from agent.sources.snmp.asking import Asker
from agent.sources.snmp.client import Client, Raw

SEARCH_EVERY = 60.0
"""Seconds between two searches for rows that are not there."""


class Table(Struct, frozen=True):
    """A table, and the rows of it that are wanted.

    Attributes:
        key: OID of the column that names a row.
        rows: our name of a row → what stands in its key column.
        columns: OIDs of the columns to read; they share the index of `key`, not necessarily its table.
        cell: what the cell of a column and a row is called as long as its index may change.
        repetitions: rows asked for at a time in a search.
    """

    key: str
    rows: Mapping[str, str]
    columns: tuple[str, ...]
    cell: Callable[[str, str], str]
    repetitions: int = 20


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

    @property
    def wants_search(self) -> bool:
        """Whether a row is not there, and was not looked for lately."""
        return len(self._index) < len(self._table.rows) and self._clock() - self._searched >= SEARCH_EVERY

    async def search(self) -> None:
        """Find all rows by a walk through the key column. A name that stands in two rows finds neither."""
        self._searched = self._clock()
        self._index = {}
        seen: dict[str, list[str]] = {}
        for oid, key in await self._client.walk(self._table.key, self._table.repetitions):
            seen.setdefault(text_of(key), []).append(oid.removeprefix(self._table.key + "."))
        for row, key in self._table.rows.items():
            if len(seen.get(key, ())) == 1:
                self._index[row] = seen[key][0]

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

    def cells(self, values: Mapping[str, Raw]) -> Iterator[tuple[str, Raw]]:
        """The values by cell; what the agent does not have is absent."""
        for row, index in self._index.items():
            for column in self._table.columns:
                if (oid := f"{column}.{index}") in values:
                    yield self._table.cell(column, row), values[oid]

    def forget(self) -> None:
        """Take no row for known."""
        self._index = {}


class Reader:
    """Reads all variables and cells of one agent.

    Args:
        asker: asks for variables.
        oids: of the variables that stand where they stand.
        tables: the tables whose rows move.
    """

    def __init__(self, asker: Asker, oids: Sequence[str], tables: Sequence[Rows] = ()) -> None:
        self._asker = asker
        self._fixed = list(oids)
        self._tables = tables

    def read(self) -> Awaitable[Mapping[str, Raw]]:
        """The values by OID and by cell. Raises what `Client.get` raises."""
        return self._whole() if self._tables else self._asker.get(self._fixed)

    async def _whole(self) -> Mapping[str, Raw]:
        for table in self._tables:
            if table.wants_search:
                await table.search()
        values = await self._ask()
        moved = [table for table in self._tables if table.moved(values)]
        if moved:
            self._asker.forget()
            for table in moved:
                await table.search()
            values = await self._ask()
            for table in moved:
                if table.moved(values):
                    table.forget()
        return {oid: values[oid] for oid in self._fixed if oid in values} | {
            name: value for table in self._tables for name, value in table.cells(values)
        }

    async def _ask(self) -> Mapping[str, Raw]:
        oids = [oid for table in self._tables for oid in table.oids]
        return await self._asker.get(list(dict.fromkeys(self._fixed + oids)))


def text_of(key: Raw) -> str:
    """What stands in a key column, as a site file writes it."""
    if isinstance(key, bytes):
        key = key.decode("utf-8", errors="replace")
    return "" if key is None else str(key).replace("\0", "").strip()
