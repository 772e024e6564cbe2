"""Parts of the store's tests: entries, suffixes, a commit that fails on command, listeners of a writer."""

import itertools
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from agent.store.batch import Committed
from agent.store.database import Database
from agent.store.engine import Engine
from agent.store.records import START, Entry, Position, Record
from agent.store.state import Health, Limits, StoreState
from agent.store.writer import Writer
from tests.waiting import wait_for


def entry(number: int, size: int = 0) -> Entry:
    """An entry that can be told from every other by its number."""
    return Entry(
        f"kind.{number % 3}", f"subject-{number % 7}", 1e9 + number / 8, f"{number}:".encode() + b"x" * size
    )


def number_of(record: Record) -> int:
    """The number `entry` was made with."""
    return int(record.entry.body.split(b":")[0])


def suffixes() -> Callable[[], str]:
    """Suffixes that never repeat, the same in each run."""
    numbers = itertools.count(1)
    return lambda: f"s{next(numbers)}"


def one_engine(path: Path, suffix: str = "test") -> Engine:
    """An engine as a restart would open it."""
    return Engine(path, suffix=lambda: suffix)


def check_numbers(records: Iterable[Record]) -> None:
    """Epochs rise, and numbers within each run from 1 without a gap."""
    end = START
    for record in records:
        place = record.position
        assert place == Position(end.epoch, end.seq + 1) or (place.epoch > end.epoch and place.seq == 1), (
            end,
            place,
        )
        end = place


class Commit:
    """A commit step that fails on command, before or after the data reached the disk."""

    def __init__(self) -> None:
        self.before: Exception | None = None
        self.after: Exception | None = None
        self.commits = 0

    def __call__(self, db: Database) -> None:
        """Commits, or raises what was ordered."""
        if self.before is not None:
            raise self.before
        db.commit()
        self.commits += 1
        if self.after is not None:
            error, self.after = self.after, None
            raise error


class Gate:
    """Stands for the passing of time between two attempts: each `pass_one` lets one pause end."""

    def __init__(self) -> None:
        self.pauses: list[float] = []
        self._passes = threading.Semaphore(0)

    def pass_one(self) -> None:
        """Ends one pause, the present or the next."""
        self._passes.release()

    def wait(self, stopping: threading.Event, seconds: float) -> bool:
        """What the writer calls to pause."""
        self.pauses.append(seconds)
        while not stopping.is_set() and not self._passes.acquire(timeout=0.01):
            pass
        return stopping.is_set()


class Rig:
    """A writer on a real directory, and everything it told."""

    def __init__(self, path: Path, limits: Limits | None = None, *, start_open: bool = True) -> None:
        self.path = path
        self.commit = Commit()
        self.gate = Gate()
        self.committed: list[Committed] = []
        self.states: list[StoreState] = []
        self.summaries: list[Mapping[str, int]] = []
        self._suffix = suffixes()
        self.writer = Writer(
            path,
            self.open,
            self._on_commit,
            self.states.append,
            self._summarise,
            engine=self.open("") if start_open else None,
            limits=limits or Limits(),
            wait=self.gate.wait,
        )

    def open(self, reason: str) -> Engine:
        """Opens an engine as the composition root would."""
        return Engine(self.path, suffix=self._suffix, reason=reason, commit=self.commit)

    def _on_commit(self, committed: Sequence[Committed]) -> None:
        self.committed.extend(committed)

    def _summarise(self, counts: Mapping[str, int]) -> Entry:
        self.summaries.append(counts)
        text = ",".join(f"{kind}={count}" for kind, count in sorted(counts.items()))
        return Entry("summary", "store", 0.0, f"-1:{text}".encode())

    @property
    def records(self) -> list[Record]:
        """All records told of, in the order of telling."""
        return [record for one in self.committed for record in one.records]

    def submit(self, numbers: Iterable[int], size: int = 0) -> None:
        """Submits entries one by one, each with its number as token."""
        for number in numbers:
            self.writer.submit([entry(number, size)], number)

    def await_tokens(self, count: int) -> None:
        """Waits until so many submissions are durable."""
        wait_for(lambda: len(self.committed) >= count, 60, f"{count} submissions, have {len(self.committed)}")

    def await_health(self, health: Health) -> StoreState:
        """Waits until the writer's last word on its health is this."""
        wait_for(lambda: self.states and self.states[-1].health is health, 60, health.value)
        return self.states[-1]

    def stop(self) -> bool:
        """Ends the writer."""
        return self.writer.stop(60)
