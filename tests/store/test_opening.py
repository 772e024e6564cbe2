"""What an opening finds: nothing, a journal, a damaged one, somebody else's."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from agent.store.database import FILE
from agent.store.engine import Engine
from agent.store.errors import StoreBusy, StoreFailed, StoreNewer
from agent.store.opening import Found
from agent.store.records import Epoch
from agent.store.schema import SCHEMA
from tests.store.parts import entry, one_engine

ROOT = Path(__file__).parents[2]


def filled(path: Path, count: int = 20) -> Epoch:
    """A journal with some events, closed; returns its epoch."""
    with closing(one_engine(path, "old")) as engine:
        engine.append(map(entry, range(count)))
        engine.commit()
        return engine.epoch


def reasons(path: Path) -> list[str]:
    """The reasons of all epochs in order."""
    with closing(sqlite3.connect(path / FILE)) as db:
        return [reason for (reason,) in db.execute("SELECT reason FROM epoch ORDER BY number")]


def test_a_fresh_directory_opens_the_first_epoch(tmp_path: Path) -> None:
    """Directory, database, side file and epoch come into being at the first opening."""
    with closing(one_engine(tmp_path / "new" / "data", "k3f9")) as engine:
        assert engine.opened.found is Found.FRESH
        assert engine.epoch == Epoch(1, "k3f9")
    assert (tmp_path / "new" / "data" / "epoch").read_text() == "1-k3f9\n"


def test_an_ordinary_restart_keeps_the_epoch(tmp_path: Path) -> None:
    """Numbers go on where they stopped."""
    epoch = filled(tmp_path)
    with closing(one_engine(tmp_path, "new")) as engine:
        assert engine.opened.found is Found.EXISTING
        assert engine.epoch == epoch
        assert engine.append([entry(20)])[0].seq == 21


def test_a_second_engine_is_refused_and_told_who_holds_the_data(tmp_path: Path) -> None:
    """Another agent on the same data fails at once, with the process number of the first."""
    with closing(one_engine(tmp_path)), pytest.raises(StoreBusy, match=f"held by process {os.getpid()}$"):
        one_engine(tmp_path)
    with closing(one_engine(tmp_path)) as engine:
        assert engine.opened.found is Found.EXISTING


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    """The lock holds between processes, and leaves the first one undisturbed."""
    code = "import sys, pathlib, agent.store.engine as e; e.Engine(pathlib.Path(sys.argv[1]), suffix=str)"
    with closing(one_engine(tmp_path)) as engine:
        done = subprocess.run(
            [sys.executable, "-c", code, tmp_path], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode != 0
        assert f"StoreBusy: {tmp_path} is held by process {os.getpid()}" in done.stderr
        engine.append([entry(1)])
        engine.commit()


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda _: b"this is no database at all" + bytes(5000), id="no-database"),
        pytest.param(lambda data: data[:4096] + b"\xa5" * (len(data) - 4096), id="pages-overwritten"),
        pytest.param(lambda data: data[: len(data) // 2], id="cut-in-half"),
        pytest.param(lambda data: data.replace(b"17:", b"71:"), id="an-event-edited"),
    ],
)
def test_a_corrupt_database_is_set_aside(tmp_path: Path, damage) -> None:
    """What is damaged is kept under another name, and a new journal starts in a higher epoch."""
    before = filled(tmp_path)
    data = damage((tmp_path / FILE).read_bytes())
    (tmp_path / FILE).write_bytes(data)
    with closing(one_engine(tmp_path, "new")) as engine:
        assert engine.opened.found is Found.SET_ASIDE
        assert engine.opened.cause
        assert engine.opened.path == tmp_path / "journal-aside-new.db"
        assert engine.opened.path.read_bytes() == data
        assert engine.epoch.number > before.number
        assert engine.load()[0] is None
        assert [record.seq for record in engine.append([entry(1)])] == [1]
        engine.commit()
        assert engine.verify() is None
    assert reasons(tmp_path)[0].startswith("database set aside: ")


def test_two_corrupt_databases_are_both_kept(tmp_path: Path) -> None:
    """A name that is taken is not overwritten."""
    names = iter(["a", "a", "b", "b", "c", "c", "d", "d"])
    for _ in range(3):
        with closing(Engine(tmp_path, suffix=lambda: next(names))):
            pass
        (tmp_path / FILE).write_bytes(b"rubbish" * 1000)
    assert len(list(tmp_path.glob("journal-aside-*.db"))) == 2


def test_a_corrupt_database_without_side_file_still_rises(tmp_path: Path) -> None:
    """Where the side file is gone too, the damaged database itself tells the highest epoch."""
    with closing(one_engine(tmp_path)) as engine:
        engine.open_epoch("test", above=40)
        engine.append(map(entry, range(20)))
        engine.commit()
    (tmp_path / "epoch").unlink()
    data = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(data.replace(b"17:", b"71:"))
    with closing(one_engine(tmp_path, "new")) as engine:
        assert engine.epoch.number > 41


def test_a_crash_between_the_renames_does_not_reuse_numbers(tmp_path: Path) -> None:
    """A journal whose WAL was already renamed away looks sound but shorter: it goes on in a new epoch."""
    engine = one_engine(tmp_path)
    engine.append(map(entry, range(5)))
    engine.commit()
    image = (tmp_path / FILE).read_bytes()
    epoch = engine.epoch
    engine.close()
    (tmp_path / FILE).write_bytes(image)  # without its WAL, as after the first rename
    (tmp_path / "epoch").write_text("2-gone\n")  # which was announced before it
    with closing(one_engine(tmp_path, "new")) as engine:
        assert engine.epoch.number > max(epoch.number, 2)


def test_the_side_file_outlives_the_database(tmp_path: Path) -> None:
    """After the loss of the database the numbering of epochs goes on above the side file."""
    filled(tmp_path)
    for path in tmp_path.glob("journal.db*"):
        path.unlink()
    with closing(one_engine(tmp_path, "new")) as engine:
        assert engine.opened.found is Found.FRESH
        assert engine.epoch == Epoch(2, "new")
    assert reasons(tmp_path) == ["database lost"]


def test_a_restored_older_database_starts_a_new_epoch(tmp_path: Path) -> None:
    """A database from before the present epoch must not give its old numbers out again."""
    filled(tmp_path)
    backup = (tmp_path / FILE).read_bytes()
    with closing(one_engine(tmp_path, "later")) as engine:
        engine.open_epoch("test")
        engine.commit()
    (tmp_path / FILE).write_bytes(backup)
    with closing(one_engine(tmp_path, "new")) as engine:
        assert engine.epoch == Epoch(3, "new")
    assert reasons(tmp_path) == ["new database", "database behind the side file"]


def test_a_database_of_the_same_number_but_another_suffix_starts_a_new_epoch(tmp_path: Path) -> None:
    """Number and suffix together identify: another box's journal copied here goes on under a new number."""
    filled(tmp_path)
    (tmp_path / "epoch").write_text("1-mine\n")
    with closing(one_engine(tmp_path, "new")) as engine:
        assert engine.epoch == Epoch(2, "new")


