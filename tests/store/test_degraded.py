"""Bad days: commits fail, before or after the data reached the disk; nothing is lost, nothing doubled."""

from collections.abc import Callable, Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.store import reader
from agent.store.engine import Engine
from agent.store.errors import StoreCorrupt, StoreError, StoreFailed, StoreFull
from agent.store.records import Entry
from agent.store.state import Health, Limits
from tests.store.parts import Rig, check_numbers, number_of
from tests.waiting import wait_for

Make = Callable[..., Rig]


def fail(one: Rig, error: StoreError, number: int) -> None:
    """Makes commits fail from now on, and submits one entry that meets the failure."""
    one.commit.before = error
    one.submit([number])
    one.await_health(Health.DEGRADED)


def heal(one: Rig) -> None:
    """Makes commits work again and ends the pause."""
    one.commit.before = None
    one.gate.pass_one()
    one.await_health(Health.HEALTHY)


def check_story(one: Rig, count: int) -> None:
    """The journal is what was told, each number once, in order, chained."""
    story = list(reader.iterate(one.path))
    assert [number_of(record) for record in story] == list(range(count))
    assert one.records == story
    assert len({record.id for record in story}) == count
    check_numbers(story)
    assert reader.verify(one.path) is None


@pytest.mark.parametrize(("error", "reason"), [(StoreFull("x"), "full"), (StoreFailed("x"), "failed")])
def test_entries_wait_and_are_written_first_in_a_new_epoch(rig: Make, error: StoreError, reason: str) -> None:
    """The failure is told with its reason; what waited comes first when the store returns, in a new epoch."""
    one = rig()
    one.submit(range(3))
    one.await_tokens(3)
    fail(one, error, 3)
    assert one.states[-1].reason == reason
    one.submit(range(4, 10))
    assert one.writer.waiting == 7
    assert len(one.committed) == 3
    heal(one)
    one.await_tokens(10)
    assert one.writer.waiting == 0
    assert [record.epoch.number for record in one.records] == [1] * 3 + [2] * 7
    assert one.states[-1].epoch == one.records[-1].epoch
    check_story(one, 10)


@pytest.mark.parametrize("where", ["before", "after"])
def test_an_error_that_nobody_foresaw_is_a_failure_too(rig: Make, where: str) -> None:
    """The thread lives on: degraded with the error in words, then written once, in order."""
    one = rig()
    setattr(one.commit, where, RuntimeError("nobody foresaw this"))
    one.submit([0])
    state = one.await_health(Health.DEGRADED)
    assert (state.reason, "nobody foresaw this" in state.detail) == ("failed", True)
    one.submit(range(1, 5))
    heal(one)
    one.await_tokens(5)
    check_story(one, 5)


