"""Which of the oldest events may go: a plan, made by whoever may only read, and carried out by the writer step by step.

A plan never passes the snapshot, the cursor of a reader or an event that the application still needs, and leaves the last
`LEAST` events in any case.
"""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from msgspec import Struct

from agent.store import journal
from agent.store.database import FILE, Database
from agent.store.errors import StoreCorrupt
from agent.store.records import START, Position, Record
from agent.store.view import View

LEAST = 2_000
"""Events that stay whatever their age: more than an opening checks, also of an earlier release."""
STEP = 500
"""Events that go in one transaction: some hundred pages of the WAL, some hundredths of a second of a card."""
SHARE = 10
"""By age at most one part in so many goes at a time, so that no wrong clock can empty the journal."""
SLACK = 10
"""By size one part in so many more goes than must, so that it is long until the next time."""


class Keep(Struct, frozen=True):
    """How much of the journal is kept.

    Attributes:
        seconds: by the wall time of the events.
        size: bytes of the file that are in use.
        readers: the cursors that are not to be passed; one that was never set stands at the beginning.
    """

    seconds: float
    size: int
    readers: tuple[str, ...] = ()


class Plan(Struct, frozen=True):
    """What is to go.

    Attributes:
        last: the last event that goes.
        count: how many go.
        steps: the last event of each transaction.
        reason: `age` or `size`, whatever takes more.
    """

    last: Record
    count: int
    steps: tuple[Position, ...]
    reason: str


class Planned(Struct, frozen=True):
    """What came of planning.

    Attributes:
        plan: None where nothing is to go.
        held: the id of the event that must stay although it is due, empty where none is: what holds the rest back.
    """

    plan: Plan | None = None
    held: str = ""


def plan(data_dir: Path, keep: Keep, wall: float | None, is_needed: Callable[[Record], bool]) -> Planned:
    """What of a journal may go and must, in short read transactions.

    Args:
        data_dir: where it lives.
        keep: how much is kept.
        wall: the present wall time; None while nobody knows it, and then nothing goes by its age.
        is_needed: whether an event is the beginning of something that still stands.

    Raises:
        StoreError: it cannot be read.
    """
    with closing(Database(data_dir / FILE, read_only=True)) as db:
        db.check_schema()
        by_size = _over_size(db, keep.size)
        old = None if wall is None else _old(db, wall, keep.seconds)
        bound = _bound(db, keep.readers)
        return _walk(db, bound, by_size, old, is_needed)


def used_bytes(db: Database) -> int:
    """Bytes of the file that are in use: pages that pruning freed are written again first."""
    [(pages,)], [(free,)], [(size,)] = (
        db.rows(f"PRAGMA {name}") for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def _over_size(db: Database, most: int) -> int:
    """How many events must go for the size."""
    used = used_bytes(db)
    if used <= most:
        return 0
    count = journal.count_after(db, START)
    return round(count * (1 - most * (1 - 1 / SLACK) / used))


class _Age(Struct, frozen=True):
    """Events before this wall time are old; at most so many go."""

    before: float
    most: int


def _old(db: Database, wall: float, seconds: float) -> _Age:
    return _Age(wall - seconds, journal.count_after(db, START) // SHARE)


def _bound(db: Database, readers: tuple[str, ...]) -> Position:
    """The last event that may go for all that the store itself knows."""
    view = View(db)
    rows = db.rows("SELECT epoch, seq FROM event ORDER BY epoch DESC, seq DESC LIMIT 1 OFFSET ?", (LEAST,))
    least = Position(*rows[0]) if rows else START
    return min([least, *(view.cursor(name) or START for name in readers)])


def _walk(
    db: Database, bound: Position, by_size: int, age: _Age | None, is_needed: Callable[[Record], bool]
) -> Planned:
    snapshot = journal.snapshot(db)[1]
    steps: list[Position] = []
    last: Record | None = None
    count, held = 0, ""
    for record in journal.walk(db, damaged=_stop):
        aged = age is not None and count < age.most and record.entry.wall < age.before
        if not (count < by_size or aged):
            break
        if record.position > bound or record.position >= snapshot or is_needed(record):
            held = record.id
            break
        last, count = record, count + 1
        if count % STEP == 0:
            steps.append(record.position)
    if last is None:
        return Planned(held=held)
    if count % STEP:
        steps.append(last.position)
    return Planned(Plan(last, count, tuple(steps), "size" if by_size >= count else "age"), held)


def _stop(exc: StoreCorrupt) -> None:
    """A damaged row is evidence, which is not thrown away."""
    raise exc
