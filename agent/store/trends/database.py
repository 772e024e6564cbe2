"""The file `trends.db`: its settings and its version; buckets in and out.

The card is to be spared: measured on ext4, a rollback journal writes a third less than a WAL, whose index alone dirties
six pages a batch; one that stays, its head zeroed, a third less than one that is cut off, whose blocks come and go; pages of 1 KiB write less than those of 4 KiB, since each batch touches a few far from each other;
and a week of buckets is a table of its own, since to drop one costs next to nothing and to delete its rows as much
as to write them.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from agent.store.connection import BUSY_MS, Connection
from agent.store.errors import StoreCorrupt, StoreFailed, StoreNewer
from agent.store.trends import schema
from agent.store.trends.bucket import BUCKET, HOUR, Bucket
from agent.store.trends.codec import Torn, decode, encode
from agent.store.trends.names import Names
from agent.store.trends.schema import PERIODS

FILE = "trends.db"

_PRAGMAS = (
    f"busy_timeout = {BUSY_MS}",
    "page_size = 1024",
    "journal_mode = PERSIST",
    "synchronous = FULL",
    # Debian's SQLite overwrites with zeros what is deleted: to drop a table would cost as much as to write it twice.
    "secure_delete = OFF",
    "cache_size = -256",
    "mmap_size = 0",
    "temp_store = MEMORY",
    "cell_size_check = ON",
    "trusted_schema = OFF",
)
_READING = (f"busy_timeout = {BUSY_MS}", "cache_size = -1024", "trusted_schema = OFF")

_SHIFT = 20
_MASK = (1 << _SHIFT) - 1


class TrendDatabase:
    """The buckets of all devices.

    Args:
        path: the file.
        read_only: opens an existing file beside the agent that writes.
        suspect: looks through all its pages.
        migrations: what brings a file to the present version, each from the one before.

    Raises:
        StoreNewer: a later version of the software wrote the file.
        StoreCorrupt: it is damaged, or a database of something else.
        StoreError: it cannot be read or, unless `read_only`, written.
    """

    def __init__(
        self,
        path: Path,
        *,
        read_only: bool = False,
        suspect: bool = False,
        migrations: Sequence[str] = schema.MIGRATIONS,
    ) -> None:
        self._db = Connection(path, _READING if read_only else _PRAGMAS, read_only=read_only)
        self._path = path
        try:
            self._check(migrations, read_only=read_only)
            if suspect:
                self._db.quick_check()
            self._look()
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Closes the file; what was not committed is undone."""
        self._db.close()

    def _look(self) -> None:
        """Learns which names and tables there are."""
        self._names = Names(self._db)
        tables = {row[1].decode(errors="replace") for row in self._db.tables()}
        try:
            self._tables = {
                length: sorted(
                    int(number)
                    for name, _, number in (table.partition("_") for table in tables)
                    if name == period.name
                )
                for length, period in PERIODS.items()
            }
        except ValueError as error:
            raise StoreCorrupt(f"{self._path}: a table that is none of ours: {error}") from error

    def _check(self, migrations: Sequence[str], *, read_only: bool) -> None:
        [(owner,)] = self._db.rows("PRAGMA application_id")
        [(version,)] = self._db.rows("PRAGMA user_version")
        empty = owner == version == 0 and not self._db.tables()
        if owner != schema.APPLICATION_ID and not empty:
            raise StoreCorrupt(f"{self._path}: not a store of trends")
        if version > len(migrations):
            raise StoreNewer(f"{self._path}: written by version {version}, this one knows {len(migrations)}")
        if read_only:
            if version < len(migrations):
                raise StoreFailed(f"{self._path}: no trends yet")
            return
        if version < len(migrations):
            self._db.begin()
            for statement in schema.statements(migrations, version):
                self._db.rows(statement)
            self._db.commit()

    # --- in ------------------------------------------------------------------------------------------------------

    def write(self, buckets: Iterable[Bucket]) -> set[int]:
        """Adds buckets of five minutes in one transaction, merged with what is there of the same device and start.

        Returns:
            The starts of the hours that they are of.
        """
        merged: dict[tuple[int, str], Bucket] = {}
        for bucket in buckets:
            known = merged.setdefault((bucket.start, bucket.device), bucket)
            if known is not bucket:
                known.merge(bucket)
        with self._transaction():
            for bucket in merged.values():
                before = self.one(BUCKET, bucket.device, bucket.start)
                if before is not None:
                    before.merge(bucket)
                    merged[bucket.start, bucket.device] = before
            self._put(BUCKET, merged.values())
        return {start // HOUR * HOUR for start, _ in merged}

    def roll_up(self, hours: Iterable[int], pause: Callable[[], None] = lambda: None) -> int:
        """Makes the roll-ups of some hours from their buckets, in one transaction; returns how many.

        Args:
            hours: their starts, seconds since 1970.
            pause: called now and then: decoding keeps other threads waiting.
        """
        with self._transaction():
            return sum(self._roll_up(hour, pause) for hour in hours)

    def _roll_up(self, hour: int, pause: Callable[[], None]) -> int:
        merged: dict[str, Bucket] = {}
        for bucket in self._between(BUCKET, hour, hour + HOUR):
            known = merged.setdefault(bucket.device, bucket)
            if known is bucket:
                bucket.start = hour
            else:
                known.merge(bucket)
            pause()
        self._put(HOUR, merged.values())
        return len(merged)

    def prune(self, length: int, keep: float, now: float) -> int:
        """Drops the tables that are more than so many seconds need; returns how many.

        Tables are counted, not dated, so that no wrong clock can empty the store: of those that are too many the ones
        farthest from now go, be they old or of a time that has not come yet.
        """
        period = PERIODS[length]
        present = int(now // period.seconds)
        by_distance = sorted(self._tables[length], key=lambda number: abs(number - present))
        far = by_distance[math.ceil(keep / period.seconds) + 1 :]
        for number in far:
            with self._transaction():
                self._db.rows(f"DROP TABLE {period.table(number)}")
                self._tables[length].remove(number)
        return len(far)

    def _put(self, length: int, buckets: Iterable[Bucket]) -> None:
        rows: dict[int, list[tuple[int, bytes]]] = {}
        for bucket in buckets:
            number = bucket.start // PERIODS[length].seconds
            place = _place(length, bucket.start, self._names.device(bucket.device))
            rows.setdefault(number, []).append((place, self._body(bucket)))
        for number, own in rows.items():
            if number not in self._tables[length]:
                self._db.rows(PERIODS[length].create(number))
                self._tables[length] = sorted({*self._tables[length], number})
            self._db.many(
                f"INSERT OR REPLACE INTO {PERIODS[length].table(number)} VALUES (?, ?)",  # noqa: S608  # a table of ours
                sorted(own),
            )

    def _body(self, bucket: Bucket) -> bytes:
        number = self._names.fitting(bucket.device, tuple(bucket.columns))
        return encode(bucket, number, self._names.shape(number), self._names.word)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing."""
        self._db.begin()
        try:
            yield
            self._db.commit()
        except BaseException:
            self._db.rollback()
            self._look()
            raise

    # --- out -----------------------------------------------------------------------------------------------------

    def one(self, length: int, device: str, start: int) -> Bucket | None:
        """One stored bucket; None if there is none such, or only a torn one, which must not cost all the others."""
        number = self._names.known_device(device)
        period = start // PERIODS[length].seconds
        if number is None or period not in self._tables[length]:
            return None
        sql = f"SELECT place, body FROM {PERIODS[length].table(period)} WHERE place = ?"  # noqa: S608  # a table of ours
        rows = self._db.rows(sql, (_place(length, start, number),))
        return self._bucket(length, *rows[0]) if rows else None

    def first(self, length: int) -> int | None:
        """Not after the start of the oldest stored bucket; None without any."""
        tables = self._tables[length]
        return tables[0] * PERIODS[length].seconds if tables else None

    def last_before(self, moment: float) -> int | None:
        """The start of the newest bucket of five minutes that began before a moment; None without any."""
        for number in reversed(self._tables[BUCKET]):
            sql = f"SELECT max(place) FROM {PERIODS[BUCKET].table(number)} WHERE place < ?"  # noqa: S608  # a table of ours
            [(place,)] = self._db.rows(sql, (_place(BUCKET, int(moment), 0),))
            if place is not None:
                return (int(place) >> _SHIFT) * BUCKET
        return None

    def _between(self, length: int, start: int, end: int) -> Iterator[Bucket]:
        """All buckets of some time, read in short transactions."""
        for begin in range(start, end, length):
            number = begin // PERIODS[length].seconds
            if number not in self._tables[length]:
                continue
            sql = f"SELECT place, body FROM {PERIODS[length].table(number)} WHERE place >= ? AND place < ?"  # noqa: S608  # a table of ours
            limits = (_place(length, begin, 0), _place(length, begin + length, 0))
            for place, body in self._db.rows(sql, limits):
                bucket = self._bucket(length, place, body)
                if bucket is not None:
                    yield bucket

    def _bucket(self, length: int, place: int, body: bytes) -> Bucket | None:
        try:
            device = self._names.device_of(place & _MASK)
            return decode(body, device, (place >> _SHIFT) * length, self._names.shape, self._names.word_of)
        except (Torn, KeyError):
            return None


def _place(length: int, start: int, number: int) -> int:
    return start // length << _SHIFT | number
