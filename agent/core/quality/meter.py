"""The meter: journal entries in, one by one and in the journal's order; the quality of a period out."""

from collections.abc import Iterable, Iterator, Mapping

from agent.core.quality import figures, notes
from agent.core.quality.figures import Counts, Figure, Quality, Standing, Times, figure
from agent.core.quality.notes import Note, severity_word
from agent.core.quality.nuisance import FLEETING, Chatter, Counter
from agent.core.quality.occurrences import Occurrence, Roll
from agent.core.quality.rates import Busiest, Floods
from agent.core.quality.spans import Durations, Period, span, together

TOP = 10
"""How many of the most frequent alarms are named."""


def measure(entries: Iterable[Note], period: Period, listed: Iterable[Occurrence] | None = None) -> Quality:
    """The alarm quality of a period, by the entries of the journal in their order."""
    meter = Meter(period, listed)
    for entry in entries:
        meter.take(entry)
    return meter.report()


class Meter:
    """Measures a period while the journal goes by. Holds what stands and sums, never the entries.

    An entry counts in the period where its own wall time lies, so that periods add up; the order of things is the journal's
    alone. Consequences of a root cause and suppressed alarms are counted apart, for they call for nobody. What stands at the end is what
    stood after the last entry of before the end.

    Args:
        period: what is measured.
        listed: alarms that stood or waited for an acknowledgement before the first entry, for a journal whose beginning
            is gone. Without it the journal is taken from its very beginning, and for all that there was.
    """

    def __init__(self, period: Period, listed: Iterable[Occurrence] | None = None) -> None:
        self._period = period
        self._roll = Roll(period, listed or ())
        self._at_end: Roll | None = None
        """The roll at the end, while entries go by that are of after it."""
        self._from_the_start = listed is None
        self._first: float | None = None
        self._latest: notes.Moment | None = None
        self._counts = dict.fromkeys(Counts.__struct_fields__, 0)
        self._busiest, self._floods = Busiest(), Floods(period.end)
        self._chatter, self._fleeting, self._sources = Chatter(), Counter(), Counter()
        self._severities: dict[int, int] = {}
        self._acknowledged: dict[int, Durations] = {}
        self._cleared: dict[int, Durations] = {}

    def take(self, note: Note) -> None:
        """Takes the next entry in. Of kinds it does not know only the time matters."""
        self._pass(note.at)
        inside = self._period.holds(note.at.wall)
        self._counts["lost"] += note.lost * inside
        match note.kind:
            case notes.RAISED:
                self._on_raised(note, inside=inside)
            case notes.CLEARED:
                self._on_cleared(note, inside=inside)
            case notes.ACKNOWLEDGED | notes.CLOSED:
                self._on_acknowledged(note, inside=inside)
            case notes.CAUSE_CHANGED | notes.SUPPRESSION_CHANGED:
                self._on_quiet_changed(note, inside=inside)
            case notes.SEVERITY_CHANGED | notes.PURGED:
                self._on_changed(note)
            case notes.CHATTERING if inside and note.comings:
                self._on_rest(note)

    def miss(self, wall: float | None = None) -> None:
        """Counts an entry that could not be read; in every period where not even its wall time is known."""
        self._counts["unreadable"] += wall is None or self._period.holds(wall)

    def _pass(self, at: notes.Moment) -> None:
        """Notes how far the journal has come, and on which side of the end."""
        if self._first is None:
            self._first = at.wall
        if at.wall < self._period.end:
            self._latest, self._at_end = at, None
        elif self._at_end is None:
            self._at_end = self._roll.copy()

    def _on_raised(self, note: Note, *, inside: bool) -> None:
        one = self._roll.raise_(note)
        if inside and one.quiet:
            self._counts["suppressed" if one.suppressed else "explained"] += 1
        elif inside:
            self._call(one, note.at)

    def _on_quiet_changed(self, note: Note, *, inside: bool) -> None:
        one = self._roll.find(note)
        if one is None:
            return
        if note.kind == notes.CAUSE_CHANGED:
            now = self._roll.quieten(one, note.at, explained=note.explained, suppressed=one.suppressed)
        else:
            now = self._roll.quieten(one, note.at, explained=one.explained, suppressed=note.suppressed)
        if inside and one.quiet and not now.quiet and one.stands and not one.acknowledged:
            self._call(one, note.at)

    def _on_changed(self, note: Note) -> None:
        one = self._roll.find(note)
        if one is not None and note.kind == notes.PURGED:
            self._roll.purge(one)
        elif one is not None:
            self._roll.restate(one, note.severity)

    def _call(self, one: Occurrence, at: notes.Moment) -> None:
        """An alarm begins to call for somebody: this is the load."""
        self._counts["raised"] += 1
        self._severities[one.severity] = self._severities.get(one.severity, 0) + 1
        self._sources.add(one.alarm, one.text)
        self._busiest.add(at)
        self._floods.add(at)

    def _on_cleared(self, note: Note, *, inside: bool) -> None:
        one = self._roll.find(note)
        if one is None or not one.stands:
            self._counts["cleared"] += inside and not note.explained
            return
        stood = self._roll.clear(one, note.at)
        if not inside or one.quiet:
            return
        self._counts["cleared"] += 1
        self._counts["uncertain"] += not stood.certain
        self._cleared.setdefault(one.severity, Durations()).add(stood.seconds)
        self._chatter.add(one.alarm, one.text, one.raised, note.at)
        if stood.certain and not one.acknowledged and stood.seconds - note.delay < FLEETING:
            self._fleeting.add(one.alarm, one.text)

    def _on_rest(self, note: Note) -> None:
        """An alarm that was held while it came and went: of its cycles the journal has only the count."""
        one = self._roll.find(note)
        if one is not None and not one.quiet:
            self._chatter.found.add(one.alarm, one.text, note.comings)

    def _on_acknowledged(self, note: Note, *, inside: bool) -> None:
        one = self._roll.find(note)
        if one is None or one.acknowledged:
            return
        self._roll.acknowledge(one)
        if not inside or one.quiet:
            return
        took = span(one.called or one.raised, note.at)
        self._counts["acknowledged"] += 1
        self._counts["uncertain"] += not took.certain
        self._acknowledged.setdefault(one.severity, Durations()).add(took.seconds)

    def report(self) -> Quality:
        """The quality of the period by what was taken in so far."""
        roll = self._at_end or self._roll
        covered = self._covered()
        return Quality(
            begin=self._period.begin,
            end=self._period.end,
            covered=covered,
            counts=Counts(**self._counts),
            figures=tuple(self._figures(roll, covered)),
            peak_begin=self._busiest.begin.wall if self._busiest.begin else None,
            floods=self._floods.found(),
            chattering=self._chatter.found.most(),
            fleeting=self._fleeting.most(),
            stale=roll.stale(self._latest),
            standing=tuple(map(_standing, roll.standing())),
            top=figures.sources(self._sources.most(TOP), self._counts["raised"]),
            priorities=figures.priorities(self._severities),
            acknowledge_times=_times(self._acknowledged),
            clear_times=_times(self._cleared),
        )

    def _covered(self) -> float:
        """Seconds of the period of which the journal can tell."""
        if not self._from_the_start:
            return self._period.length
        first = self._period.end if self._first is None else self._first
        return self._period.length - max(0.0, min(first, self._period.end) - self._period.begin)

    def _figures(self, roll: Roll, covered: float) -> Iterator[Figure]:
        raised, stale = self._counts["raised"], roll.stale(self._latest)
        hourly = raised / covered * 3600 if covered else None
        flooded = sum(flood.end - flood.begin for flood in self._floods.found())
        first_ten = sum(one.count for one in self._sources.most(TOP))
        took, lasted = together(self._acknowledged.values()), together(self._cleared.values())
        long = covered >= figures.ENOUGH_TIME
        yield figure("raised-per-hour", hourly, "alarms", enough=long)
        yield figure("raised-per-10-min", None if hourly is None else hourly / 6, "alarms", enough=long)
        yield figure("peak-10-min", self._busiest.count, "alarms")
        yield figure("flood-share", min(1.0, flooded / covered) if covered else None, "1", enough=long)
        yield figure("chattering-alarms", len(self._chatter.found), "alarms")
        yield figure("fleeting-alarms", len(self._fleeting), "alarms")
        yield figure("stale-at-end", sum(one.stands for one in stale), "alarms")
        yield figure("stale-at-any-time", len(stale), "alarms")
        yield figure("standing-average", roll.stood(self._latest) / covered if covered else None, "alarms")
        yield figure("standing-at-end", len(roll.standing()), "alarms")
        yield figure("unacknowledged-at-end", roll.unacknowledged(), "alarms")
        yield figure(
            "top-10-share", first_ten / raised if raised else None, "1", enough=raised >= figures.ENOUGH
        )
        yield figure("time-to-acknowledge-median", took.rank(0.5), "s")
        yield figure("time-to-acknowledge-p90", took.rank(0.9), "s")
        yield figure("time-to-clear-median", lasted.rank(0.5), "s")
        yield figure("time-to-clear-p90", lasted.rank(0.9), "s")


def _standing(one: Occurrence) -> Standing:
    return Standing(one.alarm, severity_word(one.severity), one.text, one.raised.wall, one.acknowledged)


def _times(by_severity: Mapping[int, Durations]) -> tuple[Times, ...]:
    """The most severe first."""
    return tuple(
        Times(severity_word(severity), len(took), took.rank(0.5), took.rank(0.9))
        for severity, took in sorted(by_severity.items(), reverse=True)
    )
