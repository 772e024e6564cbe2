"""Any edit of the past is found, and found where it is."""

import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.store import reader
from agent.store.database import FILE
from agent.store.errors import StoreCorrupt, StoreError
from agent.store.records import Position, Record
from agent.store.state import Health
from tests.store.parts import Rig, check_numbers, entry, one_engine

EPOCHS, EACH = 3, 8
PLACES = st.builds(Position, st.integers(1, EPOCHS), st.integers(1, EACH))


EDITS = {
    column: (
        f"SELECT {column} FROM event WHERE epoch = ? AND seq = ?",  # noqa: S608 - our own four words
        f"UPDATE event SET {column} = CAST(? AS {kind}) WHERE epoch = ? AND seq = ?",  # noqa: S608 - as above
    )
    for column, kind in {"kind": "TEXT", "subject": "TEXT", "body": "BLOB", "hash": "BLOB"}.items()
}


class Sound:
    """A directory to play in, the bytes of a sound journal of three epochs, and its records."""

    def __init__(self, path: Path, records: list[Record]) -> None:
        self.path, self.records = path, records
        self.image = (path / FILE).read_bytes()

    def restore(self) -> Path:
        """Puts the journal back as it was."""
        put(self.path, self.image)
        return self.path

    def damaged(self, offset: int, change: int) -> bytes:
        """The file with one byte flipped."""
        image = bytearray(self.image)
        image[offset % len(image)] ^= change
        return bytes(image)


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Sound:
    """A journal of three epochs, with cursor and snapshot."""
    path = tmp_path_factory.mktemp("verify")
    records: list[Record] = []
    with closing(one_engine(path)) as engine:
        for epoch in range(EPOCHS):
            if epoch:
                engine.open_epoch("test")
            records += engine.append(entry(epoch * EACH + n, 40) for n in range(EACH))
            engine.commit()
        engine.set_cursor("mqtt", *records[-1].position)
        engine.snapshot(b"state")
        engine.commit()
    return Sound(path, records)


def put(path: Path, image: bytes) -> None:
    """Replaces the journal of a directory."""
    for tail in ("-wal", "-shm"):
        (path / (FILE + tail)).unlink(missing_ok=True)
    (path / FILE).write_bytes(image)


def edit(path: Path, sql: str, *parameters: object) -> None:
    """Edits the journal behind its back."""
    with closing(sqlite3.connect(path / FILE)) as db:
        assert db.execute(sql, parameters).rowcount == 1
        db.commit()


@settings(deadline=None)
@given(
    column=st.sampled_from(sorted(EDITS)),
    place=PLACES,
    index=st.integers(0, 10**6),
    change=st.integers(1, 255),
)
def test_a_single_changed_byte_is_found_at_its_place(sound, column, place, index, change) -> None:
    """Whatever byte of whatever field of an event is changed, that event is named."""
    path = sound.restore()
    read, write = EDITS[column]
    with closing(sqlite3.connect(path / FILE)) as db:
        db.text_factory = bytes
        [(old,)] = db.execute(read, place)
    new = bytearray(old)
    new[index % len(new)] ^= change
    edit(path, write, bytes(new), *place)
    assert reader.verify(path) == place


@settings(deadline=None)
@given(epoch=st.integers(1, EPOCHS), seq=st.integers(1, EACH), wall=st.floats(allow_nan=False))
def test_a_changed_time_is_found_at_its_place(sound, epoch, seq, wall) -> None:
    """The time an event claims is chained as well."""
    path, records = sound.restore(), sound.records
    edit(path, "UPDATE event SET wall = ? WHERE epoch = ? AND seq = ?", wall, epoch, seq)
    same = wall == records[(epoch - 1) * EACH + seq - 1].entry.wall
    assert reader.verify(path) == (None if same else Position(epoch, seq))


@settings(deadline=None)
@given(epoch=st.integers(1, EPOCHS), seq=st.integers(1, EACH))
def test_a_removed_event_is_found(sound, epoch, seq) -> None:
    """A gap is named by the number that is missing; a missing end by what is chained to it, or by the cursor."""
    path = sound.restore()
    edit(path, "DELETE FROM event WHERE epoch = ? AND seq = ?", epoch, seq)
    at_an_end = seq == EACH and epoch < EPOCHS
    assert reader.verify(path) == (Position(epoch + 1, 0) if at_an_end else Position(epoch, seq))


