"""Reading beside the agent: export and verification disturb nothing and miss nothing."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from agent.store import journal, reader
from agent.store.database import FILE
from agent.store.errors import StoreFailed
from agent.store.records import START, Position
from tests.store.parts import Rig, entry, number_of, one_engine


def test_an_export_under_way_holds_nothing_up(tmp_path: Path) -> None:
    """An iterator left standing keeps no read transaction: the WAL can be emptied under it."""
    with closing(one_engine(tmp_path)) as engine:
        engine.append(map(entry, range(3 * journal.PAGE)))
        engine.commit()
        export = reader.iterate(tmp_path)
        first = next(export)
        engine.append([entry(3 * journal.PAGE)])
        engine.commit()
        engine._db.checkpoint()
        assert (tmp_path / f"{FILE}-wal").stat().st_size == 0
        rest = list(export)
    assert [number_of(record) for record in [first, *rest]] == list(range(3 * journal.PAGE + 1))


def test_verification_beside_the_writer_finds_nothing_wrong(tmp_path: Path) -> None:
    """A journal that grows under verification is not taken for a damaged one."""
    one = Rig(tmp_path / "data")
    while len(one.committed) < 2_000:
        submitted = one.writer.waiting + len(one.committed)
        one.submit(range(submitted, submitted + 100))
        one.writer.set_cursor("mqtt", 1, len(one.committed))
        assert reader.verify(tmp_path / "data") is None
    assert one.stop()
    assert reader.verify(tmp_path / "data") is None


def test_reading_starts_where_it_is_told(tmp_path: Path) -> None:
    """An export can go on behind the last record it has."""
    with closing(one_engine(tmp_path)) as engine:
        engine.append(map(entry, range(10)))
        engine.commit()
    assert [record.seq for record in reader.iterate(tmp_path, Position(1, 7))] == [8, 9, 10]


def test_state_can_be_loaded_without_the_right_to_write(tmp_path: Path) -> None:
    """A box whose store cannot be written still learns what it knew."""
    with closing(one_engine(tmp_path)) as engine:
        engine.append([entry(1)])
        engine.snapshot(b"state")
        engine.append([entry(2)])
        engine.commit()
        with reader.view(tmp_path) as view:
            state, tail = view.load()
            assert state == b"state"
            assert [record.entry for record in tail] == [entry(2)]


def test_there_may_be_no_journal_yet(tmp_path: Path) -> None:
    """Reading makes no file where there is none."""
    with pytest.raises(StoreFailed):
        reader.verify(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_journal_half_made_is_none_yet(tmp_path: Path) -> None:
    """Killed while the tables were being made: no journal, but no damage either, and the engine goes on."""
    (tmp_path / FILE).touch()
    with pytest.raises(StoreFailed, match="no journal yet"):
        reader.verify(tmp_path)
    with closing(one_engine(tmp_path)) as engine:
        assert engine.opened.path is None
    assert reader.verify(tmp_path) is None


def test_a_page_read_leaves_the_locks_of_the_engine_alone(tmp_path: Path) -> None:
    """Another process that opens the journal for writing and closes it must not delete the WAL under the agent."""
    other = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute('SELECT * FROM event'); db.close()"
    with closing(one_engine(tmp_path)) as engine:
        engine.append([entry(1)])
        engine.commit()
        assert len(reader.page(tmp_path, START, 5)) == 1
        subprocess.run([sys.executable, "-c", other, tmp_path / FILE], check=True)
        assert (tmp_path / f"{FILE}-wal").exists()
