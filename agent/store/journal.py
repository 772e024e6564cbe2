"""Reading the journal, for whoever has a connection: the engine, the reader, the export."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from agent.store.chain import GENESIS, Head, digest, seal
from agent.store.connection import Row
from agent.store.database import Database
from agent.store.errors import StoreCorrupt
from agent.store.records import START, Entry, Epoch, Position, Record

PAGE = 500
"""Records fetched at a time: each page is one short read transaction."""

_SELECT = """
    SELECT event.epoch, suffix, start, seq, kind, subject, wall, body, hash
    FROM event LEFT JOIN epoch ON epoch.number = event.epoch
"""
_AFTER = f"{_SELECT} WHERE (event.epoch, seq) > (?, ?) ORDER BY event.epoch, seq LIMIT ?"
Damaged = Callable[[StoreCorrupt], None]
"""Told of a row that is no event, which is then left out; raises it if it must not be."""


class Anchor(NamedTuple):
    """Where a journal begins whose beginning was pruned.

    Attributes:
        position: the last event that was pruned; `START` where none was.
        hash: its hash, to which the first event that is left is chained.
        pruned: how many were pruned since the journal began.
    """

    position: Position = START
    hash: bytes = GENESIS
    pruned: int = 0


_MARKS = """
    SELECT epoch, seq FROM (SELECT epoch, seq FROM cursor UNION SELECT epoch, seq FROM snapshot UNION SELECT 0, 0)
    ORDER BY epoch DESC, seq DESC LIMIT 1
