"""From the disk to what a start remembers: replay, a store that cannot be opened, a corrupt one, another version's."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from agent.core import events
from agent.core.engine import evolve
from agent.core.events import AnyEvent
from agent.core.inputs import Stopping, Verb
from agent.core.state import encode_snapshot
from agent.opening import CURSOR, Remembered, remember
from agent.store.database import FILE
from agent.store.engine import Engine
from agent.store.epochs import random_suffix
from agent.store.errors import StoreBusy
from agent.store.records import Entry, Position
from tests.core.branch import EPOCH, Room

ALARM = "ups-1.on-battery"


def entry(event: AnyEvent) -> Entry:
    """An event as the corridor hands it to the store."""
    return Entry(events.kind(event), events.subject(event), event.at.wall, events.encode(event))


def keep(path: Path, told: Sequence[AnyEvent], snapshot: bytes | None = None, after: int = 0) -> None:
    """Write events as a run of the agent would, with a snapshot after so many of them."""
    engine = Engine(path, suffix=random_suffix)
    engine.append(map(entry, told[:after]))
    if snapshot is not None:
        engine.snapshot(snapshot)
    engine.append(map(entry, told[after:]))
    engine.commit()
    engine.close()


def reopened(path: Path) -> Remembered:
    """What a start finds; its engine is closed again."""
    remembered = remember(path)
    if remembered.engine is not None:
        remembered.engine.close()
    return remembered


@pytest.fixture
def room() -> Room:
    """A branch in which mains failed, was acknowledged, and a battery went low."""
    room = Room()
    room.polled(ups_status="OB", battery_charge=10)
    room.order(Verb.ACKNOWLEDGE, ALARM)
    room.wait(10)
    return room


@pytest.mark.parametrize("after", [0, 1, 2, 3, 4])
def test_what_is_replayed_is_what_was(tmp_path: Path, room: Room, after: int) -> None:
    """Wherever the snapshot falls, snapshot and tail give the state, and each alarm its last place in the journal."""
    half = Room()
    for event in room.events[1:after]:
        evolve(half.state, event)
    keep(tmp_path, room.events, encode_snapshot(half.state.durable), after)
    found = reopened(tmp_path)
    assert encode_snapshot(found.durable) == encode_snapshot(room.state.durable)
    assert {alarm: seq for alarm, (_, seq) in found.references.items()} == {
        ALARM: 3,
        "ups-1.battery-low": 4,
    }
    assert (found.backlog, found.cursor) == (4, Position(0, 0))


def test_the_clock_is_not_let_behind_the_last_event_even_after_a_clean_end(
    tmp_path: Path, room: Room
) -> None:
    """A snapshot behind the very last event leaves nothing to replay, but that event's time still counts."""
    room.mono += 3600
    room.give(Stopping())
    keep(tmp_path, room.events, encode_snapshot(room.state.durable), len(room.events))
    assert reopened(tmp_path).wall == room.events[-1].at.wall == EPOCH + room.mono


@pytest.mark.parametrize("snapshot", [b'{"alarms": 5}', b"\x93not JSON"])
def test_a_snapshot_of_another_version_loses_no_alarm(tmp_path: Path, room: Room, snapshot: bytes) -> None:
    """The journal holds everything since the first day: it is replayed whole."""
    keep(tmp_path, room.events, snapshot, len(room.events))
    assert encode_snapshot(reopened(tmp_path).durable) == encode_snapshot(room.state.durable)


def test_an_event_of_another_version_is_left_out(tmp_path: Path, room: Room) -> None:
    """What cannot be understood or cannot follow is no reason not to watch."""
    keep(tmp_path, [*room.events, room.events[-1]])
    engine = Engine(tmp_path, suffix=random_suffix)
    engine.append([Entry("moon.full", "", EPOCH, b'{"type": "moon.full"}'), Entry("", "", EPOCH, b"\xff")])
    engine.commit()
    engine.close()
    assert encode_snapshot(reopened(tmp_path).durable) == encode_snapshot(room.state.durable)


