"""Versions of the tables: forward at opening, back through a new epoch, whole after any kill, nothing lost."""

import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from agent.store import reader, stepping
from agent.store.database import FILE
from agent.store.engine import Engine
from agent.store.errors import StoreBusy, StoreCorrupt, StoreFailed, StoreFull, StoreNewer
from agent.store.opening import Found
from agent.store.records import Epoch
from agent.store.schema import MIGRATIONS, SCHEMA, Migration, Schema
from tests.store.parts import check_numbers, entry, number_of, one_engine, suffixes
from tests.store.versions import LATER, NEXT

ROOT = Path(__file__).parents[2]


def later_engine(path: Path, schema: Schema = LATER) -> Engine:
    """An engine of the later release."""
    return Engine(path, suffix=lambda: "later", schema=schema)


def write(engine: Engine, *numbers: int) -> None:
    """Appends and commits entries."""
    engine.append(map(entry, numbers))
    engine.commit()


def numbers_in(path: Path) -> list[int]:
    """The numbers of all events, whose places and hashes fit."""
    records = list(reader.iterate(path))
    check_numbers(records)
    assert reader.verify(path) is None
    return [number_of(record) for record in records]


def made_by_version(path: Path, version: int) -> None:
    """An old journal with some events."""
    with closing(Engine(path, suffix=lambda: "old", schema=Schema(MIGRATIONS[:version]))) as engine:
        write(engine, 0, 1, 2)


def test_an_older_journal_is_brought_forward_and_goes_on(tmp_path: Path) -> None:
    """Same epoch, same numbers; only the tables are later ones."""
    with closing(one_engine(tmp_path)) as engine:
        write(engine, 0, 1)
        before = engine.epoch
    with closing(later_engine(tmp_path)) as engine:
        assert engine.opened.found is Found.EXISTING
        assert engine.epoch == before
        write(engine, 2)
    assert stepping.file_version(tmp_path) == NEXT
    with closing(later_engine(tmp_path)) as engine:
        assert [number_of(record) for record in engine.load()[1]] == [0, 1, 2]


def test_stepping_back_loses_nothing_and_opens_an_epoch(tmp_path: Path) -> None:
    """The older release opens what the later one wrote, numbers go on higher, and the reason is kept."""
    with closing(one_engine(tmp_path)) as engine:
        write(engine, 0)
        engine.set_cursor("mqtt", 1, 1)
        engine.commit()
    with closing(later_engine(tmp_path)) as engine:
        write(engine, 1)
    with pytest.raises(StoreNewer):
        one_engine(tmp_path)
    assert stepping.step_back(tmp_path, SCHEMA.version, suffixes(), LATER) == Epoch(2, "s1")
    assert stepping.step_back(tmp_path, SCHEMA.version, suffixes(), LATER) is None
    with closing(one_engine(tmp_path)) as engine:
        assert engine.epoch == Epoch(2, "s1")
        assert engine.cursor("mqtt") == (1, 1)
        write(engine, 2)
    assert numbers_in(tmp_path) == [0, 1, 2]
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        reasons = [reason for (reason,) in db.execute("SELECT reason FROM epoch")]
    assert reasons == ["new database", f"stepped back from version {NEXT} of the store to {SCHEMA.version}"]


def test_forward_and_back_as_often_as_one_likes(tmp_path: Path) -> None:
    """A second try of a roll-out finds the same tables as the first."""
    for number in range(3):
        with closing(later_engine(tmp_path)) as engine:
            write(engine, number)
        stepping.step_back(tmp_path, SCHEMA.version, suffixes(), LATER)
    assert numbers_in(tmp_path) == [0, 1, 2]


@pytest.mark.parametrize("version", range(1, SCHEMA.version + 1))
def test_every_shipped_version_can_be_opened_and_returned_to(tmp_path: Path, version: int) -> None:
    """What each release wrote is read by this one, and this one can leave it as that release knows it."""
    made_by_version(tmp_path, version)
    assert numbers_in(tmp_path) == [0, 1, 2], "readers need not wait for the agent to migrate"
    with closing(one_engine(tmp_path)) as engine:
        write(engine, 3)
    stepping.step_back(tmp_path, version, suffixes())
    assert stepping.file_version(tmp_path) == version
    with closing(Engine(tmp_path, suffix=lambda: "old", schema=Schema(MIGRATIONS[:version]))) as engine:
        write(engine, 4)
    assert numbers_in(tmp_path) == [0, 1, 2, 3, 4]


def test_every_version_has_tables_of_its_own() -> None:
    """Else it could not be told which one a file is of."""
    made = [LATER._tables(version) for version in range(1, NEXT + 1)]
    assert all(made.count(tables) == 1 for tables in made)
    assert all(migration.backward for migration in MIGRATIONS[1:])


@pytest.mark.parametrize(
    "filling",
    [
        pytest.param("INSERT INTO later SELECT 1 FROM event", id="a-clash"),
        pytest.param("INSERT INTO later SELECT json(body) FROM event", id="an-error"),
    ],
)
def test_a_migration_that_real_data_defeat_leaves_the_journal_as_it_was(tmp_path: Path, filling: str) -> None:
    """It is our mistake: nothing is set aside, and the older release goes on."""
    with closing(one_engine(tmp_path)) as engine:
        write(engine, 0, 1)
        epoch = engine.epoch
    migration = Migration(f"CREATE TABLE later (a INTEGER PRIMARY KEY) STRICT; {filling}", "DROP TABLE later")
    with pytest.raises(StoreFailed, match=f"no migration to version {NEXT}"):
        later_engine(tmp_path, Schema((*MIGRATIONS, migration)))
    assert not list(tmp_path.glob("*aside*"))
    with closing(one_engine(tmp_path)) as engine:
        assert engine.epoch == epoch
    assert numbers_in(tmp_path) == [0, 1]


