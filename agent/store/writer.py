"""The one thread that owns the engine: group commit, degraded mode, and the way back."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path

import msgspec

from agent.store.backlog import Backlog, EpochRequest, Item, PruneRequest, SnapshotRequest, Submission
from agent.store.batch import Batch, Committed
from agent.store.engine import Engine
from agent.store.errors import StoreError, StoreFailed, StoreFull
from agent.store.fetch import Fetcher
from agent.store.records import START, Entry, Position, Record
from agent.store.state import DEFAULTS, Health, Limits, StoreState

GROUP = 2_000
"""Entries in one transaction, so that a nearly full disk still takes part of a long list."""

FAILURE = "store failure"


class Writer:
    """Takes entries from the event loop without ever blocking it and makes them durable in order.

    The callbacks run on the writer's thread and must only post to the loop. After the way back from degraded
    mode the application submits a snapshot: one that was submitted meanwhile is not kept, and the entries of an
    overflow are known only as counts.

    Args:
        data_dir: where the journal lives.
        open_engine: opens the engine; is given the reason for which a new epoch must be opened.
        on_commit: told of each submission that became durable, in order.
        on_state: told of each change of the store's state.
        summarise: makes one entry of the counts per kind of what overflowed.
        engine: an engine opened by the caller, who loaded its state; without it the writer opens one.
        limits: bounds.
        wait: waits for the stop event or so many seconds; tests need no sleeping.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        data_dir: Path,
        open_engine: Callable[[str], Engine],
        on_commit: Callable[[Sequence[Committed]], None],
        on_state: Callable[[StoreState], None],
        summarise: Callable[[Mapping[str, int]], Entry],
        *,
        engine: Engine | None = None,
        limits: Limits = DEFAULTS,
        wait: Callable[[threading.Event, float], bool] = threading.Event.wait,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open, self._engine = open_engine, engine
        self._on_commit, self._on_state = on_commit, on_state
        self._limits, self._wait, self._clock = limits, wait, clock
        self._backlog = Backlog(limits.entries, limits.bytes, summarise)
        self._cursors: dict[str, Position] = {}
        self._cursors_due = 0.0
        self._wake = threading.Condition()
        self._stopping = threading.Event()
        self._last_try = False
        self._doubt: Batch | None = None
        self._failures = 0
        self._healed = 0.0
        self._state = StoreState(Health.OPENING)
        self._durable = engine.last if engine else START
        self._fetcher = Fetcher(data_dir, lambda: self._durable)
        self._thread = threading.Thread(target=self._run, name="store-write", daemon=True)
        self._thread.start()

    # ---- called from the event loop -------------------------------------------------------------------------

    def submit(self, entries: Sequence[Entry], token: object = None) -> bool:
        """Queues entries that belong together; False when the list is full and they are only counted.

        The token of a submission that was only counted is never heard of again.
        """
        return self._put(Submission(tuple(entries), token))

    def submit_snapshot(self, body: bytes) -> bool:
        """Queues the state as it is after everything submitted before."""
        return self._put(SnapshotRequest(body))

    def open_epoch(self, reason: str, above: int = 0) -> None:
        """Asks for a new epoch behind everything submitted before; `above` as for the engine."""
        self._put(EpochRequest(reason, above))

    def prune(self, upto: Position, readers: Sequence[str], most: int) -> None:
        """Asks for the deletion of the oldest events, as the engine's `prune`, behind everything submitted before."""
        self._put(PruneRequest(upto, tuple(readers), most))

    def set_cursor(self, name: str, epoch: int, seq: int) -> None:
        """Moves a reader's mark with the next commit, or after a while; the latest wins."""
        with self._wake:
            if not self._cursors:
                self._cursors_due = self._clock() + self._limits.cursor_delay
                self._wake.notify()
            self._cursors[name] = max(Position(epoch, seq), self._cursors.get(name, START))

    def read(self, epoch: int, seq: int, limit: int) -> "Future[list[Record]]":
        """At most `limit` durable records after a place; the future carries a `StoreError` if reading fails."""
        return self._fetcher.read(Position(epoch, seq), limit)

    @property
    def waiting(self) -> int:
        """Entries submitted that are not durable yet."""
        return self._backlog.entries

    @property
    def lost(self) -> int:
        """Entries that overflowed the list since the start."""
        return self._backlog.lost

    @property
    def alive(self) -> bool:
        """Whether the thread still runs; a watchdog asks."""
        return self._thread.is_alive()

    def stop(self, deadline_s: float) -> bool:
        """Flushes what is queued and ends; True if all of it became durable in time.

        A thread hung in the kernel is abandoned: it is a daemon and holds nothing that a kill would damage.
        """
        end = self._clock() + deadline_s
        with self._wake:
            self._stopping.set()
            self._wake.notify()
        self._thread.join(deadline_s)
        self._fetcher.stop(max(0.0, end - self._clock()))
        return not self._thread.is_alive() and not self._backlog and not self._backlog.entries

    def _put(self, item: Item) -> bool:
        with self._wake:
            kept = self._backlog.put(item)
            self._wake.notify()
        return kept

    # ---- on the writer's thread -----------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._work() and not self._last_try:
                pass
            self._close()
        finally:
            self._report(StoreState(Health.STOPPED))

    def _work(self) -> bool:
        """Opens if need be and writes until all is done; False after an error that nobody foresaw."""
        try:
            if self._engine is None or self._failures:
                self._recover()
            else:
                self._heal(self._engine)
            while self._engine is not None and (group := self._next_group()) is not None:
                if not self._write(self._engine, Batch(group)):
                    self._recover()
        except Exception as exc:  # noqa: BLE001  # the supervisor of this thread; its owner logs what is told
            self._degrade(StoreFailed(f"unforeseen: {exc!r}"))
            return False
        return True

    def _next_group(self) -> list[Item] | None:
        """Waits for work; an empty group when only cursors are due, None when stopping and all is done."""
        with self._wake:
            while not self._backlog and not self._stopping.is_set() and not self._cursors_are_due():
                self._wake.wait(self._cursors_due - self._clock() if self._cursors else None)
            if not self._backlog and not self._cursors:
                return None
        if self._limits.linger:
            self._wait(self._stopping, self._limits.linger)
        with self._wake:
            return self._backlog.take(GROUP)

    def _cursors_are_due(self) -> bool:
        return bool(self._cursors) and self._clock() >= self._cursors_due

    def _write(self, engine: Engine, batch: Batch) -> bool:
        """Writes one batch; False, and the batch in doubt, when that fails."""
        with self._wake:
            cursors = dict(self._cursors)
        self._doubt = batch
        try:
            batch.write(engine, cursors)
        except StoreError as exc:
            self._degrade(exc)
            return False
        self._doubt = None
        with self._wake:
            self._backlog.release(batch.items)
            self._cursors = {n: place for n, place in self._cursors.items() if place != cursors.get(n)}
        self._durable = engine.last
        self._heal(engine)
        self._tell(batch.committed())
        return True

    def _recover(self) -> None:
        """Opens the engine again and again until it works; only once more when stopping."""
        while not self._last_try:
            if self._failures:
                self._wait(self._stopping, self._pause())
            self._last_try = self._stopping.is_set()
            try:
                self._close()
                self._engine = self._open(FAILURE)
                self._settle(self._engine)
            except StoreError as exc:
                self._degrade(exc)
            else:
                return
        self._close()

    def _settle(self, engine: Engine) -> None:
        """Finds out what became of the batch in doubt, and queues the rest of it first."""
        committed: list[Committed] = []
        if self._doubt is not None:
            committed, again = self._doubt.settle(engine)
            with self._wake:
                self._backlog.put_back(again, instead_of=self._doubt.items)
            self._doubt = None
        self._durable = engine.last
        if not self._backlog and not self._cursors:
            self._heal(engine)
        self._tell(committed)

    def _pause(self) -> float:
        return min(self._limits.retry_first * 2.0 ** min(self._failures - 1, 16), self._limits.retry_most)

    def _degrade(self, exc: StoreError) -> None:
        if self._state.health is Health.HEALTHY and self._clock() - self._healed > self._limits.retry_most:
            self._failures = 0  # only a long good stretch is forgiven: a disk at its brim would flap
        self._failures += 1
        reason = "full" if isinstance(exc, StoreFull) else "failed"
        self._report(StoreState(Health.DEGRADED, self._state.epoch, reason, str(exc)))

    def _heal(self, engine: Engine) -> None:
        if self._state.health is not Health.HEALTHY:
            self._healed = self._clock()
        self._report(StoreState(Health.HEALTHY, engine.epoch))

    def _report(self, state: StoreState) -> None:
        """Tells of a change; another wording of the same trouble is none."""
        known, self._state = self._state, state
        if msgspec.structs.replace(known, detail="") != msgspec.structs.replace(state, detail=""):
            self._on_state(state)

    def _tell(self, committed: Sequence[Committed]) -> None:
        if committed:
            self._on_commit(committed)

    def _close(self) -> None:
        if self._engine is not None:
            engine, self._engine = self._engine, None
            engine.close()