def test_a_store_that_cannot_be_written_is_read(tmp_path: Path, room: Room) -> None:
    """All is remembered as if it could be written; the writer has to open the store itself, later."""
    keep(tmp_path, room.events, encode_snapshot(room.state.durable), len(room.events))
    with closing(Engine(tmp_path, suffix=random_suffix)) as engine:
        engine.set_cursor(CURSOR, 1, 3)
        engine.commit()
    writable = reopened(tmp_path)
    lock = tmp_path / "lock"
    lock.unlink(missing_ok=True)
    lock.mkdir()
    found = remember(tmp_path)
    assert found.engine is None
    assert encode_snapshot(found.durable) == encode_snapshot(room.state.durable)
    assert (found.cursor, found.backlog, found.wall) == (Position(1, 3), 1, room.events[-1].at.wall)
    assert set(found.references) == {ALARM, "ups-1.battery-low"}
    assert found == replace(writable, engine=None, durable=found.durable)


def test_what_is_damaged_is_left_out_of_what_is_read(tmp_path: Path, room: Room) -> None:
    """Of a store that cannot be written nobody has checked the end: the rest of it counts nevertheless."""
    keep(tmp_path, room.events)
    (tmp_path / "lock").unlink(missing_ok=True)
    (tmp_path / "lock").mkdir()
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        db.execute("UPDATE event SET kind = CAST(x'ff' AS TEXT) WHERE seq = 4")
        db.commit()
    found = remember(tmp_path)
    assert {alarm: seq for alarm, (_, seq) in found.references.items()} == {ALARM: 3}
    assert (found.backlog, found.wall) == (4, room.events[-2].at.wall)


def test_a_damaged_record_of_long_ago_keeps_nobody_from_watching(tmp_path: Path, room: Room) -> None:
    """The opening checks the end of the journal only; what lies further back may still be unreadable."""
    old = [entry(room.events[0])] * 1100
    engine = Engine(tmp_path, suffix=random_suffix)
    engine.append([*old, *map(entry, room.events)])
    engine.snapshot(encode_snapshot(room.state.durable))
    engine.commit()
    engine.close()
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        db.execute("UPDATE event SET kind = CAST(x'ff' AS TEXT) WHERE seq = 7")
        db.commit()
    found = reopened(tmp_path)
    assert encode_snapshot(found.durable) == encode_snapshot(room.state.durable)
    assert found.engine is not None
    assert found.backlog == 1104


def test_where_nothing_can_be_read_the_box_begins_anew(tmp_path: Path) -> None:
    """A data directory that is none keeps nobody from watching."""
    (tmp_path / "data").write_text("no directory")
    found = remember(tmp_path / "data")
    assert found.engine is None
    assert Room(durable=found.durable).polled(ups_status="OB") == ["alarm.raised"]


def test_a_corrupt_journal_is_set_aside_and_watching_goes_on(tmp_path: Path, room: Room) -> None:
    """Nothing of it is believed, nothing deleted; what stands is found again by fresh readings, in a new epoch."""
    keep(tmp_path, room.events)
    path = tmp_path / FILE
    path.write_bytes(b"\xa5" * path.stat().st_size)
    found = remember(tmp_path)
    assert found.engine is not None
    assert found.engine.epoch.number > 1
    found.engine.close()
    assert found.durable.alarms.alarms == {}
    assert [one.read_bytes()[:1] for one in tmp_path.glob("journal-aside-*.db")] == [b"\xa5"]
    assert Room(durable=found.durable).polled(ups_status="OB") == ["alarm.raised"]


def test_a_second_agent_is_refused(tmp_path: Path) -> None:
    """Two agents on one journal would be two truths."""
    first = remember(tmp_path)
    assert first.engine is not None
    with pytest.raises(StoreBusy):
        remember(tmp_path)
    first.engine.close()
