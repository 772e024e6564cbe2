"""One SQLite connection, and the only place where sqlite3's errors get their meaning."""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from agent.store.errors import (
    StoreBusy,
    StoreCorrupt,
    StoreError,
    StoreFailed,
    StoreFull,
    of_os_error,
)

BUSY_MS = 5_000

_MAGIC = b"SQLite format 3\0"
_TABLES = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name"

Row = tuple[Any, ...]


def _meaning(exc: sqlite3.Error, path: Path) -> StoreError:
    """The store's error for sqlite3's, by SQLite's result codes (sqlite.org/rescode.html)."""
    code = getattr(exc, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    message = f"{path}: {exc} ({getattr(exc, 'sqlite_errorname', 'no code')})"
    # the shared index of the WAL is the one file whose lack of room is reported as an I/O error
    if code & 0xFF == sqlite3.SQLITE_FULL or code == sqlite3.SQLITE_IOERR_SHMSIZE:
        return StoreFull(message)
    # our only constraints are keys that we number ourselves: a clash means the file lies
    if code & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CONSTRAINT}:
        return StoreCorrupt(message)
    # our SQL is right, so an error in it means a damaged schema or header; and a damaged header is also what
    # makes a file read-only that the kernel lets us write
    if code & 0xFF == sqlite3.SQLITE_ERROR or (code == sqlite3.SQLITE_READONLY and os.access(path, os.W_OK)):
        return StoreCorrupt(message)
    if code & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return StoreBusy(message)
    return StoreFailed(message)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.ProgrammingError:  # our own mistake, not the store's state
        raise
    except sqlite3.Error as exc:
        raise _meaning(exc, path) from exc
    except UnicodeDecodeError as exc:  # sqlite3 quotes damaged names in its messages, and stumbles over them
        raise StoreCorrupt(f"{path}: damaged names in the schema") from exc


def _check_magic(path: Path) -> None:
    """Keeps SQLite away from what is no database: in closing it would delete the WAL that lies beside.

    Only before any other connection of this process is open: to close a file drops all POSIX locks on it, and then
    another process, the last to close as it believes, would delete the WAL under us (sqlite.org/howtocorrupt.html).
    """
    try:
        with path.open("rb") as file:
            start = file.read(len(_MAGIC))
    except FileNotFoundError:
        return
    except OSError as exc:
        raise of_os_error(exc, str(path)) from exc
    if start and start != _MAGIC and not _is_undone(path):
        raise StoreCorrupt(f"{path}: not a database")


def _is_undone(path: Path) -> bool:
    """Whether a journal lies beside that undoes what was begun: the file was being made when the power went."""
    journal, wal = (path.with_name(path.name + tail) for tail in ("-journal", "-wal"))
    try:
        return journal.stat().st_size > 0 and not (wal.exists() and wal.stat().st_size)
    except OSError:
        return False


class Connection:
    """A connection in autocommit mode; transactions are begun and ended in so many words.

    Text comes back as bytes: what is hashed is bytes, and damaged text must still be readable as what it is.

    Args:
        path: the database file; None for one in memory.
        pragmas: what is set at once.
        read_only: opens an existing file without the right to write, beside the agent that writes.
        frozen: the file is read as if nobody could change it, without its WAL and without a single new byte.
    """

    def __init__(
        self,
        path: Path | None,
        pragmas: Sequence[str] = (),
        *,
        read_only: bool = False,
        frozen: bool = False,
    ) -> None:
        self.path = path or Path(":memory:")
        self.damage = ""
        """The first sign, at any statement, that the file is damaged."""
        uri = ":memory:"
        if path is not None:
            if (
                not read_only
            ):  # which deletes nothing, and may be beside the agent's own connection: see below
                _check_magic(path)
            uri = f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}{'&immutable=1' if frozen else ''}"
        with _translated(self.path):
            # it is opened by the composition root and then handed to the thread that writes
            self._connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
        self._connection.text_factory = bytes
        try:
            for pragma in pragmas:
                self.rows(f"PRAGMA {pragma}")
        except StoreError:
            self.close()
            raise

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Runs one statement and returns all its rows, so that no read transaction stays open."""
        with self._noting_damage():
            return self._connection.execute(sql, parameters).fetchall()

    def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Runs one statement for each row."""
        with self._noting_damage():
            self._connection.executemany(sql, rows)

    def script(self, sql: str) -> None:
        """Runs several statements, which begin and end their own transaction."""
        with self._noting_damage():
            self._connection.executescript(sql)

    @contextmanager
    def _noting_damage(self) -> Iterator[None]:
        try:
            with _translated(self.path):
                yield
        except StoreCorrupt as exc:
            self.damage = self.damage or str(exc)
            raise

    def tables(self) -> list[Row]:
        """The tables and indexes as the file has them."""
        return self.rows(_TABLES)

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._connection.in_transaction

    def begin(self) -> None:
        """Begins a transaction that is sure to be allowed to write."""
        self.rows("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Commits; when it returns, the data is on the disk."""
        self.rows("COMMIT")

    def rollback(self) -> None:
        """Undoes the open transaction, if SQLite did not already."""
        if self.in_transaction:
            self.rows("ROLLBACK")

    def quick_check(self) -> None:
        """Looks through the pages of the file.

        Raises:
            StoreCorrupt: they do not fit together.
        """
        [(found,), *_] = self.rows("PRAGMA quick_check(1)")
        if found != b"ok":
            raise StoreCorrupt(f"{self.path}: {found.decode(errors='replace')}")

    def copy_to(self, path: Path) -> None:
        """Copies the whole database, as it is now, into a new file, and through fsync."""
        with _translated(path), closing(sqlite3.connect(path, isolation_level=None)) as target:
            self._connection.backup(target)
            # one file, also where nobody may write beside it: readers need no WAL and no index then
            target.execute("PRAGMA journal_mode = DELETE")

    def close(self) -> None:
        """Closes the connection; an open transaction is undone."""
        with _translated(self.path):
            self._connection.close()