"""
_TYPES = (int, bytes, bytes, int, bytes, bytes, float, bytes, bytes)


def _record(row: Row) -> Record:
    number, suffix, _, seq, kind, subject, wall, body, own = row
    try:
        return Record(
            Epoch(number, suffix.decode()), seq, Entry(kind.decode(), subject.decode(), wall, body), own
        )
    except (AttributeError, TypeError, ValueError) as exc:
        raise StoreCorrupt(f"event {number}:{seq} cannot be read: {exc}") from exc


def refuse(exc: StoreCorrupt) -> None:
    """Leaves nothing out."""
    raise exc


def _records(rows: Iterable[Row], damaged: Damaged) -> Iterator[Record]:
    for row in rows:
        try:
            record = _record(row)
        except StoreCorrupt as exc:
            damaged(exc)
        else:
            yield record


def after(db: Database, position: Position, limit: int, damaged: Damaged = refuse) -> list[Record]:
    """At most `limit` records after `position`, in order and across epochs; none only if there are none.

    Raises:
        StoreCorrupt: a row is not an event, and `damaged` refuses it.
    """
    while rows := db.rows(_AFTER, (*position, limit)):
        if records := list(_records(rows, damaged)):
            return records
        position = Position(rows[-1][0], rows[-1][3])
    return []


def count_after(db: Database, position: Position) -> int:
    """How many records stand after `position`; no body is read for it."""
    [(count,)] = db.rows("SELECT count(*) FROM event WHERE (epoch, seq) > (?, ?)", position)
    return int(count)


def walk(db: Database, position: Position = START, damaged: Damaged = refuse) -> Iterator[Record]:
    """All records after `position`, a page at a time; also those appended meanwhile."""
    while page := after(db, position, PAGE, damaged):
        yield from page
        position = page[-1].position


def anchor(db: Database) -> Anchor:
    """Where the journal begins.

    Raises:
        StoreCorrupt: what is kept of it is none.
    """
    if not any(row[1] == b"anchor" for row in db.tables()):
        return Anchor()  # version 1 of the tables
    rows = db.rows("SELECT epoch, seq, hash, count FROM anchor")
    if not rows:
        return Anchor()
    epoch, seq, digits, count = rows[0]
    try:
        return Anchor(Position(epoch, seq), bytes.fromhex(digits.decode()), count)
    except ValueError as exc:
        raise StoreCorrupt(f"{db.path}: the anchor is damaged: {exc}") from exc


def pruned_end(db: Database, upto: Position, most: int) -> tuple[Anchor, int]:
    """The anchor after the oldest events up to and with `upto`, at most so many, are pruned; and how many they are.

    The event at which the snapshot was taken stays, for its hash is in the snapshot's seal.
    """
    begin = anchor(db)
    sql = """
        SELECT epoch, seq, hash FROM event
        WHERE (epoch, seq) <= (?, ?) AND (epoch, seq) < (SELECT epoch, seq FROM snapshot)
        ORDER BY epoch, seq LIMIT ?
    """
    rows = db.rows(sql, (*upto, most))
    if not rows:
        return begin, 0
    epoch, seq, own = rows[-1]
    return Anchor(Position(epoch, seq), own, begin.pruned + len(rows)), len(rows)


def hash_at(db: Database, position: Position) -> bytes:
    """The hash of the event at `position`, also of the last that was pruned; `GENESIS` before the first one.

    Raises:
        StoreCorrupt: there is no such event.
    """
    if position == (begin := anchor(db)).position:
        return begin.hash
    found = db.rows("SELECT hash FROM event WHERE (epoch, seq) = (?, ?)", position)
    if not found:
        raise StoreCorrupt(f"event {position.epoch}:{position.seq} is missing")
    return bytes(found[0][0])


def last(db: Database) -> Position:
    """Where the last event stands, be it pruned."""
    rows = db.rows("SELECT epoch, seq FROM event ORDER BY epoch DESC, seq DESC LIMIT 1")
    return Position(*rows[0]) if rows else anchor(db).position


def last_of(db: Database, subjects: Iterable[str]) -> dict[str, Position]:
    """Where the last event of each subject stands; a subject without events is left out."""
    sql = "SELECT epoch, seq FROM event WHERE subject = ? ORDER BY epoch DESC, seq DESC LIMIT 1"
    found = ((subject, db.rows(sql, (subject,))) for subject in subjects)
    return {subject: Position(*rows[0]) for subject, rows in found if rows}


def head(db: Database) -> Head | None:
    """The end of the chain, None in a database that never had an epoch."""
    epochs = db.rows("SELECT number, suffix FROM epoch ORDER BY number DESC LIMIT 1")
    if not epochs:
        return None
    number, suffix = epochs[0]
    end = last(db)
    seq = end.seq if end.epoch == number else 0
    return Head(Epoch(number, suffix.decode()), seq, end, hash_at(db, end))


def snapshot(db: Database) -> tuple[bytes | None, Position]:
    """The stored state and the event it is valid at; (None, START) when there is none that can be trusted."""
    rows = db.rows("SELECT epoch, seq, body, seal FROM snapshot")
    if not rows:
        return None, START
    number, seq, body, mark = rows[0]
    position = Position(number, seq)
    if mark != seal(hash_at(db, position), body):
        return None, START  # the whole journal tells the same story, only slower
    return body, position


def first_broken(db: Database, position: Position = START) -> Position | None:
    """The first place after `position`, or after the anchor, where numbers or hashes do not fit; None when all do.

    Sequence number 0 stands for the row of the epoch itself. A journal cut off at its end is found out by a
    cursor or a snapshot that points beyond it.
    """
    [(number, seq)] = db.rows(_MARKS)  # read first: the journal may grow meanwhile
    return _first_misfit(db, position) or _cut_off(db, Position(number, seq))


def _cut_off(db: Database, mark: Position) -> Position | None:
    end = last(db)
    return Position(end.epoch, end.seq + 1) if mark > end else None


def _first_misfit(db: Database, position: Position) -> Position | None:
    position = max(position, anchor(db).position)
    previous = hash_at(db, position)
    while rows := db.rows(_AFTER, (*position, PAGE)):
        for row in rows:
            broken = _misfit(row, position, previous)
            if broken is not None:
                pruned_meanwhile = anchor(db).position > position
                return _first_misfit(db, position) if pruned_meanwhile else broken
            position, previous = Position(row[0], row[3]), row[8]
    return None


def _misfit(row: Row, position: Position, previous: bytes) -> Position | None:
    """Where `row` does not fit behind the event at `position` with the hash `previous`."""
    number, suffix, start, seq, *said, own = row
    expected = Position(number, position.seq + 1 if number == position.epoch else 1)
    if tuple(map(type, row)) != _TYPES:
        return expected
    if expected.seq == 1 and start != previous:
        return Position(number, 0)
    epoch = f"{number}-{suffix.decode(errors='replace')}"
    sound = seq == expected.seq and own == digest(previous, epoch, seq, tuple(said))
    return None if sound else expected