def test_an_opening_that_fails_unforeseen_is_tried_again(rig: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """With growing pauses, and told once."""
    one = rig()
    open_engine = one.writer._open
    fail(one, StoreFull("x"), 0)

    def stumble(_: str) -> Engine:
        raise KeyError("nobody foresaw this")

    monkeypatch.setattr(one.writer, "_open", stumble)
    one.gate.pass_one()
    one.gate.pass_one()
    wait_for(lambda: len(one.gate.pauses) == 3, 60, "the third pause")
    monkeypatch.setattr(one.writer, "_open", open_engine)
    heal(one)
    one.await_tokens(1)
    assert one.gate.pauses == [1.0, 2.0, 4.0]
    assert [state.reason for state in one.states if state.health is Health.DEGRADED] == ["full", "failed"]
    check_story(one, 1)


def test_a_summary_that_fails_loses_nothing(rig: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was queued before an overflow is written, and the counts are summed up at the next attempt."""
    one = rig(Limits(entries=2))
    summarise = one.writer._backlog._summarise

    def stumble(_: Mapping[str, int]) -> Entry:
        monkeypatch.setattr(one.writer._backlog, "_summarise", summarise)
        raise ValueError("nobody foresaw this")

    monkeypatch.setattr(one.writer._backlog, "_summarise", stumble)
    fail(one, StoreFull("x"), 0)
    one.submit(range(1, 4))
    one.commit.before = None
    one.gate.pass_one()
    wait_for(lambda: len(one.gate.pauses) == 2, 60, "the second pause")
    one.gate.pass_one()
    one.await_tokens(3)
    assert [number_of(record) for record in one.records] == [0, 1, -1]
    assert sum(sum(counts.values()) for counts in one.summaries) == 2
    assert one.writer.waiting == 0
    check_numbers(one.records)


def test_a_commit_that_reached_the_disk_is_not_repeated(rig: Make) -> None:
    """The commit raised after the data was safe: it is told as committed under its first id, and not again."""
    one = rig()
    one.submit(range(3))
    one.await_tokens(3)
    one.commit.after = StoreFailed("fsync")
    one.submit([3])
    one.await_health(Health.DEGRADED)
    one.submit([4])
    heal(one)
    one.await_tokens(5)
    assert [record.epoch.number for record in one.records] == [1, 1, 1, 1, 2]
    check_story(one, 5)


def test_what_is_in_doubt_is_not_handed_out_by_reads(rig: Make) -> None:
    """Events that another connection can see are published only once their commit is settled."""
    one = rig()
    one.submit(range(3))
    one.await_tokens(3)
    one.commit.after = StoreFailed("fsync")
    one.submit([3])
    one.await_health(Health.DEGRADED)
    assert len(list(reader.iterate(one.path))) == 4
    assert len(one.writer.read(0, 0, 10).result(60)) == 3
    heal(one)
    one.await_tokens(4)
    assert len(one.writer.read(0, 0, 10).result(60)) == 4


def test_retries_become_rarer_and_tell_once(rig: Make) -> None:
    """The pause doubles up to its limit, and one trouble is told once, not at every attempt."""
    one = rig(Limits(retry_first=1.0, retry_most=5.0))
    fail(one, StoreFull("x"), 0)
    for _ in range(5):
        one.gate.pass_one()
    wait_for(lambda: len(one.gate.pauses) == 6, 60, "six pauses")
    assert one.gate.pauses == [1.0, 2.0, 4.0, 5.0, 5.0, 5.0]
    assert [state.health for state in one.states] == [Health.HEALTHY, Health.DEGRADED]
    heal(one)
    one.await_tokens(1)
    check_story(one, 1)


def test_a_store_at_its_brim_does_not_flap_fast(rig: Make) -> None:
    """A failure soon after the return goes on with the long pauses."""
    one = rig()
    fail(one, StoreFull("x"), 0)
    heal(one)
    fail(one, StoreFull("x"), 1)
    wait_for(lambda: len(one.gate.pauses) == 2, 60, "the second pause")
    assert one.gate.pauses == [1.0, 2.0]
    heal(one)
    one.await_tokens(2)
    check_story(one, 2)


def test_what_overflows_is_summed_up_in_one_entry(rig: Make) -> None:
    """Beyond the bound only counts survive; they are one entry behind what was kept."""
    one = rig(Limits(entries=10))
    fail(one, StoreFull("x"), 0)
    one.submit(range(1, 40))
    assert one.writer.waiting == 10
    assert one.writer.lost == 30
    heal(one)
    one.await_tokens(11)
    assert one.summaries == [{"kind.0": 10, "kind.1": 10, "kind.2": 10}]
    assert [number_of(record) for record in one.records] == [*range(10), -1]
    one.submit([40])
    one.await_tokens(12)
    assert number_of(one.records[-1]) == 40
    assert list(reader.iterate(one.path)) == one.records


def test_an_overflow_that_fails_again_is_not_counted_twice(rig: Make) -> None:
    """The summary itself may meet the next failure; its counts are told once."""
    one = rig(Limits(entries=2))
    fail(one, StoreFull("x"), 0)
    one.submit(range(1, 6))
    one.commit.before = None
    one.commit.after = StoreFailed("the epoch's own commit")
    one.gate.pass_one()
    wait_for(lambda: len(one.gate.pauses) == 2, 60, "the second pause")
    heal(one)
    one.await_tokens(3)
    assert [number_of(record) for record in one.records] == [0, 1, -1]
    assert sum(sum(counts.values()) for counts in one.summaries) == 4
    assert list(reader.iterate(one.path)) == one.records


def test_a_snapshot_that_failed_is_not_kept(rig: Make) -> None:
    """State of a failed batch is not bound to other events; the application takes a new one."""
    one = rig()
    one.commit.before = StoreFull("x")
    one.submit([0])
    one.writer.submit_snapshot(b"stale")
    one.await_health(Health.DEGRADED)
    heal(one)
    one.writer.submit_snapshot(b"fresh")
    assert one.stop()
    with reader.view(one.path) as view:
        assert view.load()[0] == b"fresh"


def test_a_database_that_turns_out_corrupt_is_replaced_under_way(rig: Make) -> None:
    """Damage found while running sets the journal aside; what was in doubt goes into the new one."""
    one = rig()
    one.submit(range(20))
    one.await_tokens(20)
    one.commit.before = StoreCorrupt("malformed")
    one.submit([20])
    one.await_health(Health.DEGRADED)
    one.writer._engine._db.rows("UPDATE event SET body = CAST('99:' AS BLOB) WHERE seq = 7")
    one.writer._engine._db.commit()
    heal(one)
    one.await_tokens(21)
    assert [number_of(record) for record in reader.iterate(one.path)] == [20]
    assert one.records[-1].epoch.number > one.records[0].epoch.number
    assert len(list(one.path.glob("journal-aside-*.db"))) == 1
    assert one.writer.read(*one.records[0].position, 10).result(60) == one.records[-1:]


def test_stopping_a_degraded_writer_tries_once_more(rig: Make) -> None:
    """At the end there is one last attempt, without the pause."""
    one = rig()
    fail(one, StoreFull("x"), 0)
    one.commit.before = None
    assert one.stop()
    check_story(one, 1)


def test_stopping_a_writer_that_cannot_write_says_so(rig: Make) -> None:
    """What could not be written is not claimed to be safe, and the end does not hang."""
    one = rig()
    fail(one, StoreFull("x"), 0)
    assert not one.stop()
    assert not one.writer.alive
    assert one.writer.waiting == 1


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(script=st.lists(st.sampled_from(["submit", "before", "after", "heal"]), max_size=14))
def test_any_order_of_failures_tells_each_event_once(tmp_path_factory, script: list[str]) -> None:
    """Whatever fails, and however often: each event once, in order, under one id."""
    one = Rig(tmp_path_factory.mktemp("any") / "data")
    count = 0
    for step in [*script, "heal"]:
        if step == "before":
            one.commit.before = StoreFull("x")
        elif step == "after":
            one.commit.after = StoreFailed("x")
        elif step == "heal":
            one.commit.before = None
        one.submit(range(count, count + 3))
        count += 3
        one.gate.pass_one()
        if one.commit.before is None:
            wait_for(lambda: one.gate.pass_one() or one.writer.waiting == 0, 60, "the list to empty")
    assert one.stop()
    check_story(one, count)
