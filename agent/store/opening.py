"""Opening a database: checked, created, or set aside and replaced."""

from collections.abc import Callable
from enum import Enum
from pathlib import Path

import msgspec

from agent.store import journal
from agent.store.database import FILE, Database
from agent.store.epochs import read_side, sync_directory, write_side
from agent.store.errors import StoreCorrupt, StoreError, of_os_error
from agent.store.records import START, Epoch, Position
from agent.store.schema import SCHEMA, Schema

TAIL = 1_000
"""Events whose chain is checked at each opening, besides all those after the snapshot."""


class Found(Enum):
    """What was in the data directory."""

    FRESH = "fresh"
    EXISTING = "existing"
    SET_ASIDE = "set_aside"


class Opened(msgspec.Struct, frozen=True):
    """What an opening did.

    Attributes:
        found: what was there.
        path: where a corrupt database lies now, its `-wal` beside it.
        cause: what was wrong with it.
    """

    found: Found
    path: Path | None = None
    cause: str = ""


def open_database(
    data_dir: Path, suffix: Callable[[], str], schema: Schema = SCHEMA
) -> tuple[Database, Opened]:
    """Opens the journal of `data_dir`, or a new one in place of a corrupt one.

    Raises:
        StoreError: disk full, I/O error, or a file of a later version; nothing was set aside.
    """
    path = data_dir / FILE
    try:
        return _checked(path, schema)
    except StoreCorrupt as exc:
        moved = set_aside(data_dir, path, suffix)
        db, _ = _checked(path, schema)
        return db, Opened(Found.SET_ASIDE, moved, str(exc))


def _checked(path: Path, schema: Schema) -> tuple[Database, Opened]:
    db = Database(path, schema=schema)
    try:
        if db.ensure_schema():
            return db, Opened(Found.FRESH)
        # After a failed fsync the kernel may believe pages to be on disk that are not, and after a kill they
        # may never have been sent. Written home here, what the journal shows from now on is really there.
        db.checkpoint()
        db.quick_check()
        _check_tail(db)
    except BaseException:
        db.close()
        raise
    return db, Opened(Found.EXISTING)


def _check_tail(db: Database) -> None:
    """Verifies the chain from the snapshot on, and over `TAIL` events at least."""
    _, state = journal.snapshot(db)
    rows = db.rows("SELECT epoch, seq FROM event ORDER BY epoch DESC, seq DESC LIMIT 1 OFFSET ?", (TAIL,))
    broken = journal.first_broken(db, min(state, Position(*rows[0]) if rows else START))
    if broken is not None:
        raise StoreCorrupt(f"{db.path}: the chain is broken at {broken.epoch}:{broken.seq}")


def set_aside(data_dir: Path, path: Path, suffix: Callable[[], str]) -> Path:
    """Renames a database that is not to be used, and its WAL.

    The side file moves on first: if we die between the renames, what is left may pass for a sound but shorter
    journal, and must not go on numbering in its old epoch.
    """
    write_side(data_dir, Epoch(_highest(data_dir, path) + 1, suffix()))
    aside = path
    while aside.exists():
        aside = path.with_stem(f"{path.stem}-aside-{suffix()}")
    try:
        for tail in ("-wal", "-shm", ""):
            source = path.with_name(path.name + tail)
            if source.exists():
                source.rename(aside.with_name(aside.name + tail))
        sync_directory(data_dir)
    except OSError as exc:
        raise of_os_error(exc, str(path)) from exc
    return aside


def _highest(data_dir: Path, path: Path) -> int:
    """The highest epoch the side file and the corrupt database still tell of."""
    side = read_side(data_dir)
    return max(side.number if side else 0, _highest_in(path))


def _highest_in(path: Path) -> int:
    try:
        db = Database(path)
    except StoreError:
        return 0
    try:
        [(number,)] = db.rows("SELECT max(number) FROM epoch")
    except StoreError:
        return 0
    finally:
        db.close()
    return number if isinstance(number, int) else 0