@pytest.mark.parametrize("text", [None, "", "rubbish", "\0\0\0\0"])
def test_a_lost_side_file_is_written_again(tmp_path: Path, text: str | None) -> None:
    """The database is enough to go on, and the side file is whole again afterwards."""
    epoch = filled(tmp_path)
    (tmp_path / "epoch").unlink() if text is None else (tmp_path / "epoch").write_text(text)
    with closing(one_engine(tmp_path, "new")) as engine:
        assert engine.epoch == epoch
    assert (tmp_path / "epoch").read_text() == f"{epoch}\n"


def test_the_retained_status_counts_too(tmp_path: Path) -> None:
    """Where card and side file are both lost, the broker's copy of our status keeps the numbers rising."""
    with closing(Engine(tmp_path, suffix=lambda: "new", above=41)) as engine:
        assert engine.epoch == Epoch(42, "new")


def test_a_new_epoch_that_was_never_committed_is_not_given_out_again(tmp_path: Path) -> None:
    """A number that somebody may have heard of is skipped rather than reused."""
    epoch = filled(tmp_path)
    with closing(one_engine(tmp_path, "lost")) as engine:
        assert engine.open_epoch("test") == Epoch(epoch.number + 1, "lost")
    with closing(one_engine(tmp_path, "new")) as engine:
        assert engine.epoch == Epoch(epoch.number + 2, "new")


def test_a_journal_of_a_later_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    """After a downgrade the data of the newer software is neither read wrongly nor set aside."""
    filled(tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA.version + 1}")
        db.execute("CREATE TABLE later (a)")
    with pytest.raises(
        StoreNewer, match=f"version {SCHEMA.version + 1} of the store, this one knows {SCHEMA.version}"
    ):
        one_engine(tmp_path)
    assert not list(tmp_path.glob("*aside*"))


