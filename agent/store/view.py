"""What a journal tells to whoever has a connection to it: the engine that writes it, or a start that may only read."""

from collections.abc import Iterable, Iterator

from agent.store import journal
from agent.store.database import Database
from agent.store.journal import Damaged, refuse
from agent.store.records import Position, Record


class View:
    """Reads a journal; what `damaged` may leave out is a row that is no event.

    Args:
        db: the connection, which whoever opened it closes.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    @property
    def last(self) -> Position:
        """Where the last event stands; `START` without any."""
        return journal.last(self._db)

    def load(self, damaged: Damaged = refuse) -> tuple[bytes | None, Iterator[Record]]:
        """The stored state, or None, and the records after it."""
        state, position = journal.snapshot(self._db)
        return state, journal.walk(self._db, position, damaged)

    def cursor(self, name: str) -> Position | None:
        """A reader's mark, None before it was ever set."""
        rows = self._db.rows("SELECT epoch, seq FROM cursor WHERE name = ?", (name,))
        return Position(*rows[0]) if rows else None

    def after(self, epoch: int, seq: int, limit: int, damaged: Damaged = refuse) -> list[Record]:
        """At most `limit` records after a place, in order and across epochs."""
        return journal.after(self._db, Position(epoch, seq), limit, damaged)

    def count_after(self, epoch: int, seq: int) -> int:
        """How many records stand after a place."""
        return journal.count_after(self._db, Position(epoch, seq))

    def last_of(self, subjects: Iterable[str]) -> dict[str, Position]:
        """Where the last event of each subject stands."""
        return journal.last_of(self._db, subjects)

    def verify(self) -> Position | None:
        """The first place where the chain is broken, None for a sound journal."""
        return journal.first_broken(self._db)
