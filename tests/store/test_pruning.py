"""Pruning: what may go and what not, and a chain that stays whole behind its anchor."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.store import pruning, reader, stepping
from agent.store.database import FILE
from agent.store.engine import Engine
from agent.store.journal import Anchor
from agent.store.pruning import LEAST, Keep, Planned, plan
from agent.store.records import START, Entry, Position, Record
from tests.store.parts import Rig, check_numbers, entry, number_of, one_engine, suffixes
from tests.waiting import wait_for

DAY = 86_400.0
NOW = 1e9 + 1000 * DAY

pytestmark = pytest.mark.usefixtures("small")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Journals of a size that tests can afford."""
    monkeypatch.setattr(pruning, "LEAST", 20)
    monkeypatch.setattr(pruning, "STEP", 10)
    monkeypatch.setattr(pruning, "SHARE", 2)


def daily(number: int, size: int = 0) -> Entry:
    """An entry a day."""
    return Entry("kind", "subject", 1e9 + number * DAY, f"{number}:".encode() + b"x" * size)


def filled(path: Path, count: int = 100, size: int = 0) -> list[Record]:
    """A journal in two epochs, an event a day, confirmed and snapshot to the end."""
    with closing(one_engine(path)) as engine:
        records = list(engine.append(daily(n, size) for n in range(count // 2)))
        engine.open_epoch("test")
        records += engine.append(daily(n, size) for n in range(count // 2, count))
        engine.set_cursor("mqtt", *records[-1].position)
        engine.snapshot(b"state")
        engine.commit()
    return records


def nothing(_: Record) -> bool:
    """Nothing stands."""
    return False


def planned(
    path: Path,
    days: float = 1e6,
    *,
    size: int = 1 << 40,
    readers: tuple[str, ...] = ("mqtt",),
    wall: float | None = 1e9 + 100 * DAY,
    is_needed: Callable[[Record], bool] = nothing,
) -> Planned:
    """A plan for events of so many days."""
    return plan(path, Keep(days * DAY, size, readers), wall, is_needed)


def count_of(found: Planned) -> int:
    """How many events are to go."""
    return found.plan.count if found.plan else 0


def test_old_events_go_and_the_chain_holds_from_the_anchor_on(tmp_path: Path) -> None:
    """In small transactions; numbers go on, and an opening finds nothing wrong."""
    records = filled(tmp_path)
    found = planned(tmp_path, 69.5).plan
    assert found is not None
    assert (found.count, found.last, found.reason) == (31, records[30], "age")
    assert found.steps == tuple(records[n].position for n in (9, 19, 29, 30))
    with closing(one_engine(tmp_path)) as engine:
        for step in found.steps:
            assert engine.prune(step, ("mqtt",), 100) in (10, 1)
            engine.commit()
            assert engine.verify() is None
        assert [number_of(one) for one in engine.load()[1]] == []
        [new] = engine.append([daily(100)])
        engine.commit()
    assert reader.anchor(tmp_path) == Anchor(records[30].position, records[30].hash, 31)
    left = list(reader.iterate(tmp_path))
    assert left == [*records[31:], new]
    with closing(one_engine(tmp_path)) as engine:
        assert engine.opened.path is None
        assert engine.load()[0] == b"state"
    assert reader.verify(tmp_path) is None


@pytest.mark.parametrize(
    ("edit", "place"),
    [
        ("DELETE FROM event WHERE epoch = 1 AND seq = 32", Position(1, 32)),
        ("UPDATE event SET body = x'00' WHERE epoch = 1 AND seq = 32", Position(1, 32)),
        ("UPDATE anchor SET seq = 30", Position(1, 31)),
        ("UPDATE anchor SET hash = '" + "0" * 64 + "'", Position(1, 32)),
        ("DELETE FROM anchor", Position(1, 1)),
    ],
)
def test_an_edit_beside_the_anchor_is_seen(tmp_path: Path, edit: str, place: Position) -> None:
    """The first event that is left is chained to what the anchor says."""
    records = filled(tmp_path)
    with closing(one_engine(tmp_path)) as engine:
        engine.prune(records[30].position, (), 100)
        engine.commit()
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        assert db.execute(edit).rowcount == 1
        db.commit()
    assert reader.verify(tmp_path) == place


def test_what_the_broker_has_not_confirmed_stays(tmp_path: Path) -> None:
    """However old it is; a broker of which nothing was heard yet keeps everything; none keeps nothing."""
    records = filled(tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        db.execute("UPDATE cursor SET epoch = 1, seq = 5")
        db.commit()
    found = planned(tmp_path, 50)
    assert (count_of(found), found.held) == (5, records[5].id)
    assert count_of(planned(tmp_path, 50, readers=())) == 50
    assert count_of(planned(tmp_path, 50, readers=("other",))) == 0
    with closing(one_engine(tmp_path)) as engine:
        assert engine.prune(records[40].position, ("other",), 100) == 0
        assert engine.prune(records[40].position, ("mqtt",), 100) == 5


def test_what_still_stands_stays_and_all_behind_it(tmp_path: Path) -> None:
    """The beginning of an alarm is not cut off from its end."""
    records = filled(tmp_path)
    found = planned(tmp_path, 50, is_needed=lambda record: number_of(record) in (7, 70))
    assert (count_of(found), found.held) == (7, records[7].id)


def test_what_the_snapshot_needs_stays(tmp_path: Path) -> None:
    """Without its event it could not be trusted, and without the events after it the state would be another."""
    with closing(one_engine(tmp_path)) as engine:
        records = list(engine.append(map(daily, range(30))))
        engine.snapshot(b"state")
        engine.append(map(daily, range(30, 100)))
        engine.commit()
        assert count_of(planned(tmp_path, 50, readers=())) == 29
        assert engine.prune(Position(9, 9), (), 1000) == 29
        engine.commit()
        assert engine.load()[0] == b"state"
    with closing(one_engine(tmp_path)) as engine:
        assert engine.opened.path is None
        assert engine.load()[0] == b"state"
    assert reader.anchor(tmp_path).position == records[28].position


def test_the_last_events_stay_whatever_their_age(tmp_path: Path) -> None:
    """An opening checks them, and so does an earlier release."""
    filled(tmp_path)
    assert count_of(planned(tmp_path, 1, wall=NOW)) == 50, "no more than its share at once"
    with closing(one_engine(tmp_path)) as engine:
        engine.prune(Position(2, 30), (), 1000)
        engine.commit()
    found = planned(tmp_path, 1, wall=NOW)
    assert count_of(found) == 0
    assert found.held
    assert LEAST > 1000


def test_nothing_goes_by_age_while_nobody_knows_the_time(tmp_path: Path) -> None:
    """By its size the journal is pruned all the same."""
    filled(tmp_path, size=4000)
    assert count_of(planned(tmp_path, 1, wall=None)) == 0
    found = planned(tmp_path, wall=None, size=300_000)
    assert found.plan is not None
    assert found.plan.reason == "size"
    with closing(one_engine(tmp_path)) as engine:
        engine.prune(found.plan.last.position, (), 1000)
        engine.commit()
    assert count_of(planned(tmp_path, wall=None, size=300_000)) == 0, "room for a while was made"
    assert (tmp_path / FILE).stat().st_size > 400_000, (
        "the file keeps its size; its free pages are used again"
    )


def test_freed_pages_are_used_again(tmp_path: Path) -> None:
    """Pruned and filled up again and again, the file does not grow."""
    filled(tmp_path, size=4000)
    with closing(one_engine(tmp_path)) as engine:
        sizes = []
        for turn in range(5):
            engine.prune(Position(9, 9), (), 50)
            engine.append(daily(100 + 50 * turn + n, 4000) for n in range(50))
            engine.snapshot(b"state")
            engine.commit()
            engine._db.checkpoint()
            sizes.append((tmp_path / FILE).stat().st_size)
    assert sizes[-1] <= sizes[0] * 1.1


@settings(deadline=None, max_examples=25)
@given(cuts=st.lists(st.integers(0, 100), max_size=4), upto=st.integers(0, 100), most=st.integers(1, 60))
def test_any_pruning_leaves_a_sound_rest(tmp_path_factory, cuts, upto, most) -> None:
    """What is left is the end of what was, verifies, and is what an opening and a version back still take."""
    path = tmp_path_factory.mktemp("pruned")
    with closing(one_engine(path)) as engine:
        records: list[Record] = []
        for number in range(100):
            if number in cuts:
                engine.open_epoch("test")
            records += engine.append([entry(number)])
        engine.snapshot(b"state")
        engine.commit()
        place = records[upto - 1].position if upto else START
        gone = engine.prune(place, (), most)
        engine.commit()
    assert gone == min(upto, most, 99)
    assert list(reader.iterate(path)) == records[gone:]
    stepping.step_back(path, 1, suffixes())
    with closing(one_engine(path)) as engine:
        assert engine.opened.path is None
        [new] = engine.append([entry(100)])
        engine.commit()
    assert reader.verify(path) is None
    assert reader.anchor(path).pruned == gone
    check_numbers([new])


def test_the_writer_prunes_between_its_commits(rig: Callable[..., Rig]) -> None:
    """Behind what was submitted before, and whatever else is going on."""
    one = rig()
    one.submit(range(50))
    one.writer.submit_snapshot(b"state")
    one.await_tokens(50)
    one.writer.prune(Position(1, 30), (), 100)
    one.submit(range(50, 60))
    one.await_tokens(60)
    wait_for(lambda: reader.anchor(one.path).pruned == 30, what="thirty events are gone")
    assert [number_of(record) for record in reader.iterate(one.path)] == list(range(30, 60))
    assert one.stop()
    assert reader.verify(one.path) is None


def test_verification_goes_on_while_events_are_pruned(tmp_path: Path, monkeypatch) -> None:
    """What went between two pages is no break."""
    from agent.store import journal

    records = filled(tmp_path)
    monkeypatch.setattr(journal, "PAGE", 10)
    engine = one_engine(tmp_path)
    real, pages = journal._misfit, []

    def pruning_meanwhile(row, position, previous):
        pages.append(position)
        if len(pages) == 10:
            engine.prune(records[40].position, (), 1000)
            engine.commit()
        return real(row, position, previous)

    monkeypatch.setattr(journal, "_misfit", pruning_meanwhile)
    assert reader.verify(tmp_path) is None
    engine.close()


def test_an_engine_does_not_prune_after_a_failure(tmp_path: Path) -> None:
    """As it writes nothing else then."""
    from agent.store.errors import StoreFailed

    records = filled(tmp_path)
    engine = Engine(tmp_path, suffix=lambda: "x")
    engine._broken = True
    with closing(engine), pytest.raises(StoreFailed):
        engine.prune(records[40].position, (), 1000)