def test_a_way_back_that_does_not_lead_back_changes_nothing(tmp_path: Path) -> None:
    """The later release still opens its journal, in the epoch that it had."""
    wrong = Schema((*MIGRATIONS, Migration(LATER.migrations[-1].forward, "DROP TABLE later")))
    with closing(later_engine(tmp_path, wrong)) as engine:
        write(engine, 0)
    with pytest.raises(StoreFailed, match="not those of version"):
        stepping.step_back(tmp_path, SCHEMA.version, suffixes(), wrong)
    assert stepping.file_version(tmp_path) == NEXT
    with closing(later_engine(tmp_path)) as engine:
        assert [number_of(record) for record in engine.load()[1]] == [0]


def test_nobody_steps_back_beside_a_running_agent(tmp_path: Path) -> None:
    """The directory is held."""
    with closing(later_engine(tmp_path)), pytest.raises(StoreBusy):
        stepping.step_back(tmp_path, SCHEMA.version, suffixes(), LATER)
    for to in (0, NEXT + 1):
        with pytest.raises(ValueError, match="are known here"):
            stepping.step_back(tmp_path, to, suffixes(), LATER)


def test_a_copy_is_made_beside_the_running_agent(tmp_path: Path) -> None:
    """With all that is committed at that moment, also what is only in the WAL; as one file, for its owner only."""
    copy = tmp_path / "copy.db"
    with closing(one_engine(tmp_path / "data")) as engine:
        write(engine, 0, 1)
        stepping.copy_journal(tmp_path / "data", copy)
        write(engine, 2)
        with pytest.raises(StoreFailed, match="there already"):
            stepping.copy_journal(tmp_path / "data", copy)
    assert copy.stat().st_mode & 0o777 == 0o600
    (tmp_path / "other").mkdir()
    copy.rename(tmp_path / "other" / FILE)
    assert numbers_in(tmp_path / "other") == [0, 1]
    assert {path.name for path in tmp_path.iterdir()} == {"data", "other"}


def test_a_copy_that_does_not_fit_is_not_begun(tmp_path: Path, monkeypatch) -> None:
    """The agent beside it must not lose its room."""
    one_engine(tmp_path / "data").close()
    monkeypatch.setattr(stepping, "MARGIN", shutil.disk_usage(tmp_path).total)
    with pytest.raises(StoreFull, match="needed"):
        stepping.copy_journal(tmp_path / "data", tmp_path / "copy.db")
    assert not list(tmp_path.glob("copy*"))


def test_a_copy_put_back_keeps_the_newer_journal(tmp_path: Path) -> None:
    """Numbers go on above all that was ever given out; what happened since the copy is in the file set aside."""
    data, copy = tmp_path / "data", tmp_path / "copy.db"
    with closing(one_engine(data)) as engine:
        write(engine, 0, 1)
    stepping.copy_journal(data, copy)
    with closing(later_engine(data)) as engine:
        write(engine, 2)
        engine.open_epoch("test", above=6)
        engine.commit()
    done = stepping.put_back(data, copy, suffixes(), "copy put back: it could not poll")
    assert done.epoch.number > 7
    assert numbers_in(data) == [0, 1]
    assert done.aside is not None
    with closing(sqlite3.connect(done.aside)) as db:
        assert db.execute("SELECT count(*) FROM event").fetchone() == (3,)
    with closing(sqlite3.connect(data / FILE)) as db:
        assert db.execute("SELECT reason FROM epoch ORDER BY number DESC").fetchone() == (
            "copy put back: it could not poll",
        )
    with closing(one_engine(data)) as engine:
        assert engine.epoch == done.epoch


@pytest.mark.parametrize("damage", ["rubbish", "edited", "newer"])
def test_a_copy_that_is_not_sound_is_not_put_back(tmp_path: Path, damage: str) -> None:
    """Then the present journal is the better one."""
    data, copy = tmp_path / "data", tmp_path / "copy.db"
    with closing(later_engine(data) if damage == "newer" else one_engine(data)) as engine:
        write(engine, 0, 1)
    shutil.copy(data / FILE, copy)
    if damage == "rubbish":
        copy.write_bytes(b"rubbish" * 1000)
    if damage == "edited":
        copy.write_bytes(copy.read_bytes().replace(b"1:", b"7:"))
    before = (data / FILE).read_bytes()
    with pytest.raises(StoreNewer if damage == "newer" else StoreCorrupt):
        stepping.put_back(data, copy, suffixes(), "test")
    assert (data / FILE).read_bytes() == before
    assert not list(data.glob("*aside*"))


@pytest.mark.slow
def test_killed_in_mid_migration(tmp_path: Path) -> None:
    """Whenever it is killed, forward or back: one version or the other, whole, with every event."""
    with closing(one_engine(tmp_path)) as engine:
        write(engine, *range(50))
    chance, seen = random.Random(11), set()
    for _ in range(25):
        command = [sys.executable, "-m", "tests.store.versions", tmp_path]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            for _ in range(chance.randrange(3)):
                child.stdout.readline()
            try:
                child.wait(chance.uniform(0.05, 0.6))
            except subprocess.TimeoutExpired:
                child.kill()
        assert child.returncode == -9, "the child ended by itself"
        version = stepping.file_version(tmp_path)
        seen.add(version)
        if version == NEXT:
            stepping.step_back(tmp_path, SCHEMA.version, suffixes(), LATER)
        assert numbers_in(tmp_path) == list(range(50))
    assert seen == {SCHEMA.version, NEXT}, "the kills came too early or too late to prove anything"
