"""Read-only access for short-lived processes: export, figures, verification. Works while the agent writes."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from agent.store import journal
from agent.store.database import FILE, Database
from agent.store.errors import StoreFull
from agent.store.records import START, Epoch, Position, Record
from agent.store.view import View


@contextmanager
def _journal(data_dir: Path, *, frozen: bool = False) -> Iterator[Database]:
    with closing(Database(data_dir / FILE, read_only=True, frozen=frozen)) as db:
        db.check_schema()
        yield db


def iterate(
    data_dir: Path, position: Position = START, damaged: journal.Damaged = journal.refuse
) -> Iterator[Record]:
    """All records after `position`, in order, in short read transactions; `damaged` may leave out what is no event.

    Raises:
        StoreError: there is no journal, or it cannot be read.
    """
    with _journal(data_dir) as db:
        yield from journal.walk(db, position, damaged)


def knows(data_dir: Path, epoch: Epoch) -> bool:
    """Whether the journal has an epoch; one of another suffix is another.

    Raises:
        StoreError: there is no journal, or it cannot be read.
    """
    with _journal(data_dir) as db:
        found = db.rows("SELECT 1 FROM epoch WHERE number = ? AND suffix = ?", (epoch.number, epoch.suffix))
        return bool(found)


def page(
    data_dir: Path, position: Position, limit: int, damaged: journal.Damaged = journal.refuse
) -> list[Record]:
    """At most `limit` records after `position`, on a connection of its own.

    A connection for each page costs a fraction of a millisecond and never reads a file that was set aside.
    """
    with closing(Database(data_dir / FILE, read_only=True)) as db:
        return journal.after(db, position, limit, damaged)


def last(data_dir: Path) -> Record | None:
    """The last event, whose id and hash stand for the whole journal before it; None without any, or where it is damaged."""
    with _journal(data_dir) as db:
        return _at(db, journal.last(db))


def anchor(data_dir: Path) -> journal.Anchor:
    """Where the journal begins: behind the last event that was pruned."""
    with _journal(data_dir) as db:
        return journal.anchor(db)


def of_kind(data_dir: Path, kind: str) -> list[Record]:
    """All events of a kind, in order; for kinds that are few."""
    with _journal(data_dir) as db:
        places = db.rows("SELECT epoch, seq FROM event WHERE kind = ? ORDER BY epoch, seq", (kind,))
        found = (_at(db, Position(*place)) for place in places)
        return [record for record in found if record]


def record_at(data_dir: Path, position: Position) -> Record | None:
    """The event at a place; None where there is none, or where it is damaged."""
    with _journal(data_dir) as db:
        return _at(db, position)


def _at(db: Database, position: Position) -> Record | None:
    page = journal.after(db, Position(position.epoch, position.seq - 1), 1, lambda _: None)
    return next((record for record in page if record.position == position), None)


def verify(data_dir: Path) -> Position | None:
    """The first place where the chain is broken, None for a sound journal.

    Seen, at its place: a changed byte of any field of an event; an event removed from the middle, put in, moved or swapped
    with another; an epoch renamed or removed. An event removed from the end is seen by a cursor or snapshot that points
    beyond it.

    Not seen, because the chain has no key and no anchor outside: an end cut off together with cursor and snapshot; events
    written anew with hashes computed anew to the very end; an older copy of the whole file; and what is not chained at all,
    the cursors, why an epoch was opened, and a snapshot (one that does not fit its event is not used). Who notes the
    `last` event elsewhere and looks it up again by `record_at` sees the first three.

    Raises:
        StoreCorrupt: the damage is below the chain: SQLite cannot read the file.
    """
    with _journal(data_dir) as db:
        return journal.first_broken(db)


@contextmanager
def view(data_dir: Path) -> Iterator[View]:
    """The journal, for a box that must start although its store cannot be opened for writing.

    On a disk so full that not even the WAL's index can be made, a journal that was closed in order is read as
    it lies there; the caller is the agent itself, so nobody writes meanwhile.

    Raises:
        StoreError: there is no journal, or it cannot be read.
    """
    with ExitStack() as stack:
        try:
            db = stack.enter_context(_journal(data_dir))
        except StoreFull:
            wal = data_dir / f"{FILE}-wal"
            if wal.exists() and wal.stat().st_size:
                raise
            db = stack.enter_context(_journal(data_dir, frozen=True))
        yield View(db)
