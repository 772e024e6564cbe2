"""A tape of journal entries for the tests of alarm quality: real events of the core, at times that a test chooses."""

from msgspec.structs import replace

from agent.core.events import (
    AlarmAcknowledged,
    AlarmCauseChanged,
    AlarmCleared,
    AlarmRaised,
    AnyEvent,
    BoxStarted,
    Evidence,
    JournalOverflowed,
)
from agent.core.inputs import Door, Origin
from agent.core.model import AlarmKey, Cause, Instant, Layer, Severity, Text
from agent.core.quality.figures import Quality
from agent.core.quality.meter import measure
from agent.core.quality.notes import Note, note_of
from agent.core.quality.spans import Period

BEGIN = 1_800_000_000.0
DAY = 86_400.0
LI = Origin("li.na", Door.PANEL)
NOTHING = Evidence("ups.status", "OB")
ROOT = (Cause("mains", "mains.off"),)


class Tape:
    """Entries one after another. A time is seconds after `BEGIN`; the wall clock is `step` seconds away from it."""

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self.step = 0.0
        self.boot = "boot-1"
        self.mono_began = -1000.0
        self._occurrences: dict[str, int] = {}
        self.started(0.0)

    def at(self, time: float) -> Instant:
        """The instant at a time."""
        return Instant(time - self.mono_began, BEGIN + time + self.step, boot=self.boot)

    def add(self, event: AnyEvent) -> None:
        """An event of any kind."""
        self.notes.append(note_of(event))

    def restart(self, time: float) -> None:
        """The box boots: the monotonic clock begins anew."""
        self.boot, self.mono_began = f"boot-{time}", time
        self.started(time)

    def started(self, time: float) -> None:
        """The agent begins to watch."""
        self.add(BoxStarted(at=self.at(time), version="1", config="0"))

    def raised(
        self, time: float, alarm: str = "a", severity: Severity = Severity.MINOR, *, explained: bool = False
    ) -> None:
        """An alarm is raised."""
        self._occurrences[alarm] = self._occurrences.get(alarm, 0) + 1
        event = AlarmRaised(
            at=self.at(time),
            alarm=AlarmKey("ups-1", alarm),
            occurrence=self._occurrences[alarm],
            code="101",
            severity=severity,
            layer=Layer.POWER,
            text=Text(alarm, alarm),
            action=Text("", ""),
            causes=Text("", ""),
            evidence=NOTHING,
            root_cause=ROOT if explained else (),
        )
        self.add(event)

    def cause_changed(self, time: float, alarm: str = "a", *, explained: bool) -> None:
        """It turns out to be a consequence, or no longer to be."""
        causes = (ROOT, ()) if explained else ((), ROOT)
        key, number = AlarmKey("ups-1", alarm), self._occurrences[alarm]
        self.add(
            AlarmCauseChanged(
                at=self.at(time), alarm=key, occurrence=number, root_cause=causes[0], before=causes[1]
            )
        )

    def cleared(self, time: float, alarm: str = "a", *, off_delay: float = 0.0) -> None:
        """It clears."""
        evidence = replace(NOTHING, delay=off_delay)
        key = AlarmKey("ups-1", alarm)
        self.add(
            AlarmCleared(at=self.at(time), alarm=key, occurrence=self._occurrences[alarm], evidence=evidence)
        )

    def acknowledged(self, time: float, alarm: str = "a") -> None:
        """Li Na takes care of it."""
        key = AlarmKey("ups-1", alarm)
        self.add(AlarmAcknowledged(at=self.at(time), alarm=key, occurrence=self._occurrences[alarm], by=LI))

    def overflowed(self, time: float, lost: int) -> None:
        """The journal says that it lost events."""
        self.add(JournalOverflowed(at=self.at(time), lost={"alarm.raised": lost}))

    def measured(self, begin: float = 0.0, end: float = DAY) -> Quality:
        """The quality of a period."""
        return measure(self.notes, Period(BEGIN + begin, BEGIN + end))


def value(quality: Quality, name: str) -> float | None:
    """One figure."""
    return {one.name: one.value for one in quality.figures}[name]


def verdict(quality: Quality, name: str) -> str:
    """The verdict on one figure."""
    return {one.name: one.verdict.value for one in quality.figures}[name]
