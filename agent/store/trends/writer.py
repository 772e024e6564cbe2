"""The thread that owns `trends.db`: one batch a bucket, roll-ups of whole hours, retention. Never in the journal's way.

Trends are worth less than events: what cannot be written is dropped and counted, and the agent goes on.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct

from agent.core.model import ClockQuality, Instant
from agent.store.errors import StoreCorrupt, StoreError, StoreFailed, StoreFull
from agent.store.trends.bucket import BUCKET, HOUR, Bucket
from agent.store.trends.database import FILE, TrendDatabase
from agent.store.trends.opening import open_or_set_aside

log = logging.getLogger(__name__)

WAITING_MAX = 400
"""Buckets that may wait for a disk that is slow."""
HOURS_AT_ONCE = 4
BREATH_EVERY = 20
BREATH = 0.002
"""A pause of so many seconds each so many buckets while rolling up: decoding holds the interpreter's lock."""


class Keep(Struct, frozen=True):
    """How long trends are kept, in seconds."""

    buckets: float = 35 * 86_400.0
    hours: float = 730 * 86_400.0


class TrendState(Struct, frozen=True):
    """How the store of trends is."""

    word: str = "opening"
    """`opening`, `healthy`, `full`, `failed` or `stopped`."""
    detail: str = ""


class TrendWriter:
    """Takes batches of buckets from the event loop without ever blocking it.

    Args:
        data_dir: where the file lives.
        keep: how long rows are kept; may be replaced at any time.
        suffix: makes the name under which a corrupt file is kept.
    """

    def __init__(self, data_dir: Path, keep: Keep, suffix: Callable[[], str]) -> None:
        self._path = data_dir / FILE
        self.keep = keep
        self._suffix = suffix
        self._db: TrendDatabase | None = None
        self._suspect = False
        self._ask_left_over = True
        self._due: set[int] = set()
        self._pruned = 0
        self._waiting: deque[tuple[Sequence[Bucket], Instant]] = deque()
        self._wake = threading.Condition()
        self._stopping = threading.Event()
        self._seen = 0
        self.written = 0
        """Buckets on the disk since the start."""
        self.dropped = 0
        """Buckets that could not be stored since the start."""
        self.state = TrendState()
        self._thread = threading.Thread(target=self._run, name="trend-write", daemon=True)
        self._thread.start()

    # --- called from the event loop ------------------------------------------------------------------------------

    def submit(self, buckets: Sequence[Bucket], now: Instant) -> None:
        """Queue a batch; it is dropped and counted if the disk is too slow."""
        with self._wake:
            if sum(len(batch) for batch, _ in self._waiting) + len(buckets) > WAITING_MAX and self._waiting:
                self.dropped += len(buckets)
                return
            self._waiting.append((buckets, now))
            self._wake.notify()

    def stop(self, deadline: float) -> bool:
        """Write what waits and end, within so many seconds; True if all went well."""
        with self._wake:
            self._stopping.set()
            self._wake.notify()
        self._thread.join(deadline)
        return not self._thread.is_alive() and not self._waiting

    # --- on the thread -------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            # At once, not with the first batch: after a kill readers could not read until the file was mended.
            self._take((), None)
            while (given := self._next()) is not None:
                self._take(*given)
            self._close()
        finally:
            self._tell(TrendState("stopped"))

    def _next(self) -> tuple[Sequence[Bucket], Instant] | None:
        with self._wake:
            while not self._waiting and not self._stopping.is_set():
                self._wake.wait()
            return self._waiting.popleft() if self._waiting else None

    def _take(self, buckets: Sequence[Bucket], now: Instant | None) -> None:
        trouble = self._attempt(buckets, now)
        if isinstance(trouble, StoreCorrupt):
            # Opened again, the file is looked through and set aside; a new one takes the batch.
            self._suspect = True
            self._close()
            trouble = self._attempt(buckets, now)
        if trouble is not None:
            self._fail(trouble, buckets)

    def _attempt(self, buckets: Sequence[Bucket], now: Instant | None) -> StoreError | None:
        try:
            self._store(buckets, now)
        except StoreError as exc:
            return exc
        except Exception as exc:  # noqa: BLE001  # the supervisor of this thread: trends may fail, watching goes on
            return StoreFailed(f"unforeseen: {exc!r}")
        return None

    def _store(self, buckets: Sequence[Bucket], now: Instant | None) -> None:
        db = self._db or self._open()
        if now is None:
            return
        if self._ask_left_over:
            self._due |= _left_over(db, now)
            self._ask_left_over = False
        if buckets:
            self._due |= db.write(buckets)
            self.written += len(buckets)
        self._tell(TrendState("healthy"))
        try:
            self._roll_up(db, now)
            self._prune(db, now)
        except StoreError as exc:  # the batch is safe; what is due stays due
            self._suspect = isinstance(exc, StoreCorrupt)
            self._fail(exc, ())

    def _fail(self, exc: StoreError, buckets: Sequence[Bucket]) -> None:
        self.dropped += len(buckets)
        self._close()
        self._tell(TrendState("full" if isinstance(exc, StoreFull) else "failed", str(exc)))

    def _open(self) -> TrendDatabase:
        db, aside = open_or_set_aside(self._path, self._suffix, suspect=self._suspect)
        if aside is not None:
            log.error("trends: a file that cannot be used was set aside as %s", aside)
        self._db, self._suspect, self._ask_left_over = db, False, True
        return db

    def _roll_up(self, db: TrendDatabase, now: Instant) -> None:
        """Roll up hours that are over, some at once, which spares the card; readers take an hour's buckets until then.

        An hour is over once a bucket of it can no longer be on its way.
        """
        over = sorted(hour for hour in self._due if hour + HOUR + BUCKET / 60 <= now.wall)[:HOURS_AT_ONCE]
        if len(over) == HOURS_AT_ONCE:
            db.roll_up(over, self._breathe)
            self._due.difference_update(over)

    def _breathe(self) -> None:
        self._seen += 1
        if self._seen % BREATH_EVERY == 0:
            self._stopping.wait(BREATH)

    def _prune(self, db: TrendDatabase, now: Instant) -> None:
        """Once an hour, and not by a clock that is known to be wrong."""
        hour = int(now.wall // HOUR)
        if hour == self._pruned or now.quality is ClockQuality.UNSYNCED:
            return
        db.prune(BUCKET, self.keep.buckets, now.wall)
        db.prune(HOUR, self.keep.hours, now.wall)
        self._pruned = hour

    def _tell(self, state: TrendState) -> None:
        """Remember the state; what a person should know of it is logged when it changes."""
        known, self.state = self.state, state
        if known.word == state.word:
            return
        if state.word in ("full", "failed"):
            log.error("trends are being dropped: %s", state.detail)
        elif known.word not in ("opening", "healthy") and state.word == "healthy":
            log.warning("trends are being stored again; %d buckets were dropped", self.dropped)

    def _close(self) -> None:
        if self._db is None:
            return
        db, self._db = self._db, None
        try:
            db.close()
        except StoreError as exc:
            log.warning("trends: %s", exc)


def _left_over(db: TrendDatabase, now: Instant) -> set[int]:
    """The hours before the last bucket: the box may have been killed before it rolled them up."""
    last = db.last_before(now.wall)
    return set() if last is None else {(last // HOUR - back) * HOUR for back in range(HOURS_AT_ONCE + 1)}
