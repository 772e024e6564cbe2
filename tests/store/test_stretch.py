"""A stretch of the journal with what began before it measures as the whole journal does, and is read instead of it."""

from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.core.events import AnyEvent
from agent.core.model import Severity
from agent.core.quality.meter import measure
from agent.core.quality.notes import RAISED, Note, note_of, read
from agent.core.quality.spans import Period
from agent.store import stretch
from agent.store.records import Entry
from tests.cli.journals import entry
from tests.core.tape import BEGIN, Tape
from tests.store.parts import one_engine


class Recorded(Tape):
    """A tape that keeps its events."""

    def __init__(self) -> None:
        self.events: list[AnyEvent] = []
        super().__init__()

    def add(self, event: AnyEvent) -> None:
        """An event of any kind."""
        self.events.append(event)
        super().add(event)


def play(deeds: list[tuple[str, float, str]]) -> Recorded:
    """A journal in which everything may happen in any order."""
    tape, time = Recorded(), 0.0
    for deed, after, alarm in deeds:
        time += after
        if deed == "raise":
            tape.raised(time, alarm, list(Severity)[ord(alarm) % 4], explained=after == 20.0)
        elif deed == "restart":
            tape.restart(time)
        elif alarm in tape._occurrences:
            {"clear": tape.cleared, "acknowledge": tape.acknowledged}[deed](time, alarm)
    return tape


DEEDS = st.tuples(
    st.sampled_from(["raise", "clear", "acknowledge", "restart"]),
    st.sampled_from([0.5, 20.0, 600.0, 7200.0, 100_000.0]),
    st.sampled_from("abcd"),
)


def put(path: Path, entries: list[Entry]) -> None:
    """Writes a journal."""
    with closing(one_engine(path)) as engine:
        engine.append(entries)
        engine.commit()


def notes(path: Path, wall: float) -> list[Note]:
    """What is read for a period that begins at a wall time."""
    found = [read(record.entry.body) for record in stretch.since(path, wall, RAISED)]
    assert None not in found
    return [note for note in found if note is not None]


@settings(deadline=None, max_examples=80)
@given(deeds=st.lists(DEEDS, max_size=60), begin=st.floats(-10.0, 2e6), slack=st.integers(1, 5))
def test_a_stretch_measures_as_the_whole(tmp_path_factory, deeds, begin: float, slack: int) -> None:
    """Whatever stood, waited or was acknowledged when the period began."""
    path, tape = tmp_path_factory.mktemp("stretch"), play(deeds)
    put(path, list(map(entry, tape.events)))
    period = Period(BEGIN + begin, BEGIN + begin + 86_400.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stretch, "SLACK", slack)
        found = notes(path, period.begin)
    assert measure(found, period) == measure(map(note_of, tape.events), period)


def test_only_the_stretch_is_read(tmp_path: Path) -> None:
    """Of a long history only what still tells how things stood."""
    tape = Recorded()
    for number in range(1000):
        tape.raised(number * 60.0, "a")
        tape.cleared(number * 60.0 + 30, "a")
        tape.acknowledged(number * 60.0 + 40, "a")
    tape.raised(60_000.0, "b")
    for number in range(1001, 1400):
        tape.raised(number * 60.0, "c")
        tape.cleared(number * 60.0 + 30, "c")
        tape.acknowledged(number * 60.0 + 40, "c")
    put(tmp_path, list(map(entry, tape.events)))
    begin = BEGIN + 1399 * 60.0
    found = notes(tmp_path, begin)
    assert [(note.alarm[-1:], note.at.wall < begin) for note in found] == [
        *[("a", True)] * 3,
        ("b", True),
        *[("c", True)] * 3,
        *[("c", False)] * 3,
    ]


def test_a_clock_that_was_wrong_for_a_while_hides_nothing(tmp_path: Path) -> None:
    """Events that bear a time of the period are found also before others that do not."""
    path = tmp_path / "data"
    walls = [*map(float, range(100, 200)), *[5000.0] * 30, *map(float, range(200, 900)), 5001.0]
    put(path, [Entry("kind", "", wall, b"") for wall in walls])
    found = [record.entry.wall for record in stretch.since(path, 5000.0, RAISED)]
    assert found == walls[99:]
