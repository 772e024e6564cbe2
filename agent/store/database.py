"""The connection to the journal: its settings and its tables."""

from contextlib import closing
from functools import cache
from importlib import resources
from pathlib import Path

from agent.store import index
from agent.store.connection import BUSY_MS, Connection, Row
from agent.store.errors import StoreBusy, StoreCorrupt, StoreError, StoreFailed, StoreNewer

FILE = "journal.db"
VERSION = 1
APPLICATION_ID = 0x4C57_4A31  # "LWJ1", so that file(1) and we know our own

# A commit of one event costs about three pages of 4 KiB in the WAL; a checkpoint each 1,000 pages writes the
# tail pages home once instead of once per commit, and the limit gives the space back after a burst.
# mmap stays off: an I/O error on mapped pages would be a SIGBUS instead of an error code.
_PRAGMAS = (
    f"busy_timeout = {BUSY_MS}",
    "journal_mode = WAL",
    "synchronous = FULL",
    "wal_autocheckpoint = 1000",
    "journal_size_limit = 4194304",
    "mmap_size = 0",
    "temp_store = MEMORY",
    "cell_size_check = ON",
    "trusted_schema = OFF",
)


def _schema() -> str:
    tables = (resources.files("agent.store") / "schema.sql").read_text()
    numbers = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION};"
    return f"BEGIN IMMEDIATE;\n{tables}\n{numbers}\nCOMMIT;"


@cache
def _expected_tables() -> list[Row]:
    with closing(Connection(None)) as connection:
        connection.script(_schema())
        return connection.tables()


class Database(Connection):
    """A connection to the journal.

    Args:
        path: the database file.
        read_only: opens an existing file without the right to write, beside the agent that writes.
        frozen: the file is read as if nobody could change it, without its WAL and without a single new byte.
    """

    def __init__(self, path: Path, *, read_only: bool = False, frozen: bool = False) -> None:
        if not frozen:
            index.check_room(path)
        super().__init__(path, _PRAGMAS[:1] if read_only else _PRAGMAS, read_only=read_only, frozen=frozen)
        if not read_only:
            self._reserve()

    def _reserve(self) -> None:
        try:
            self.rows("PRAGMA user_version")  # the first reading makes the index
            index.reserve(self.path)
        except StoreError:
            self.close()
            raise

    def checkpoint(self) -> None:
        """Brings everything committed from the WAL into the database file, through fsync.

        Raises:
            StoreBusy: a reader stood in the way.
        """
        [(_, frames, moved)] = self.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        if frames != moved:
            raise StoreBusy(f"{self.path}: a reader kept {frames - moved} pages from being checkpointed")

    def ensure_schema(self) -> bool:
        """Creates the tables in an empty file, or checks those that are there; says whether it created them.

        Raises:
            StoreNewer: a later version wrote the file.
            StoreCorrupt: the file is a database of something else, or damaged.
        """
        [(version,)] = self.rows("PRAGMA user_version")
        if version == 0 and not self.tables():
            self.script(_schema())
            return True
        self.check_schema()
        self.rows("DELETE FROM cursor WHERE false")  # changes nothing, but asks for the right to write
        return False

    def check_schema(self) -> None:
        """Compares version and tables of the file with ours; raises as `ensure_schema` does."""
        [(owner,)] = self.rows("PRAGMA application_id")
        [(version,)] = self.rows("PRAGMA user_version")
        if owner == version == 0 and not self.tables():
            raise StoreFailed(f"{self.path}: no journal yet")  # killed while it was being made
        if owner != APPLICATION_ID:
            raise StoreCorrupt(f"{self.path}: not a journal of linewarden")
        if self.tables() == _expected_tables():
            return  # whatever the head says: a version of its own has tables of its own
        if version > VERSION:
            raise StoreNewer(
                f"{self.path}: written by version {version} of the store, this one knows {VERSION}"
            )
        raise StoreCorrupt(f"{self.path}: the tables are not those of version {VERSION}")