@pytest.mark.parametrize(
    ("sql", "place"),
    [
        ("UPDATE epoch SET suffix = 'tess' WHERE number = 2", Position(2, 1)),
        ("UPDATE epoch SET start = zeroblob(32) WHERE number = 2", Position(2, 0)),
        ("UPDATE epoch SET number = 9 WHERE number = 2", Position(2, 1)),
        ("UPDATE event SET seq = 99 WHERE epoch = 2 AND seq = 3", Position(2, 3)),
        ("UPDATE event SET epoch = 9 WHERE epoch = 2 AND seq = 8", Position(3, 0)),
        ("UPDATE event SET subject = CAST(x'ff' AS TEXT) WHERE epoch = 2 AND seq = 3", Position(2, 3)),
    ],
)
def test_other_edits_are_found(sound, sql: str, place: Position) -> None:
    """Epochs renamed, events moved, text that is no text."""
    path = sound.restore()
    edit(path, sql)
    assert reader.verify(path) == place


def test_the_sound_journal_verifies(sound) -> None:
    """No alarm without an edit."""
    path, records = sound.restore(), sound.records
    assert reader.verify(path) is None
    assert list(reader.iterate(path)) == records


@settings(deadline=None, max_examples=300)
@given(offset=st.integers(0, 10**6), change=st.integers(1, 255))
def test_no_byte_of_the_file_changes_the_story_unnoticed(sound, offset, change) -> None:
    """Flip any byte of the file: the story is the same, or verification says that it is not."""
    path, records = sound.path, sound.records
    put(path, sound.damaged(offset, change))
    try:
        clean = reader.verify(path) is None
        story = list(reader.iterate(path)) if clean else []
    except StoreError:
        return
    if clean:
        assert story == records


# the header: page size, versions of the format, schema format, encoding, our version, our mark; and the schema
@example(offset=16, change=1)
@example(offset=18, change=4)
@example(offset=18, change=3)
@example(offset=19, change=4)
@example(offset=47, change=1)
@example(offset=59, change=3)
@example(offset=63, change=1)
@example(offset=63, change=2)
@example(offset=71, change=1)
@example(offset=62, change=32)  # the version
@example(offset=3386, change=128)
@example(offset=3409, change=1)
# a page of the index that only the first insertion stumbles over
@example(offset=16171, change=8)
@settings(deadline=None, max_examples=150)
@given(offset=st.integers(0, 10**6), change=st.integers(1, 255))
def test_an_engine_goes_on_after_any_damaged_byte(sound, tmp_path_factory, offset, change) -> None:
    """Flip any byte, start the box: it works, and no number is given out twice for another event."""
    records = sound.records
    path = tmp_path_factory.mktemp("damaged")
    put(path, sound.damaged(offset, change))
    (path / "epoch").write_text(f"{records[-1].epoch}\n")
    engine = one_engine(path, "new")
    with ExitStack() as stack:
        try:
            [new] = engine.append([entry(1000)])
            engine.commit()
        except StoreCorrupt:  # as the writer does
            engine.close()
            engine = one_engine(path, "newer")
            [new] = engine.append([entry(1000)])
            engine.commit()
        stack.callback(engine.close)
        assert new.position > records[-1].position
        assert new.id not in {record.id for record in records}
        story = list(reader.iterate(path))
        assert story in ([*records, new], [new])
        check_numbers(story[-1:] if story == [new] else story)


def test_a_writer_goes_on_after_damage_found_by_its_first_entry(sound, tmp_path: Path) -> None:
    """The damaged file is set aside, what was submitted stands in a new one, in a higher epoch."""
    path = tmp_path / "data"
    path.mkdir()
    put(path, sound.damaged(16171, 8))
    one = Rig(path)
    one.submit([1000])
    one.await_health(Health.DEGRADED)
    one.gate.pass_one()
    one.await_tokens(1)
    assert one.stop()
    [new] = one.records
    assert new.position > sound.records[-1].position
    assert list(reader.iterate(path)) == [new]
    assert len(list(path.glob("journal-aside-*.db"))) == 1
