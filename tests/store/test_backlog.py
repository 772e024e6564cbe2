"""The waiting list: bounded, in order, and every loss is counted."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from agent.store.backlog import Backlog, EpochRequest, Item, SnapshotRequest, Submission
from agent.store.records import Entry
from tests.store.parts import entry


def backlog(entries: int = 10, size: int = 1 << 20) -> Backlog:
    """A list whose summary carries the counts as its subject."""
    return Backlog(entries, size, lambda counts: Entry("summary", repr(dict(counts)), 0.0, b""))


def submission(*numbers: int) -> Submission:
    """A submission of some entries."""
    return Submission(tuple(map(entry, numbers)))


def entries_of(items: list[Item]) -> list[Entry]:
    """All entries of items in order."""
    return [one for item in items if isinstance(item, Submission) for one in item.entries]


def test_items_come_out_as_they_went_in() -> None:
    """Entries, snapshots and epochs keep their order."""
    items = [submission(1, 2), SnapshotRequest(b"s"), EpochRequest("test", 3), submission(3)]
    full = backlog()
    assert all(full.put(item) for item in items)
    assert full.take(100) == items
    assert not full


def test_a_group_is_bounded_but_never_empty() -> None:
    """One large submission is taken whole, since it must not be torn."""
    full = backlog()
    for item in (submission(1, 2, 3), submission(4), submission(5)):
        full.put(item)
    assert full.take(2) == [submission(1, 2, 3)]
    assert full.take(2) == [submission(4), submission(5)]


def test_what_is_taken_counts_until_it_is_released() -> None:
    """A hung disk does not make room."""
    full = backlog(2)
    full.put(submission(1, 2))
    items = full.take(100)
    assert not full.put(submission(3))
    full.release(items)
    assert (full.entries, full.bytes) == (0, 0)
    assert full.put(submission(4))


def test_bytes_are_bounded_too() -> None:
    """A few large bodies fill the list as well as many small ones, and so do snapshots."""
    full = backlog(10, 1000)
    assert full.put(Submission((Entry("k", "s", 0.0, bytes(900)),)))
    assert not full.put(Submission((Entry("k", "s", 0.0, bytes(100)),)))
    assert not full.put(SnapshotRequest(bytes(100)))
    assert full.lost == 1


def test_an_overflow_becomes_one_entry_behind_what_was_kept() -> None:
    """The losses of one jam are summed up once, per kind, in their place."""
    full = backlog(2)
    full.put(submission(0, 1))
    for number in range(2, 8):
        full.put(submission(number))
    kept, summary = entries_of(full.take(100))[:-1], entries_of(full.take(100) or [])
    assert kept == [entry(0), entry(1)]
    assert not summary
    assert full.lost == 6


def test_the_summary_carries_the_counts_per_kind() -> None:
    """Six entries of three kinds are told as two each."""
    full = backlog(1)
    for number in range(7):
        full.put(submission(number))
    [_, summary] = entries_of(full.take(100))
    assert (summary.kind, summary.subject) == ("summary", repr({"kind.1": 2, "kind.2": 2, "kind.0": 2}))


def test_what_is_put_back_comes_first() -> None:
    """After a failure the batch in doubt goes before everything that came meanwhile."""
    full = backlog(3)
    full.put(submission(1, 2))
    taken = full.take(100)
    full.put(submission(3))
    full.put_back([submission(2)], instead_of=taken)
    assert full.take(100) == [submission(2), submission(3)]
    assert full.entries == 2


@given(st.lists(st.one_of(st.integers(1, 4), st.none()), max_size=60), st.integers(1, 12), st.integers(1, 6))
def test_nothing_is_lost_without_being_counted(script: list[int | None], bound: int, most: int) -> None:
    """Kept plus counted is submitted, in order, whatever comes and goes; the bound holds."""
    summaries: list[Counter[str]] = []

    def summarise(counts) -> Entry:
        summaries.append(Counter(counts))
        return Entry("summary", "", 0.0, b"")

    full = Backlog(bound, 1 << 20, summarise)
    submitted: list[Entry] = []
    out: list[Entry] = []
    for step in script:
        if step is None:
            items = full.take(most)
            out += entries_of(items)
            full.release(items)
        else:
            new = submission(*range(len(submitted), len(submitted) + step))
            submitted += new.entries
            full.put(new)
        assert full.entries <= bound
    while full:
        out += entries_of(full.take(most))
    kept = [one for one in out if one.kind != "summary"]
    assert kept == [one for one in submitted if one in kept]
    assert Counter(one.kind for one in submitted) == sum(summaries, Counter(one.kind for one in kept))
    assert full.lost == len(submitted) - len(kept)
