"""A stretch of the journal by wall time, with what began before it: for figures of a period, without reading all before.

Wall time does not order the journal, a wrong clock may have been set back. So the beginning is looked for from the end on,
and found only where `SLACK` events in a row are all older.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from agent.store import journal
from agent.store.database import FILE, Database
from agent.store.journal import PAGE, Damaged
from agent.store.records import START, Position, Record

SLACK = 1_000
_FAR = Position(1 << 62, 0)
_WALLS = """
    SELECT epoch, seq, wall FROM event WHERE (epoch, seq) < (?, ?) ORDER BY epoch DESC, seq DESC LIMIT ?
"""
_SUBJECTS = "SELECT DISTINCT subject FROM event WHERE subject <> ''"
_OPENED = """
    SELECT epoch, seq FROM event WHERE subject = ? AND (epoch, seq) <= (?, ?) AND kind = ?
    ORDER BY epoch DESC, seq DESC LIMIT 1
"""
_OF_SUBJECT = """
    SELECT epoch, seq FROM event WHERE subject = ? AND (epoch, seq) BETWEEN (?, ?) AND (?, ?) ORDER BY epoch, seq
"""


def since(data_dir: Path, wall: float, opening: str, damaged: Damaged = journal.refuse) -> Iterator[Record]:
    """The events from a wall time on, in order, and before them what tells how things stood then.

    That is, of each subject its last event of the kind `opening` and all after it, and the very last event before.

    Args:
        data_dir: where the journal lives.
        wall: seconds since 1970.
        opening: the kind of event by which something begins that a later one ends.
        damaged: may leave out what is no event.

    Raises:
        StoreError: there is no journal, or it cannot be read.
    """
    with closing(Database(data_dir / FILE, read_only=True)) as db:
        db.check_schema()
        place = _before(db, wall)
        for one in _standing(db, place, opening):
            page = journal.after(db, Position(one.epoch, one.seq - 1), 1, damaged)
            yield from (record for record in page if record.position == one)
        yield from journal.walk(db, place, damaged)


def _before(db: Database, wall: float) -> Position:
    """The last event before a wall time, and before all events that are not older."""
    place, newest, older = _FAR, START, 0
    while older < SLACK and (rows := db.rows(_WALLS, (*place, PAGE))):
        for epoch, seq, at in rows:
            place = Position(epoch, seq)
            if (
                not isinstance(at, float) or at >= wall
            ):  # what is no time is damage, which whoever reads must see
                older = 0
                continue
            newest = newest if older else place
            older += 1
    return newest if older else START


def _standing(db: Database, place: Position, opening: str) -> list[Position]:
    """The places, up to and with `place`, of what may tell how things stood there, in order."""
    if place == START:
        return []
    found = {place}
    for (subject,) in db.rows(_SUBJECTS):
        text = subject.decode(errors="replace")
        for opened in db.rows(_OPENED, (text, *place, opening)):
            found.update(Position(*row) for row in db.rows(_OF_SUBJECT, (text, *opened, *place)))
    return sorted(found)
