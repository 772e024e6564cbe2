"""`linewarden export --verify` on a journal that somebody edited: what it sees, exactly where, and what nobody could see."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from agent.cli import main
from agent.store.chain import GENESIS, digest
from agent.store.database import FILE
from agent.store.engine import Engine
from agent.store.records import Record
from tests.cli.journals import Branch, entry

EACH = 6
"""Events of each of the two epochs."""


class Journal:
    """A sound journal of real events in two epochs, which the broker has confirmed to the end; and ways to edit it."""

    def __init__(self, folder: Path) -> None:
        branch = Branch(folder, 1_800_000_000.0)
        for _ in range(8):
            branch.live(60, ups_status="OB")
            branch.live(60)
        self.site, self.file = branch.site, branch.data / FILE
        with closing(Engine(branch.data, suffix=lambda: "test")) as engine:
            records = list(engine.append(map(entry, branch.events[:EACH])))
            engine.open_epoch("test")
            records += engine.append(map(entry, branch.events[EACH : 2 * EACH]))
            engine.set_cursor("mqtt", *records[-1].position)
            engine.snapshot(b"state")
            engine.commit()
        self.records: list[Record] = records

    def sql(self, *statements: str) -> None:
        """Edits it behind its back; each statement must hit something."""
        with closing(sqlite3.connect(self.file)) as db:
            for statement in statements:
                assert db.execute(statement).rowcount > 0, statement
            db.commit()

    def flip(self, text: bytes) -> None:
        """Changes one byte of the file itself, the last of where `text` is stored."""
        image = bytearray(self.file.read_bytes())
        assert image.count(text) == 1
        image[image.index(text) + len(text) - 1] ^= 1
        self.file.write_bytes(image)

    def verify(self, *noted: str) -> str:
        """What the command says; `noted` are id and hash of an earlier end."""
        arguments = ["--noted", *noted] if noted else ["--verify"]
        result = CliRunner().invoke(main, ["export", *arguments, "--site", str(self.site)])
        said = result.output.strip()
        assert result.exit_code == (0 if said.startswith("the chain holds") else 1)
        return said


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """A sound one."""
    return Journal(tmp_path)


def body_byte(one: Journal) -> None:
    """Somewhere in the text of an event."""
    one.flip(one.records[EACH + 2].entry.body)


def hash_byte(one: Journal) -> None:
    """In the hash of an event."""
    one.flip(one.records[EACH + 2].hash)


def forged_row(one: Journal) -> None:
    """The events behind make room for a copy."""
    one.sql(
        "UPDATE event SET seq = seq + 100 WHERE epoch = 2 AND seq >= 3",
        "UPDATE event SET seq = seq - 99 WHERE epoch = 2 AND seq >= 100",
        "INSERT INTO event SELECT epoch, 3, kind, subject, wall, body, hash FROM event WHERE epoch = 2 AND seq = 2",
    )


def swapped_numbers(one: Journal) -> None:
    """Two events in each other's place."""
    one.sql(
        "UPDATE event SET seq = 99 WHERE epoch = 2 AND seq = 3",
        "UPDATE event SET seq = 3 WHERE epoch = 2 AND seq = 4",
        "UPDATE event SET seq = 4 WHERE epoch = 2 AND seq = 99",
    )


def swapped_bodies(one: Journal) -> None:
    """Two events with each other's text."""
    third, fourth = (record.entry.body.hex() for record in one.records[EACH + 2 : EACH + 4])
    assert third != fourth
    one.sql(
        f"UPDATE event SET body = x'{fourth}' WHERE epoch = 2 AND seq = 3",  # noqa: S608  # our own
        f"UPDATE event SET body = x'{third}' WHERE epoch = 2 AND seq = 4",  # noqa: S608  # our own
    )


def by(*statements: str) -> Callable[[Journal], None]:
    """An edit by SQL alone."""
    return lambda one: one.sql(*statements)


SEEN = {
    "a byte of a body": (body_byte, "2:3"),
    "a byte of a hash": (hash_byte, "2:3"),
    "a number": (by("UPDATE event SET seq = 99 WHERE epoch = 2 AND seq = 3"), "2:3"),
    "the epoch of an event": (by("UPDATE event SET epoch = 9 WHERE epoch = 1 AND seq = 3"), "1:3"),
    "a time": (by("UPDATE event SET wall = wall + 0.001 WHERE epoch = 2 AND seq = 3"), "2:3"),
    "a kind": (by("UPDATE event SET kind = 'alarm.cleared ' WHERE epoch = 2 AND seq = 3"), "2:3"),
    "a subject": (by("UPDATE event SET subject = 'x' WHERE epoch = 1 AND seq = 6"), "1:6"),
    "a row deleted in the middle": (by("DELETE FROM event WHERE epoch = 2 AND seq = 3"), "2:3"),
    "the first row deleted": (by("DELETE FROM event WHERE epoch = 1 AND seq = 1"), "1:1"),
    "the last row of an earlier epoch deleted": (by("DELETE FROM event WHERE epoch = 1 AND seq = 6"), "2:0"),
    "an earlier epoch deleted": (
        by("DELETE FROM event WHERE epoch = 1", "DELETE FROM epoch WHERE number = 1"),
        "2:0",
    ),
    "a row put in": (forged_row, "2:3"),
    "a pair swapped by number": (swapped_numbers, "2:3"),
    "a pair swapped by body": (swapped_bodies, "2:3"),
    "an epoch renamed": (by("UPDATE epoch SET suffix = 'else' WHERE number = 2"), "2:1"),
    "the end cut off": (by("DELETE FROM event WHERE epoch = 2 AND seq > 4"), "2:5"),
    "the last epoch cut off": (by("DELETE FROM event WHERE epoch = 2"), "1:7"),
    "the end cut off, the snapshot too": (
        by("DELETE FROM event WHERE epoch = 2 AND seq > 4", "DELETE FROM snapshot"),
        "2:5",
    ),
}


