"""The synchronous engine: append, commit, snapshot, cursor, epoch. One thread at a time, no clock, no chance."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from agent.store import journal
from agent.store.chain import Head, seal
from agent.store.database import Database
from agent.store.epochs import read_side, write_side
from agent.store.errors import StoreCorrupt, StoreError, StoreFailed, of_os_error
from agent.store.lock import Lock
from agent.store.opening import Found, Opened, open_database, set_aside
from agent.store.records import START, Entry, Epoch, Position, Record
from agent.store.schema import SCHEMA, Schema
from agent.store.view import View

log = logging.getLogger(__name__)


class Engine(View):
    """The journal of one data directory, held against any second agent.

    Appending, taking a snapshot, moving a cursor and opening an epoch join one transaction, which `commit`
    ends. After any error of a write the engine takes no more writes: close it and open another, then ask
    `held` which of the records in doubt reached the disk.

    Args:
        data_dir: where the journal lives; made if missing.
        suffix: makes the random part of an epoch, the only chance in the engine.
        reason: opens a new epoch whatever is found, and says why (after a failure, after a restore).
        above: the number of the box's own retained epoch at the broker, if it is known.
        commit: the step that commits; tests put a failing one here.
        schema: the versions of the tables that are known; tests hand in one with more.

    Raises:
        StoreBusy: another agent holds the directory.
        StoreNewer: a later version of the software wrote the journal.
        StoreFull: no room.
        StoreFailed: an I/O error.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        suffix: Callable[[], str],
        reason: str = "",
        above: int = 0,
        commit: Callable[[Database], None] = Database.commit,
        schema: Schema = SCHEMA,
    ) -> None:
        self._dir = data_dir
        self._suffix = suffix
        self._commit = commit
        self._schema = schema
        self._broken = False
        _make(data_dir)
        try:
            self._open(reason, above)
        except StoreCorrupt as exc:  # the checks had not found it; by now it is set aside
            self._open(reason or f"database set aside: {exc}", above)

    def _open(self, reason: str, above: int) -> None:
        self._lock = Lock(self._dir)
        try:
            db, self.opened = open_database(self._dir, self._suffix, self._schema)
        except BaseException:
            self._lock.release()
            raise
        super().__init__(db)
        try:
            self._start(reason, above)
        except BaseException as exc:
            if isinstance(exc, StoreCorrupt):
                db.damage = str(exc)
            self.close()
            raise

    def _start(self, reason: str, above: int) -> None:
        head = journal.head(self._db)
        side = read_side(self._dir)
        self._head = self._committed = head or Head(Epoch(0, ""))
        why = reason or _why_new(self.opened, head, side)
        if why:
            self.open_epoch(why, above)
            self.commit()
        elif side != self.epoch:
            write_side(self._dir, self.epoch)

    @property
    def epoch(self) -> Epoch:
        """The epoch the next event belongs to."""
        return self._head.epoch

    @property
    def last(self) -> Position:
        """Where the last appended event stands; `START` without any."""
        return self._head.last

    def append(self, entries: Iterable[Entry]) -> list[Record]:
        """Gives entries their number and hash and writes them; they count once `commit` returns."""
        head, records = self._head, []
        for entry in entries:
            record = head.link(entry)
            head = head.after(record)
            records.append(record)
        with self._writing():
            self._db.many("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?)", map(_row, records))
        self._head = head
        return records

    def snapshot(self, body: bytes) -> None:
        """Replaces the stored state by `body`, valid right after the last appended event."""
        mark = seal(self._head.hash, body)
        with self._writing():
            self._db.rows("INSERT OR REPLACE INTO snapshot VALUES (1, ?, ?, ?, ?)", (*self.last, body, mark))

    def set_cursor(self, name: str, epoch: int, seq: int) -> None:
        """Moves a reader's mark forward; it never goes back, and never beyond the last event."""
        place = min(Position(epoch, seq), self.last)
        if place > (self.cursor(name) or START):
            with self._writing():
                self._db.rows("INSERT OR REPLACE INTO cursor VALUES (?, ?, ?)", (name, *place))

    def prune(self, upto: Position, readers: Sequence[str], most: int) -> int:
        """Deletes the oldest events up to and with `upto`, at most so many, and moves the anchor behind them.

        Whatever is asked for, what the snapshot and the cursors of `readers` need stays. The caller has noted it.

        Returns:
            How many were deleted; they are gone once `commit` returns.
        """
        bound = min([upto, *(self.cursor(name) or START for name in readers)])
        end, count = journal.pruned_end(self._db, bound, most)
        if count:
            with self._writing():
                self._db.rows("DELETE FROM event WHERE (epoch, seq) <= (?, ?)", end.position)
                row = (*end.position, end.hash.hex(), end.pruned)
                self._db.rows("INSERT OR REPLACE INTO anchor VALUES (1, ?, ?, ?, ?)", row)
        return count

    def open_epoch(self, reason: str, above: int = 0) -> Epoch:
        """Starts numbering anew: one above the highest of database, side file and `above`.

        The side file is written at once, before anyone can hear of the number; the row waits for `commit`.
        """
        side = read_side(self._dir)
        number = 1 + max(self.epoch.number, side.number if side else 0, above)
        epoch = Epoch(number, self._suffix())
        with self._writing():
            write_side(self._dir, epoch)
            row = (epoch.number, epoch.suffix, reason, self._head.hash)
            self._db.rows("INSERT INTO epoch VALUES (?, ?, ?, ?)", row)
        self._head = self._head.in_epoch(epoch)
        return epoch

    def step_back(self, to: int, reason: str) -> Epoch:
        """Brings the tables back to an earlier version and opens an epoch, in one commit; then only `close` is left.

        Raises:
            StoreError: nothing was changed, but a number of an epoch may be used up.
        """
        epoch = self.open_epoch(reason)
        with self._writing():
            self._db.step_back(to)
        self.commit()
        self._broken = True  # these are not the tables that this engine knows
        return epoch

    def commit(self) -> None:
        """Makes everything since the last commit durable.

        Raises:
            StoreError: it may or may not have reached the disk.
        """
        self._refuse_broken()
        if self._db.in_transaction:
            try:
                self._commit(self._db)
            except StoreError:
                self._broken = True
                raise
        self._committed = self._head

    def rollback(self) -> None:
        """Forgets everything since the last commit."""
        self._refuse_broken()
        self._db.rollback()
        self._head = self._committed

    def held(self, records: Sequence[Record]) -> int:
        """How many of the leading records, whose commit failed, are on the disk after all."""
        for count, record in enumerate(records):
            found = journal.after(self._db, Position(record.epoch.number, record.seq - 1), 1)
            if not found or found[0].hash != record.hash:
                return count
        return len(records)

    def close(self) -> None:
        """Undoes what was not committed, closes the database and lets go of the directory.

        A database that showed damage at work is set aside, since the checks of the next opening may not find it.
        """
        try:
            self._db.close()
            if self._db.damage:
                self._set_aside()
        finally:
            self._lock.release()

    def _set_aside(self) -> None:
        try:
            aside = set_aside(self._dir, self._db.path, self._suffix)
        except StoreError as exc:
            log.error("the damaged journal cannot be set aside yet: %s", exc)  # noqa: TRY400 - its words say it all
        else:
            log.error("the journal showed damage and is set aside as %s: %s", aside, self._db.damage)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """A write within the transaction, which is begun if need be; a failure leaves the engine broken."""
        self._refuse_broken()
        try:
            if not self._db.in_transaction:
                self._db.begin()
            yield
        except StoreError:
            self._broken = True
            raise

    def _refuse_broken(self) -> None:
        if self._broken:
            raise StoreFailed(f"{self._db.path}: a write failed; the engine must be opened again")


def _make(data_dir: Path) -> None:
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as exc:
        raise of_os_error(exc, str(data_dir)) from exc


def _why_new(opened: Opened, head: Head | None, side: Epoch | None) -> str:
    """Why this opening needs a new epoch; empty when the one that is there goes on."""
    if opened.found is Found.SET_ASIDE:
        return f"database set aside: {opened.cause}"
    if head is None:
        return "database lost" if side else "new database"
    if side is not None and side.number >= head.epoch.number and side != head.epoch:
        return "database behind the side file"
    return ""


def _row(record: Record) -> tuple[object, ...]:
    entry = record.entry
    return (record.epoch.number, record.seq, entry.kind, entry.subject, entry.wall, entry.body, record.hash)
