"""The engine against a list: what a journal is, in thirty lines, and every order of operations against it."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from agent.store import reader
from agent.store.engine import Engine
from agent.store.records import START, Entry, Position, Record
from tests.store.parts import check_numbers, entry, one_engine, suffixes

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
ENTRIES = st.builds(
    Entry, TEXT, TEXT, st.floats(allow_nan=False, allow_infinity=False), st.binary(max_size=20)
)


class JournalMachine(RuleBasedStateMachine):
    """Appends, commits, rolls back, reopens, in any order; a list of records is the model."""

    def __init__(self) -> None:
        super().__init__()
        self.path = Path(tempfile.mkdtemp(prefix="store-"))
        self.suffix = suffixes()
        self.engine = Engine(self.path, suffix=self.suffix)
        self.durable: list[Record] = []
        self.pending: list[Record] = []
        self.snapshot: tuple[bytes, Position] | None = None
        self.new_snapshot: tuple[bytes, Position] | None = None
        self.cursor: Position | None = None
        self.new_cursor: Position | None = None

    def teardown(self) -> None:
        """Ends one example."""
        self.engine.close()
        shutil.rmtree(self.path)

    def _forget(self) -> None:
        self.pending = []
        self.new_snapshot, self.new_cursor = self.snapshot, self.cursor

    @rule(entries=st.lists(ENTRIES, max_size=5))
    def append(self, entries: list[Entry]) -> None:
        """Entries become records of the present epoch."""
        records = self.engine.append(entries)
        assert [record.entry for record in records] == entries
        assert all(record.epoch == self.engine.epoch for record in records)
        self.pending += records

    @rule()
    def commit(self) -> None:
        """What was pending is durable."""
        self.engine.commit()
        self.durable += self.pending
        self.snapshot, self.cursor = self.new_snapshot, self.new_cursor
        self._forget()

    @rule()
    def rollback(self) -> None:
        """What was pending is forgotten."""
        self.engine.rollback()
        self._forget()

    @rule()
    def reopen(self) -> None:
        """A restart forgets what was not committed, and nothing else."""
        self.engine.close()
        self._forget()
        self.engine = Engine(self.path, suffix=self.suffix)
        assert self.engine.opened.path is None

    @rule(body=st.binary(max_size=20))
    def take_snapshot(self, body: bytes) -> None:
        """State is bound to the last event."""
        self.engine.snapshot(body)
        self.new_snapshot = (body, self.engine.last)

    @rule(epoch=st.integers(0, 6), seq=st.integers(0, 30))
    def move_cursor(self, epoch: int, seq: int) -> None:
        """A cursor never goes back, nor beyond the end."""
        self.engine.set_cursor("mqtt", epoch, seq)
        place = min(Position(epoch, seq), self.engine.last)
        if place > (self.new_cursor or START):
            self.new_cursor = place

    @precondition(lambda self: not self.pending)
    @rule(above=st.integers(0, 20))
    def open_epoch(self, above: int) -> None:
        """An epoch is above everything known."""
        before = self.engine.epoch
        epoch = self.engine.open_epoch("test", above)
        assert epoch.number > max(before.number, above)
        self.commit()

    @rule(start=st.integers(0, 40), limit=st.integers(1, 10))
    def read_a_page(self, start: int, limit: int) -> None:
        """A page is a slice of the list, and the count that of all behind its beginning."""
        everything = self.durable + self.pending
        start = min(start, len(everything))
        place = everything[start - 1].position if start else START
        assert self.engine.after(*place, limit) == everything[start : start + limit]
        assert self.engine.count_after(*place) == len(everything) - start

    @invariant()
    def the_journal_is_the_list(self) -> None:
        """Same events, same order, sound chain."""
        everything = self.durable + self.pending
        assert self.engine.after(0, 0, 10_000) == everything
        check_numbers(everything)
        assert self.engine.verify() is None
        assert self.engine.cursor("mqtt") == self.new_cursor
        last = {record.entry.subject: record.position for record in everything}
        assert self.engine.last_of([*last, "\0nobody"]) == last

    @invariant()
    def state_and_tail_tell_the_whole(self) -> None:
        """Snapshot and tail join without gap or overlap."""
        state, tail = self.engine.load()
        body, place = self.new_snapshot or (None, START)
        assert state == body
        assert list(tail) == [r for r in self.durable + self.pending if r.position > place]

    @invariant()
    def others_see_what_is_durable(self) -> None:
        """A reader sees commits and nothing else."""
        assert list(reader.iterate(self.path)) == self.durable


TestJournal = JournalMachine.TestCase
TestJournal.__doc__ = (
    "Any order of operations leaves the journal equal to the list, numbered, chained and durable."
)
TestJournal.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


def test_the_chain_goes_on_across_epochs(tmp_path: Path) -> None:
    """The first event of an epoch is chained to the last one before, so that no epoch can be cut out."""
    engine = one_engine(tmp_path)
    engine.append([entry(1)])
    engine.open_epoch("test")
    engine.append([entry(2)])
    engine.commit()
    engine._db.rows("DELETE FROM event WHERE epoch = 1")
    engine._db.rows("DELETE FROM epoch WHERE number = 1")
    assert engine.verify() == Position(2, 0)
    engine.close()


def test_a_database_lost_behind_the_cursor_starts_above_it(tmp_path: Path) -> None:
    """A cursor from before a lost database is below every event of the new one: nothing is skipped."""
    engine = one_engine(tmp_path)
    engine.append(map(entry, range(9)))
    engine.commit()
    mark = engine.last
    engine.close()
    (tmp_path / "journal.db").unlink()
    engine = one_engine(tmp_path)
    engine.append([entry(10)])
    engine.commit()
    engine.set_cursor("mqtt", *mark)
    assert [record.entry for record in engine.after(*mark, 10)] == [entry(10)]
    engine.close()
