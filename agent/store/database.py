"""The connection to the journal: its settings and its tables."""

import logging
from pathlib import Path

from agent.store import index
from agent.store.connection import BUSY_MS, Connection
from agent.store.errors import StoreBusy, StoreCorrupt, StoreError, StoreFailed, StoreNewer
from agent.store.schema import APPLICATION_ID, SCHEMA, Schema, migrate

log = logging.getLogger(__name__)

FILE = "journal.db"

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
    # Debian's SQLite overwrites with zeros what is deleted: pruning would write as much as was written before.
    "secure_delete = OFF",
    "cell_size_check = ON",
    "trusted_schema = OFF",
)


class Database(Connection):
    """A connection to the journal.

    Args:
        path: the database file.
        read_only: opens an existing file without the right to write, beside the agent that writes.
        frozen: the file is read as if nobody could change it, without its WAL and without a single new byte.
        schema: the versions of the tables that are known; tests hand in one with more.
    """

    def __init__(
        self, path: Path, *, read_only: bool = False, frozen: bool = False, schema: Schema = SCHEMA
    ) -> None:
        self._schema = schema
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
        """Creates the tables in an empty file, or brings those that are there to the present version.

        Returns:
            Whether it created them.

        Raises:
            StoreNewer: a later version wrote the file.
            StoreCorrupt: the file is a database of something else, or damaged.
        """
        [(header,)] = self.rows("PRAGMA user_version")
        fresh = header == 0 and not self.tables()
        version = 0 if fresh else self.check_schema()
        if version == self._schema.version:
            self.rows("DELETE FROM cursor WHERE false")  # changes nothing, but asks for the right to write
            return False
        if not fresh:
            log.warning("%s: brought from version %d to %d", self.path, version, self._schema.version)
        self.begin()
        try:
            migrate(self, self._schema, self._schema.forward(version), self._schema.version)
            self.commit()
        except BaseException:
            self.rollback()
            raise
        return fresh

    def check_schema(self) -> int:
        """The version of the file's tables; raises as `ensure_schema` does."""
        [(owner,)] = self.rows("PRAGMA application_id")
        [(header,)] = self.rows("PRAGMA user_version")
        tables = self.tables()
        if owner == header == 0 and not tables:
            raise StoreFailed(f"{self.path}: no journal yet")  # killed while it was being made
        if owner != APPLICATION_ID:
            raise StoreCorrupt(f"{self.path}: not a journal of linewarden")
        if version := self._schema.version_of(tables):
            return version  # whatever the head says: a version of its own has tables of its own
        known = self._schema.version
        if header > known:
            raise StoreNewer(f"{self.path}: written by version {header} of the store, this one knows {known}")
        raise StoreCorrupt(f"{self.path}: the tables are not those of version {header}")

    def step_back(self, to: int) -> None:
        """Brings the tables back to an earlier version, within the open transaction."""
        migrate(self, self._schema, self._schema.backward(to), to)
