"""The writer in good days: order, company in a commit, cursors, reads, the end."""

import threading
from collections.abc import Callable

import pytest

from agent.store import reader
from agent.store.engine import Engine
from agent.store.errors import StoreError
from agent.store.records import START, Epoch, Position
from agent.store.state import Health, Limits, StoreState
from tests.store.parts import Rig, check_numbers, number_of, one_engine
from tests.waiting import wait_for

Make = Callable[..., Rig]


def test_everything_submitted_is_told_of_in_order(rig: Make) -> None:
    """Each token comes back once, with its records, in the order of submission."""
    one = rig()
    one.submit(range(500))
    one.await_tokens(500)
    assert [committed.token for committed in one.committed] == list(range(500))
    assert [number_of(record) for record in one.records] == list(range(500))
    check_numbers(one.records)
    assert list(reader.iterate(one.path)) == one.records
    assert one.stop()
    assert one.states == [StoreState(Health.HEALTHY, Epoch(1, "s1")), StoreState(Health.STOPPED)]


def test_what_is_told_is_durable(rig: Make) -> None:
    """At the moment of telling, another connection already sees the events."""
    seen: list[bool] = []
    one = rig()
    tell = one.writer._on_commit

    def check(committed) -> None:
        there = {record.id for record in reader.iterate(one.path)}
        seen.extend(record.id in there for item in committed for record in item.records)
        tell(committed)

    one.writer._on_commit = check
    one.submit(range(50))
    one.await_tokens(50)
    assert seen == [True] * 50


def test_what_is_queued_shares_a_commit(rig: Make) -> None:
    """While one commit is under way, all that comes is put into the next."""
    one = rig(Limits(linger=1.0))
    before = one.commit.commits
    one.submit(range(100))
    one.gate.pass_one()
    one.await_tokens(100)
    assert one.commit.commits == before + 1


def test_a_submission_of_nothing_is_a_barrier(rig: Make) -> None:
    """A token without entries comes back when all before it is durable."""
    one = rig()
    one.submit(range(3))
    one.writer.submit([], "barrier")
    one.await_tokens(4)
    assert (one.committed[-1].token, one.committed[-1].records) == ("barrier", ())


def test_a_snapshot_keeps_its_place(rig: Make) -> None:
    """State is stored behind the entries before it and before those after it."""
    one = rig()
    one.submit(range(5))
    one.writer.submit_snapshot(b"state after five")
    one.submit(range(5, 8))
    assert one.stop()
    engine = one_engine(one.path)
    state, tail = engine.load()
    assert state == b"state after five"
    assert [number_of(record) for record in tail] == [5, 6, 7]
    engine.close()


def test_a_new_epoch_keeps_its_place_and_is_told(rig: Make) -> None:
    """The broker knew a higher epoch of ours: what follows is numbered above it."""
    one = rig()
    one.submit(range(2))
    one.writer.open_epoch("retained status", above=41)
    one.submit(range(2, 4))
    one.await_tokens(4)
    assert [record.position for record in one.records] == [(1, 1), (1, 2), (42, 1), (42, 2)]
    assert one.states[-1] == StoreState(Health.HEALTHY, Epoch(42, "s2"))


def cursor(one: Rig) -> Position | None:
    """The cursor on the disk after the writer ended."""
    engine = one_engine(one.path)
    try:
        return engine.cursor("mqtt")
    finally:
        engine.close()


def test_a_cursor_rides_with_the_next_commit(rig: Make) -> None:
    """Moving the cursor costs no commit of its own while there are entries."""
    one = rig(Limits(cursor_delay=1e6))
    one.submit(range(3))
    one.await_tokens(3)
    commits = one.commit.commits
    for seq in (1, 2, 3):
        one.writer.set_cursor("mqtt", 1, seq)
    assert one.commit.commits == commits
    one.submit([3])
    one.await_tokens(4)
    assert one.commit.commits == commits + 1
    assert not one.writer._cursors
    one.stop()
    assert cursor(one) == Position(1, 3)


