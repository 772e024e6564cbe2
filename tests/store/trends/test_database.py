"""The file of trends: what goes in comes out, merged, rolled up, pruned and migrated."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from agent.core.model import ClockQuality
from agent.store.errors import StoreCorrupt, StoreFailed, StoreNewer
from agent.store.trends import schema
from agent.store.trends.bucket import BUCKET, HOUR, Bucket, Column, Kind
from agent.store.trends.database import FILE, TrendDatabase
from agent.store.trends.names import WORDS_MAX
from agent.store.trends.opening import open_or_set_aside
from tests.store.trends.naive import alike
from tests.store.trends.parts import START, batch, bucket, stored

DAY = 86_400


def test_buckets_come_back_as_they_were(tmp_path: Path) -> None:
    """Of each device its own, whatever its points."""
    with closing(TrendDatabase(tmp_path / FILE)) as db:
        other = Bucket("pbx-1", START, ClockQuality.RTC, 3, {"up": Column(Kind.FLAG, 3, 0, 0, 1, 2)})
        db.write([bucket(0), bucket(1), other])
        assert alike(db.one(BUCKET, "pbx-1", START), other)
    first, second = stored(tmp_path)
    assert alike(first, bucket(0), share=1e-4)
    assert alike(second, bucket(1), share=1e-4)


def test_a_second_part_of_a_bucket_is_merged(tmp_path: Path) -> None:
    """After a restart, a step of the clock, or both parts in one batch; also with a point that is new."""
    with closing(TrendDatabase(tmp_path / FILE)) as db:
        db.write([bucket(0, polls=10), bucket(0, polls=10)])
        late = bucket(0, polls=10)
        late.columns["new"] = Column(Kind.NUMBER, 10, 0, 5, 5, 50)
        late.quality = ClockQuality.UNSYNCED
        db.write([late])
    [one] = stored(tmp_path)
    assert (one.polls, one.columns["v"].count, one.columns["new"].count) == (30, 30, 10)
    assert one.quality is ClockQuality.UNSYNCED
    assert one.columns["word"].words == {"OL": 27, "at 0": 3}


def test_an_hour_is_what_its_buckets_were(tmp_path: Path) -> None:
    """And can be rolled up again when a late one comes."""
    with closing(TrendDatabase(tmp_path / FILE)) as db:
        for number in range(12):
            db.write([bucket(number)])
        db.roll_up([START])
        db.write([bucket(3)])
        assert db.roll_up([START]) == 1
    [hour] = stored(tmp_path, HOUR)
    column = hour.columns["v"]
    assert (column.count, column.low, column.high) == (390, 0, 13)
    assert column.mean == pytest.approx(sum(n + 1 for n in (*range(12), 3)) / 13, abs=1e-3)


def test_what_is_old_goes_with_its_whole_table(tmp_path: Path) -> None:
    """As many weeks of buckets stay as are to be kept, and one that is not whole."""
    week = 7 * DAY
    with closing(TrendDatabase(tmp_path / FILE)) as db:
        starts = [START // week * week + number * week for number in range(4)]
        for start in starts:
            one = bucket(0)
            one.start = start
            db.write([one])
        assert db.prune(BUCKET, 2 * week - DAY, starts[3] + DAY) == 1
        assert [db.one(BUCKET, "ups-1", start) is None for start in starts] == [True, False, False, False]
        assert db.first(BUCKET) == starts[1]
        assert db.prune(HOUR, 2 * week, starts[3]) == 0


def test_a_wrong_clock_cannot_empty_the_store(tmp_path: Path) -> None:
    """A week ten years away costs one week at most; by the right clock it is the first to go."""
    week = 7 * DAY
    with closing(TrendDatabase(tmp_path / FILE)) as db:
        starts = [START // week * week + number * week for number in range(6)]
        wrong = starts[-1] + 521 * week
        for start in (*starts, wrong):
            one = bucket(0)
            one.start = start
            db.write([one])
        assert db.prune(BUCKET, 5 * week, wrong) == 1
        assert [db.one(BUCKET, "ups-1", start) is None for start in starts] == [True, *[False] * 5]
        one = bucket(0)
        one.start = starts[-1] + week
        db.write([one])
        assert db.prune(BUCKET, 5 * week, one.start + DAY) == 1
        assert db.one(BUCKET, "ups-1", wrong) is None


@pytest.mark.parametrize(
    "damage",
    [
        """UPDATE shape SET points = '["num", "wo'""",
        "UPDATE shape SET points = '[1, 2]'",
        "UPDATE word SET text = CAST(x'ff' AS TEXT) WHERE number = 1",
        "UPDATE device SET id = CAST(x'ff' AS TEXT)",
        "CREATE TABLE bucket_x (a)",
    ],
)
def test_names_that_nobody_writes_are_damage(tmp_path: Path, damage: str) -> None:
    """The file is set aside, once, and a new one takes what comes; it does not fail for ever."""
    with closing(TrendDatabase(tmp_path / FILE)) as db:
        db.write([bucket(0)])
    with closing(sqlite3.connect(tmp_path / FILE)) as raw:
        raw.execute(damage)
        raw.commit()
    with pytest.raises(StoreCorrupt):
        TrendDatabase(tmp_path / FILE, read_only=True)
    db, aside = open_or_set_aside(tmp_path / FILE, lambda: "x")
    with closing(db):
        assert aside is not None
        db.write([bucket(1)])
    assert len(stored(tmp_path)) == 1


def test_a_word_that_was_lost_does_not_stop_new_ones(tmp_path: Path) -> None:
    """New numbers are those that nobody has."""
    with closing(TrendDatabase(tmp_path / FILE)) as db:
        db.write([bucket(0)])
    with closing(sqlite3.connect(tmp_path / FILE)) as raw:
        raw.execute("DELETE FROM word WHERE number = 1")
        raw.commit()
    with closing(TrendDatabase(tmp_path / FILE)) as db:
        one = bucket(1)
        one.columns["word"].words = {"new": 30}
        db.write([one])


def test_a_torn_row_costs_only_itself(tmp_path: Path) -> None:
    """Neither the query nor the roll-up stumbles over it, and the next write mends it."""
    with closing(TrendDatabase(tmp_path / FILE)) as db:
        db.write([bucket(0), bucket(1)])
    with closing(sqlite3.connect(tmp_path / FILE)) as raw:
        table = f"bucket_{START // (7 * DAY)}"
        raw.execute(f"UPDATE {table} SET body = x'ffff' WHERE place = (SELECT min(place) FROM {table})")  # noqa: S608
        raw.commit()
    assert [one.start for one in stored(tmp_path)] == [START + BUCKET]
    with closing(TrendDatabase(tmp_path / FILE)) as db:
        assert db.roll_up([START]) == 1
        db.write([bucket(0)])
    assert len(stored(tmp_path)) == 2


def test_an_error_in_a_batch_leaves_nothing_of_it(tmp_path: Path) -> None:
    """Neither rows nor names that the file does not know."""
    with closing(TrendDatabase(tmp_path / FILE)) as db:
        wrong = bucket(1, "new-1")
        wrong.columns["v"].count = None  # type: ignore[assignment]  # what no recorder makes
        with pytest.raises(TypeError):
            db.write([bucket(0), wrong])
        db.write([bucket(2)])
    assert [one.start for one in stored(tmp_path)] == [START + 2 * BUCKET]


def test_words_without_end_do_not_fill_the_table_of_words(tmp_path: Path) -> None:
    """Those beyond the bound are written out and still come back."""
    with closing(TrendDatabase(tmp_path / FILE)) as db:
        for number in range(WORDS_MAX // 500 + 1):
            devices = []
            for device in range(500):
                one = bucket(number, f"d-{device}")
                one.columns["word"].words = {f"word {number} {device}": 1}
                devices.append(one)
            db.write(devices)
        last = db.one(BUCKET, "d-499", START + number * BUCKET)
        assert last is not None
        assert last.columns["word"].words == {f"word {number} 499": 1}
    with closing(sqlite3.connect(tmp_path / FILE)) as raw:
        assert raw.execute("SELECT count(*) FROM word").fetchone() == (WORDS_MAX,)


def test_an_older_file_is_brought_forward(tmp_path: Path) -> None:
    """Step by step, in one transaction, with all that it holds."""
    newer = (
        *schema.MIGRATIONS,
        "ALTER TABLE word ADD COLUMN note TEXT;",
        "CREATE TABLE extra (n INTEGER) STRICT;",
    )
    with closing(TrendDatabase(tmp_path / FILE)) as db:
        db.write([bucket(0)])
    with closing(TrendDatabase(tmp_path / FILE, migrations=newer)) as db:
        assert db.one(BUCKET, "ups-1", START) is not None
    with closing(sqlite3.connect(tmp_path / FILE)) as raw:
        assert raw.execute("PRAGMA user_version").fetchone() == (3,)
        raw.execute("SELECT note FROM word")
        raw.execute("SELECT n FROM extra")


def test_a_newer_file_is_not_touched(tmp_path: Path) -> None:
    """It is not read; who opens it for the agent sets it aside."""
    newer = (*schema.MIGRATIONS, "CREATE TABLE extra (n INTEGER) STRICT;")
    TrendDatabase(tmp_path / FILE, migrations=newer).close()
    with pytest.raises(StoreNewer):
        TrendDatabase(tmp_path / FILE)


@pytest.mark.parametrize("damage", ["text", "other", "page"])
def test_a_corrupt_file_is_set_aside_and_kept(tmp_path: Path, damage: str) -> None:
    """What is no database, somebody else's, or has a page overwritten that a check after a kill finds."""
    path = tmp_path / FILE
    if damage == "text":
        path.write_text("no database at all, but long enough")
    elif damage == "other":
        with closing(sqlite3.connect(path)) as raw:
            raw.execute("CREATE TABLE t (n)")
    else:
        with closing(TrendDatabase(path)) as db:
            for number in range(20):
                db.write(batch(number))
        with path.open("r+b") as file:
            file.seek(8 * 1024)
            file.write(b"\xff" * 4096)
    before = path.read_bytes()
    db, aside = open_or_set_aside(path, lambda: "k3f9", suspect=True)
    with closing(db):
        db.write([bucket(0)])
    assert aside is not None
    assert aside.name == "trends-aside-k3f9.db"
    assert aside.read_bytes() == before
    assert len(stored(tmp_path)) == 1


def test_a_reader_of_what_is_not_there_yet_is_told_so(tmp_path: Path) -> None:
    """An empty file is one that is being made."""
    (tmp_path / FILE).touch()
    with pytest.raises(StoreFailed, match="no trends yet"):
        TrendDatabase(tmp_path / FILE, read_only=True)
    (tmp_path / FILE).write_bytes(b"SQLite format 3\0" + b"x" * 2000)
    with pytest.raises(StoreCorrupt):
        TrendDatabase(tmp_path / FILE, read_only=True)