def test_somebody_elses_database_is_set_aside(tmp_path: Path) -> None:
    """A database without our mark is not written into."""
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        db.execute("CREATE TABLE theirs (a)")
        db.commit()
    with closing(one_engine(tmp_path)) as engine:
        assert engine.opened.found is Found.SET_ASIDE
        assert "not a journal of linewarden" in engine.opened.cause


def test_a_directory_that_cannot_be_made_is_a_failure(tmp_path: Path) -> None:
    """A wrong path is an error of the store, not a bare OSError."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreFailed, match="file"):
        one_engine(tmp_path / "file" / "data")


def test_a_database_that_cannot_be_opened_is_not_set_aside(tmp_path: Path) -> None:
    """An I/O error says nothing about the data: it stays where it is, and the lock is free again."""
    (tmp_path / FILE).mkdir()
    for _ in range(2):
        with pytest.raises(StoreFailed):
            one_engine(tmp_path)
    assert (tmp_path / FILE).is_dir()


def test_a_snapshot_that_does_not_match_its_seal_is_not_used(tmp_path: Path) -> None:
    """A damaged state is ignored, and the whole journal is replayed instead."""
    with closing(one_engine(tmp_path)) as engine:
        engine.append(map(entry, range(3)))
        engine.snapshot(b"state")
        engine.commit()
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        db.execute("UPDATE snapshot SET body = CAST('stave' AS BLOB)")
        db.commit()
    with closing(one_engine(tmp_path)) as engine:
        state, tail = engine.load()
        assert state is None
        assert [record.entry for record in tail] == list(map(entry, range(3)))


def killed(path: Path, copy: Path, count: int) -> Path:
    """A journal as a kill leaves it: its last events only in the WAL."""
    with closing(one_engine(path, "old")) as engine:
        engine.append(map(entry, range(count)))
        engine.commit()
        shutil.copytree(path, copy)
    assert (copy / f"{FILE}-wal").stat().st_size > 0
    return copy


def test_what_an_opening_shows_is_in_the_file_itself(tmp_path: Path) -> None:
    """Events found in the WAL after a kill go home, through fsync, before anyone is told of them."""
    path = killed(tmp_path / "live", tmp_path / "killed", 5)
    with closing(one_engine(path)) as engine:
        assert (path / f"{FILE}-wal").stat().st_size == 0
        assert engine.last.seq == 5


def test_the_wal_is_set_aside_with_its_database(tmp_path: Path) -> None:
    """Evidence in the WAL is kept, and the new database does not start with the old one's WAL."""
    path = killed(tmp_path / "live", tmp_path / "killed", 5)
    for name in (FILE, f"{FILE}-wal"):
        (path / name).write_bytes(b"rubbish" * 1000)
    with closing(one_engine(path, "new")) as engine:
        assert engine.opened.found is Found.SET_ASIDE
        assert engine.verify() is None
    assert (path / "journal-aside-new.db-wal").read_bytes() == b"rubbish" * 1000


def test_a_damaged_index_is_found_although_the_chain_is_sound(tmp_path: Path) -> None:
    """Pages outside the chain count too: the index answers where a subject's last event is."""
    filled(tmp_path, 300)
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        [(page,)] = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'event_subject'")
    data = bytearray((tmp_path / FILE).read_bytes())
    data[(page - 1) * 4096 : page * 4096] = bytes(4096)
    (tmp_path / FILE).write_bytes(data)
    with closing(one_engine(tmp_path, "new")) as engine:
        assert engine.opened.found is Found.SET_ASIDE


def test_a_power_cut_at_the_very_first_write_is_no_damage(tmp_path: Path) -> None:
    """Half a first page, and beside it the journal that undoes it: there never was a database."""
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = PERSIST")
        db.execute("BEGIN IMMEDIATE")
        db.execute("CREATE TABLE a (b)")
        db.execute("PRAGMA cache_spill = ON")
        hot = tmp_path / f"{FILE}-journal"
        db.execute("PRAGMA cache_size = 1")
        db.executemany("INSERT INTO a VALUES (?)", [(bytes(3000),)] * 50)
        torn = (tmp_path / FILE).read_bytes(), hot.read_bytes()
    cut = tmp_path / "cut"
    cut.mkdir()
    assert torn[1][:8] == b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", "the journal is not hot"
    (cut / FILE).write_bytes(bytes(2048) + torn[0][2048:4096])
    (cut / f"{FILE}-journal").write_bytes(torn[1])
    with closing(one_engine(cut)) as engine:
        assert engine.opened.found is Found.FRESH