@pytest.mark.parametrize(("edit", "place"), SEEN.values(), ids=SEEN)
def test_what_is_seen_and_where(journal: Journal, edit: Callable[[Journal], None], place: str) -> None:
    """The place is that of the first event that is not what it was."""
    edit(journal)
    assert journal.verify() == f"Error: the chain is broken at {place}"


def test_a_sound_journal_names_its_end(journal: Journal) -> None:
    """Id and hash, which a person can note elsewhere."""
    last = journal.records[-1]
    assert journal.verify() == f"the chain holds up to {last.id}, hash {last.hash.hex()}"


def test_a_journal_that_went_on_still_has_what_was_noted(journal: Journal) -> None:
    """An anchor is good for as long as the event is kept; one that is none is refused."""
    last = journal.records[-1]
    with closing(Engine(journal.file.parent, suffix=lambda: "test")) as engine:
        engine.append([last.entry])
        engine.commit()
        assert journal.verify(last.id, last.hash.hex().upper()).startswith("the chain holds up to 2-test:7,")
    for wrong in ("2-else:6", "2-test:99", "9-test:1"):
        assert "is not in it" in journal.verify(wrong, last.hash.hex())
    arguments = ["export", "--noted", "six", "00", "--site", str(journal.site)]
    assert "is not EPOCH:SEQ" in CliRunner().invoke(main, arguments).output


def test_only_the_first_break_is_told(journal: Journal) -> None:
    """What lies behind it was chained to something else anyway."""
    journal.sql(
        "UPDATE event SET body = x'00' WHERE epoch = 1 AND seq = 4",
        "UPDATE event SET body = x'00' WHERE epoch = 2 AND seq = 4",
    )
    assert journal.verify() == "Error: the chain is broken at 1:4"


def cut_with_its_marks(one: Journal) -> None:
    """The end, and everything that points to it."""
    one.sql(
        "DELETE FROM event WHERE epoch = 2 AND seq > 4", "DELETE FROM snapshot", "UPDATE cursor SET seq = 4"
    )


def written_anew(one: Journal) -> None:
    """Another story from 2:3 on, by somebody who knows how hashes are made."""
    previous = GENESIS
    with closing(sqlite3.connect(one.file)) as db:
        for record in one.records:
            body = b"{}" if record.position >= (2, 3) else record.entry.body
            said = (record.entry.kind.encode(), record.entry.subject.encode(), record.entry.wall, body)
            previous = digest(previous, str(record.epoch), record.seq, said)
            db.execute(
                "UPDATE event SET body = ?, hash = ? WHERE (epoch, seq) = (?, ?)",
                (body, previous, *record.position),
            )
        db.commit()


@pytest.mark.parametrize("edit", [cut_with_its_marks, written_anew])
def test_what_only_a_note_elsewhere_shows(journal: Journal, edit: Callable[[Journal], None]) -> None:
    """The chain holds: it has no key and no anchor outside. The end that was noted is not in it any more."""
    last = journal.records[-1]
    noted = (last.id, last.hash.hex())
    assert journal.verify(*noted) == journal.verify()
    edit(journal)
    assert journal.verify().startswith("the chain holds up to ")
    told = journal.verify(*noted)
    assert told.startswith("Error: the chain holds, but ")
    assert last.id in told


def test_an_older_copy_is_a_sound_journal(journal: Journal) -> None:
    """Put back in the place of the present one: only its end is not the one that was noted."""
    older = journal.file.read_bytes()
    with closing(Engine(journal.file.parent, suffix=lambda: "test")) as engine:
        engine.append([journal.records[0].entry])
        engine.commit()
        noted = engine.after(engine.last.epoch, engine.last.seq - 1, 1)[0]
    journal.file.write_bytes(older)
    assert journal.verify().startswith("the chain holds up to ")
    assert "is not in it" in journal.verify(noted.id, noted.hash.hex())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE cursor SET seq = 2",
        "UPDATE epoch SET reason = 'nothing happened' WHERE number = 2",
        "UPDATE snapshot SET body = x'00'",
        "DELETE FROM cursor",
    ],
)
def test_what_is_not_chained_is_not_seen_at_all(journal: Journal, statement: str) -> None:
    """Marks of readers, why an epoch was opened, and a snapshot, which is not used where it does not fit."""
    noted = journal.verify()
    journal.sql(statement)
    assert journal.verify() == noted
