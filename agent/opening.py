"""From the disk to a running core: what the journal remembers, and where it stands."""

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from agent import clock_offsets
from agent.core import events
from agent.core.branch import Branch
from agent.core.engine import evolve
from agent.core.state import Durable, decode_snapshot, new_state
from agent.ledger import Reference
from agent.store import reader
from agent.store.engine import Engine
from agent.store.epochs import random_suffix
from agent.store.errors import StoreBusy, StoreCorrupt, StoreError, StoreNewer
from agent.store.records import START, Position, Record
from agent.store.view import View

log = logging.getLogger(__name__)

CURSOR = "mqtt"
"""The name of the mark up to which the broker has confirmed events."""


class Remembered(Struct):
    """What a start finds on the disk.

    Attributes:
        durable: the durable part of the core's state.
        references: where the last event of each listed alarm stands.
        cursor: up to where the broker has confirmed events.
        backlog: events behind the cursor.
        wall: wall time of the last event by what is known now, 0 for none.
        engine: the open store; None if it could not be opened and only be read.
    """

    durable: Durable
    references: dict[str, Reference] = {}
    cursor: Position = START
    backlog: int = 0
    wall: float = 0.0
    engine: Engine | None = None


def remember(data_dir: Path) -> Remembered:
    """Open the store and replay it.

    A store that cannot be written, or not be read to its last corner, does not keep the box from watching: then
    what can be read is remembered, and the writer goes on trying.

    Raises:
        StoreBusy: another agent runs on the same data.
        StoreNewer: a later version wrote the journal.
    """
    try:
        engine = Engine(data_dir, suffix=random_suffix)
    except (StoreBusy, StoreNewer):
        raise
    except StoreError as error:
        log.error("the journal cannot be opened, watching goes on without: %s", error)  # noqa: TRY400
        return _read_only(data_dir)
    if engine.opened.path is not None:
        log.error(
            "the journal was corrupt and is set aside as %s: %s", engine.opened.path, engine.opened.cause
        )
    try:
        return _remembered(engine, engine)
    except StoreError as error:
        log.error("the journal is damaged, watching goes on with what can be read: %s", error)  # noqa: TRY400
        found = _read_only(data_dir)  # before the closing sets a damaged file aside
        engine.close()
        return found


def _remembered(view: View, engine: Engine | None = None) -> Remembered:
    durable, wall = replay(*_load(view))
    cursor, last = view.cursor(CURSOR) or START, _at(view, view.last)
    return Remembered(
        durable=durable,
        references=_references(view, durable),
        cursor=cursor,
        backlog=view.count_after(*cursor),
        # A snapshot behind the last event keeps it out of the tail.
        wall=clock_offsets.wall_of(last, durable.clock.offsets) if last else wall,
        engine=engine,
    )


def replay(snapshot: bytes | None, tail: Iterable[Record]) -> tuple[Durable, float]:
    """The durable state of a snapshot and the events after it, and the wall time of the last of them."""
    state = new_state(Branch("", {}), _snapshot(snapshot))
    wall = 0.0
    for record in tail:
        wall = record.entry.wall
        try:
            evolve(state, events.decode(record.entry.body))
        except (ValueError, msgspec.ValidationError) as error:
            # What another version wrote, or an overflow left out, is no reason not to watch.
            log.warning("event %s:%s is left out: %s", record.epoch, record.seq, error)
    return state.durable, wall


def _snapshot(body: bytes | None) -> Durable | None:
    if body is None:
        return None
    try:
        return decode_snapshot(body)
    except msgspec.DecodeError as error:
        log.warning("the snapshot is of another version and is left out: %s", error)
        return None


def _read_only(data_dir: Path) -> Remembered:
    try:
        with reader.view(data_dir) as view:
            return _remembered(view)
    except StoreError as error:
        log.warning("nothing can be read either: %s", error)
        return Remembered(Durable())


def _references(view: View, durable: Durable) -> dict[str, Reference]:
    places = view.last_of(durable.alarms.alarms)
    found = ((alarm, _at(view, place)) for alarm, place in places.items())
    return {alarm: (str(record.epoch), record.seq) for alarm, record in found if record}


def _load(view: View) -> tuple[bytes | None, Iterable[Record]]:
    """Snapshot and tail; without a snapshot that this version understands, the whole journal."""
    snapshot, tail = view.load(_left_out)
    return (snapshot, tail) if _snapshot(snapshot) else (None, _after(view, START))


def _at(view: View, place: Position) -> Record | None:
    """The record at a place; None if it is damaged, or at the place before the first."""
    page = view.after(place.epoch, place.seq - 1, 1, _left_out)
    return next((record for record in page if record.position == place), None)


def _after(view: View, place: Position) -> Iterator[Record]:
    while page := view.after(*place, 2000, _left_out):
        yield from page
        place = page[-1].position


def _left_out(error: StoreCorrupt) -> None:
    log.warning("a damaged record is left out: %s", error)
