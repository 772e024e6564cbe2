"""Which occurrences stand, from one journal entry to the next, and how long they stood in a period."""

from collections.abc import Iterable
from copy import copy
from typing import Self

from msgspec import Struct
from msgspec.structs import replace

from agent.core.alarm_states import AlarmState
from agent.core.alarms import AlarmList
from agent.core.model import Text
from agent.core.quality.notes import Moment, Note, severity_word
from agent.core.quality.spans import Period, Span, span

STALE = 86_400.0
"""Seconds of standing without a break after which an alarm is stale."""


class Occurrence(Struct, frozen=True):
    """One occurrence that somebody still has to do with: it stands, or it returned and nobody has acknowledged it."""

    alarm: str
    occurrence: int
    severity: int
    text: Text
    raised: Moment
    cleared: Moment | None = None
    acknowledged: bool = False
    """Or closed."""
    explained: bool = False
    suppressed: bool = False
    called: Moment | None = None
    """When it began to call for somebody, where that was after the raise: it was a consequence or suppressed until then."""

    @property
    def quiet(self) -> bool:
        """Whether it calls for nobody: its root cause does, or it is suppressed."""
        return self.explained or self.suppressed

    @property
    def stands(self) -> bool:
        """Whether its condition still holds."""
        return self.cleared is None

    @property
    def listed(self) -> bool:
        """Whether anybody still has to do with it."""
        return self.stands or not (self.acknowledged or self.quiet)


class Stale(Struct, frozen=True):
    """An occurrence that stood too long; `raised` is wall seconds."""

    alarm: str
    severity: str
    text: Text
    raised: float
    seconds: float
    stands: bool


def carried(alarms: AlarmList) -> list[Occurrence]:
    """What an alarm list hands on to a period that begins with it.

    A list knows only the wall time of a raise, so durations that began before it are not certain.
    """
    return [
        Occurrence(
            alarm=alarm.id,
            occurrence=alarm.occurrence,
            severity=alarm.severity,
            text=alarm.text,
            raised=Moment(0.0, alarm.last_raised.wall, "before", alarm.last_raised.quality.value),
            cleared=Moment(0.0, alarm.last_changed.wall, "before", alarm.last_changed.quality.value)
            if alarm.is_cleared
            else None,
            acknowledged=alarm.state in (AlarmState.ACKNOWLEDGED, AlarmState.CLOSED),
            explained=bool(alarm.root_cause),
            suppressed=bool(alarm.suppressed),
        )
        for alarm in alarms.alarms.values()
    ]


class Roll:
    """The occurrences that are listed now, and the sum of those that ended. Moved by notes in the journal's order.

    Args:
        period: in which standing counts.
        listed: what was listed before the first note.
    """

    def __init__(self, period: Period, listed: Iterable[Occurrence] = ()) -> None:
        self._period = period
        self.listed = {one.alarm: one for one in listed}
        self._stood = 0.0
        self._stale: tuple[Stale, ...] = ()

    def copy(self) -> Self:
        """The roll as it is now; occurrences never change."""
        twin = copy(self)
        twin.listed = dict(self.listed)
        return twin

    def find(self, note: Note) -> Occurrence | None:
        """The listed occurrence that a note is about; None where the journal left out its raise."""
        found = self.listed.get(note.alarm)
        return found if found is not None and found.occurrence == note.occurrence else None

    def raise_(self, note: Note) -> Occurrence:
        """A new occurrence. One of the same alarm that still stands has ended unseen."""
        former = self.listed.get(note.alarm)
        if former is not None and former.stands:
            self._end(former, note.at)
        one = Occurrence(
            note.alarm,
            note.occurrence,
            note.severity,
            note.text,
            note.at,
            explained=note.explained,
            suppressed=note.suppressed,
        )
        self.listed[note.alarm] = one
        return one

    def clear(self, one: Occurrence, at: Moment) -> Span:
        """An occurrence ends; returns how long it stood."""
        self._put(replace(one, cleared=at))
        return self._end(one, at)

    def acknowledge(self, one: Occurrence) -> None:
        """Somebody takes care of it."""
        self._put(replace(one, acknowledged=True))

    def purge(self, one: Occurrence) -> None:
        """Somebody took it from the list."""
        self.listed.pop(one.alarm, None)

    def restate(self, one: Occurrence, severity: int) -> None:
        """It is worse or better from now on."""
        self._put(replace(one, severity=severity))

    def quieten(self, one: Occurrence, at: Moment, *, explained: bool, suppressed: bool) -> Occurrence:
        """It is a consequence or suppressed from now on, or no longer, and then calls for somebody."""
        quiet = explained or suppressed
        called = at if one.quiet and not quiet else one.called
        changed = replace(one, explained=explained, suppressed=suppressed, called=called)
        self._put(changed)
        return changed

    def _put(self, one: Occurrence) -> None:
        if one.listed:
            self.listed[one.alarm] = one
        else:
            self.listed.pop(one.alarm, None)

    def _end(self, one: Occurrence, at: Moment) -> Span:
        stood = span(one.raised, at)
        within = min(at.wall, self._period.end) - self._period.begin
        if not one.quiet and within > 0:
            self._stood += min(stood.seconds, within)
            if stood.seconds > STALE:
                self._stale += (_stale(one, stood.seconds, stands=False),)
        return stood

    def standing(self) -> list[Occurrence]:
        """What stands now and calls for somebody; the oldest first."""
        found = [one for one in self.listed.values() if one.stands and not one.quiet]
        return sorted(found, key=lambda one: (one.raised.wall, one.alarm))

    def unacknowledged(self) -> int:
        """How many are listed that nobody has acknowledged."""
        return sum(not one.acknowledged and not one.quiet for one in self.listed.values())

    def stood(self, latest: Moment | None) -> float:
        """Seconds of standing within the period, of all occurrences together.

        Args:
            latest: the newest moment that the journal has before the end of the period.
        """
        ages = (min(self._age(one, latest), self._period.length) for one in self.standing())
        return self._stood + sum(ages)

    def stale(self, latest: Moment | None) -> tuple[Stale, ...]:
        """All that were stale at any time in the period; those that stand at its end last."""
        ages = [(one, self._age(one, latest)) for one in self.standing()]
        return (*self._stale, *(_stale(one, age, stands=True) for one, age in ages if age > STALE))

    def _age(self, one: Occurrence, latest: Moment | None) -> float:
        """How long it stands at the end of the period. As far as the journal goes its clock tells, then wall time."""
        known = one.raised if latest is None else latest
        return span(one.raised, known).seconds + max(0.0, self._period.end - known.wall)


def _stale(one: Occurrence, seconds: float, *, stands: bool) -> Stale:
    return Stale(one.alarm, severity_word(one.severity), one.text, one.raised.wall, seconds, stands)
