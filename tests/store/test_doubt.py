"""A commit that fails says nothing about the disk: the engine is asked afterwards, by hash."""

from contextlib import closing
from pathlib import Path

import pytest

from agent.store import reader
from agent.store.engine import Engine
from agent.store.errors import StoreFailed, StoreFull
from agent.store.records import Epoch, Position
from tests.store.parts import Commit, entry, number_of, one_engine


@pytest.fixture
def commit() -> Commit:
    """A commit step that fails on command."""
    return Commit()


def failing(path: Path, commit: Commit) -> Engine:
    """An engine with one event and a commit that may fail."""
    engine = Engine(path, suffix=lambda: "old", commit=commit)
    engine.append([entry(0)])
    engine.commit()
    return engine


def test_a_batch_that_reached_the_disk_is_held(tmp_path: Path, commit: Commit) -> None:
    """The commit came back with an error, but the events are there and must not be written again."""
    with closing(failing(tmp_path, commit)) as engine:
        records = engine.append(map(entry, range(1, 4)))
        commit.after = StoreFailed("fsync")
        with pytest.raises(StoreFailed, match="fsync"):
            engine.commit()
    with closing(one_engine(tmp_path)) as engine:
        assert engine.held(records) == 3
        assert engine.last == records[-1].position


def test_a_batch_that_did_not_reach_the_disk_is_not_held(tmp_path: Path, commit: Commit) -> None:
    """The commit failed and left nothing: the events must be written again."""
    with closing(failing(tmp_path, commit)) as engine:
        records = engine.append(map(entry, range(1, 4)))
        commit.before = StoreFull("no room")
        with pytest.raises(StoreFull, match="no room"):
            engine.commit()
    with closing(one_engine(tmp_path)) as engine:
        assert engine.held(records) == 0
        assert engine.last == Position(1, 1)


def test_other_events_under_the_same_numbers_are_not_taken_for_the_batch(
    tmp_path: Path, commit: Commit
) -> None:
    """Numbers alone prove nothing: the hash does."""
    with closing(failing(tmp_path, commit)) as engine:
        records = engine.append([entry(1), entry(2)])
    with closing(one_engine(tmp_path)) as engine:
        others = engine.append([entry(1), entry(3)])
        engine.commit()
        assert [record.position for record in others] == [record.position for record in records]
        assert engine.held(records) == 1


def test_after_a_failed_write_the_engine_takes_no_more(tmp_path: Path, commit: Commit) -> None:
    """What follows a failure could be hung onto a state that never was."""
    with closing(failing(tmp_path, commit)) as engine:
        engine.append([entry(1)])
        commit.before = StoreFull("no room")
        with pytest.raises(StoreFull, match="no room"):
            engine.commit()
        commit.before = None
        for attempt in (
            engine.commit,
            engine.rollback,
            lambda: engine.append([entry(2)]),
            lambda: engine.snapshot(b""),
            lambda: engine.set_cursor("mqtt", 1, 1),
            lambda: engine.open_epoch("test"),
        ):
            with pytest.raises(StoreFailed, match="must be opened again"):
                attempt()


def test_the_rest_follows_in_a_new_epoch(tmp_path: Path, commit: Commit) -> None:
    """Reopened for a failure, the engine starts a new epoch chained to what was held."""
    with closing(failing(tmp_path, commit)) as engine:
        engine.append([entry(1)])
        commit.after = StoreFailed("fsync")
        with pytest.raises(StoreFailed, match="fsync"):
            engine.commit()
    with closing(Engine(tmp_path, suffix=lambda: "new", reason="store failure")) as engine:
        assert engine.epoch == Epoch(2, "new")
        engine.append([entry(2)])
        engine.commit()
    assert [number_of(record) for record in reader.iterate(tmp_path)] == [0, 1, 2]
    assert reader.verify(tmp_path) is None