def test_a_cursor_does_not_wait_for_ever(rig: Make) -> None:
    """Without entries a moved cursor is stored after its delay, however often it moves meanwhile."""
    one = rig(Limits(cursor_delay=0.05))
    one.submit(range(3))
    one.await_tokens(3)
    commits = one.commit.commits
    one.writer.set_cursor("mqtt", 1, 2)
    wait_for(lambda: one.commit.commits > commits, 60, "the cursor's commit")
    wait_for(lambda: not one.writer._cursors, 60, "the cursor to be stored")
    one.stop()
    assert cursor(one) == Position(1, 2)


def test_a_cursor_is_stored_at_the_end(rig: Make) -> None:
    """Ending the writer stores what was waiting for company; the latest place wins, never an earlier one."""
    one = rig(Limits(cursor_delay=1e6))
    one.submit(range(3))
    one.await_tokens(3)
    one.writer.set_cursor("mqtt", 1, 3)
    one.writer.set_cursor("mqtt", 1, 1)
    assert one.stop()
    assert cursor(one) == Position(1, 3)


def test_a_cursor_moved_during_a_commit_is_not_forgotten(rig: Make) -> None:
    """The commit under way stores the place of before; the one that came meanwhile is stored with the next."""
    one = rig(Limits(cursor_delay=1e6))
    one.submit(range(3))
    one.await_tokens(3)

    def moving(db) -> None:
        one.writer.set_cursor("mqtt", 1, 3)
        db.commit()

    one.writer.set_cursor("mqtt", 1, 2)
    one.writer._engine._commit = moving
    one.submit([3])
    assert one.stop()
    assert cursor(one) == Position(1, 3)


def test_pages_are_read_beside_the_writing(rig: Make) -> None:
    """The backlog is read in order through futures, and ends with an empty page."""
    one = rig()
    one.submit(range(25))
    one.await_tokens(25)
    place, numbers = START, []
    while page := one.writer.read(*place, 10).result(60):
        assert len(page) <= 10
        numbers += [number_of(record) for record in page]
        place = page[-1].position
    assert numbers == list(range(25))


def test_a_failing_read_reaches_the_one_who_asked(rig: Make) -> None:
    """An unreadable journal is an error of the future, and the next read is served again."""
    one = rig()
    one.submit(range(3))
    one.await_tokens(3)
    file = one.path / "journal.db"
    file.rename(one.path / "elsewhere")
    with pytest.raises(StoreError):
        one.writer.read(0, 0, 10).result(60)
    (one.path / "elsewhere").rename(file)
    assert len(one.writer.read(0, 0, 10).result(60)) == 3


def test_submitting_does_not_wait_for_the_disk(rig: Make) -> None:
    """While a commit hangs, the loop submits, moves cursors and asks for the state; nothing blocks."""
    one = rig()
    hang, entered = threading.Event(), threading.Event()
    commit = one.commit.__call__

    def hanging(db) -> None:
        entered.set()
        hang.wait(60)
        commit(db)

    one.writer._engine._commit = hanging
    one.submit([0])
    assert entered.wait(60)
    one.submit(range(1, 100))
    one.writer.set_cursor("mqtt", 1, 1)
    assert one.writer.waiting == 100
    assert not one.committed
    assert not one.writer.stop(0.05), "a hung thread is abandoned"
    assert one.writer.alive
    hang.set()
    one.await_tokens(100)
    wait_for(lambda: not one.writer.alive, 60, "the thread to end")
    assert one.states[-1].health is Health.STOPPED


def test_a_store_that_cannot_be_opened_at_first_is_opened_later(rig: Make, tmp_path) -> None:
    """The box starts without its store, and writes what it decided meanwhile once the store is there."""
    tmp_path.joinpath("data").write_text("in the way")
    one = rig(start_open=False)
    one.submit(range(3))
    state = one.await_health(Health.DEGRADED)
    assert (state.epoch, state.reason) == (None, "failed")
    assert one.writer.read(0, 0, 10).result(60) == []
    tmp_path.joinpath("data").unlink()
    one.gate.pass_one()
    one.await_tokens(3)
    assert one.await_health(Health.HEALTHY).epoch is not None


def test_the_data_is_free_after_the_end(rig: Make) -> None:
    """A stopped writer lets the next agent in."""
    one = rig()
    one.submit(range(3))
    assert one.stop()
    engine = Engine(one.path, suffix=lambda: "next")
    assert engine.last == Position(1, 3)
    engine.close()
