"""The store of a day as the agent's writer uses it, with a disk that fails and a box that dies on command.

It knows what has truly reached the disk, so that every start can be held to it.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from agent.core.state import Durable, encode_snapshot
from agent.opening import CURSOR, replay
from agent.store import reader
from agent.store.backlog import Item, SnapshotRequest, Submission
from agent.store.batch import Batch
from agent.store.database import Database
from agent.store.engine import Engine
from agent.store.errors import StoreError, StoreFailed, StoreFull
from agent.store.records import START, Entry, Position, Record
from tests.simulation.invariants import must
from tests.simulation.scenario import Fault

SNAPSHOT_EVERY = 40


class Killed(Exception):  # noqa: N818  # not an error: the end of a process
    """The power is gone in the middle of a write."""


class Disk:
    """One journal over the day.

    Args:
        folder: for the journal.
        fails: the fault of the disk at this moment, if there is one; where its size is above 0.5 a commit reaches
            the disk and fails all the same, else it is refused for want of room.

    Attributes:
        kept: the bodies that are on the disk, in order.
        dies: `before` or `after` the next commit, where the box is to die then.
        durable: the last place that the agent knows to be on the disk.
    """

    def __init__(self, folder: Path, fails: Callable[[], Fault | None]) -> None:
        self.kept: list[bytes] = []
        self.dies = ""
        self.durable = START
        self._folder, self._fails = folder, fails
        self._opened = 0
        self._engine: Engine | None = None
        self._state = encode_snapshot(Durable())
        """The durable state after the events that are kept."""
        self._flying: tuple[list[bytes], bytes] = ([], b"")
        self._items: list[Item] = []
        self._doubt: Batch | None = None
        self._unsaved = 0

    def open(self, *, in_order: bool) -> Durable:
        """The state that a starting box finds.

        Args:
            in_order: whether the box was stopped before, with nothing in its way: then nothing is to be replayed.
        """
        self._items, self._doubt = [], None
        try:
            self._engine = self._new_engine("")
            snapshot, tail = self._engine.load()
            self.durable = self._engine.last
        except StoreError:  # the disk takes nothing: what is on it can be read all the same
            self._engine = None
            with reader.view(self._folder) as view:
                snapshot, left = view.load()
                tail, self.durable = iter(list(left)), view.last
        records = list(tail)
        must(not (in_order and records), "a stop in good order left events to replay")
        durable, _ = replay(snapshot, records)
        must(encode_snapshot(durable) == self._state, "a start finds another state than was on the disk")
        return durable

    def write(self, entries: Sequence[Entry], state: bytes, *, snapshot: bool = False) -> None:
        """Write entries, after which the state is this; they wait where the disk takes nothing.

        Raises:
            Killed: the box died over it.
        """
        self._items.append(Submission(tuple(entries)))
        self._unsaved += len(entries)
        try:
            self._settle()
            if self._unsaved >= SNAPSHOT_EVERY or snapshot:
                self._items.append(SnapshotRequest(state))
            self._commit_items(state)
        except StoreError:
            self._fail()

    @property
    def waits(self) -> bool:
        """Whether events wait for the disk."""
        return bool(self._items) or self._doubt is not None

    def page(self, place: Position, most: int, *, aside: bool) -> list[Record]:
        """What may be published after a place: only what is known to be on the disk.

        Args:
            place: the last one that is published.
            most: how many at most.
            aside: over a connection of its own, as the agent reads.
        """
        if place >= self.durable:
            return []
        if aside or self._engine is None:
            found = reader.page(self._folder, place, most)
        else:
            found = self._engine.after(*place, most)
        return [record for record in found if record.position <= self.durable]

    def cursor(self) -> Position:
        """Up to where the journal says that everything is published."""
        if self._engine is None:
            with reader.view(self._folder) as view:
                return view.cursor(CURSOR) or START
        return self._engine.cursor(CURSOR) or START

    def mark(self, place: Position) -> None:
        """Keep how far everything is published.

        Raises:
            Killed: the box died over it.
        """
        if self._engine is None:
            return
        try:
            Batch([]).write(self._engine, {CURSOR: place})
        except StoreError:
            self._fail()

    def records(self) -> list[Record]:
        """The whole journal."""
        return list(reader.iterate(self._folder))

    def is_sound(self) -> bool:
        """Whether the chain of hashes holds from the beginning to the end."""
        return reader.verify(self._folder) is None

    def close(self) -> None:
        """Let go of the journal; what was not committed is gone."""
        self.dies = ""
        self._flying = ([], b"")
        if self._engine is not None:
            with suppress(StoreError):
                self._engine.close()
        self._engine = None

    def _new_engine(self, reason: str) -> Engine:
        return Engine(self._folder, suffix=self._suffix, reason=reason, commit=self._commit)

    def _suffix(self) -> str:
        self._opened += 1
        return f"e{self._opened}"

    def _settle(self) -> None:
        """Open the store again if it failed, and find out what became of what was in doubt."""
        if self._engine is None:
            self._engine = self._new_engine("store failure")
            if self._doubt is not None:
                _, again = self._doubt.settle(self._engine)
                self._items, self._doubt = [*again, *self._items], None
            self.durable = self._engine.last

    def _commit_items(self, state: bytes) -> None:
        assert self._engine is not None
        self._doubt, self._items = Batch(self._items), []
        entries = [one for item in self._doubt.items if isinstance(item, Submission) for one in item.entries]
        self._flying = ([entry.body for entry in entries], state)
        self._doubt.write(self._engine, {})
        if any(isinstance(item, SnapshotRequest) for item in self._doubt.items):
            self._unsaved = 0
        self._doubt, self.durable = None, self._engine.last

    def _fail(self) -> None:
        self.close()
        self._unsaved = SNAPSHOT_EVERY

    def _commit(self, database: Database) -> None:
        if self.dies == "before":
            raise Killed
        fault = self._fails()
        if fault is not None and fault.size <= 0.5:
            raise StoreFull("the disk is full")
        database.commit()
        bodies, state = self._flying
        if bodies:
            self.kept += bodies
            self._state, self._flying = state, ([], b"")
        if self.dies == "after":
            raise Killed
        if fault is not None:
            raise StoreFailed("the disk took it and does not say so")
