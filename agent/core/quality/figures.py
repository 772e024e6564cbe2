"""The figures of alarm quality, what is recommended for each, and the verdict.

Recommendations are those of ISA-18.2 (IEC 62682) and EEMUA 191 for one operator position; where a standard gives one number,
the second one, from which on a figure is far above, is ours. `linewarden` as the source means that no standard has one.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from msgspec import Struct

from agent.core.model import Severity, Text
from agent.core.quality.notes import severity_word
from agent.core.quality.nuisance import CHATTER_CYCLES, CHATTER_WITHIN, FLEETING, Repeated
from agent.core.quality.occurrences import STALE, Stale
from agent.core.quality.rates import FLOOD_BEGINS, FLOOD_ENDS, WINDOW, Flood

ENOUGH = 50
"""Raises below which shares of them say nothing."""
ENOUGH_TIME = 3600.0
"""Seconds of journal below which rates say nothing."""


class Verdict(StrEnum):
    """How a figure compares with what is recommended."""

    FINE = "fine"
    ABOVE = "above"
    FAR_ABOVE = "far above"
    NONE = "not judged"
    """There is no recommendation, or too little to judge by."""


class Recommendation(Struct, frozen=True):
    """At most `limit` is fine; more than `far` is far above."""

    limit: float
    far: float
    source: str


RECOMMENDED: Mapping[str, Recommendation] = {
    "raised-per-hour": Recommendation(6, 12, "ISA-18.2"),
    "raised-per-10-min": Recommendation(1, 2, "ISA-18.2"),
    "peak-10-min": Recommendation(10, 20, "ISA-18.2"),
    "flood-share": Recommendation(0.01, 0.05, "ISA-18.2"),
    "chattering-alarms": Recommendation(0, 5, "ISA-18.2"),
    "fleeting-alarms": Recommendation(0, 5, "ISA-18.2"),
    "stale-at-end": Recommendation(4, 9, "ISA-18.2"),
    "stale-at-any-time": Recommendation(4, 9, "ISA-18.2"),
    "standing-average": Recommendation(10, 30, "EEMUA 191"),
    "standing-at-end": Recommendation(10, 30, "EEMUA 191"),
    "unacknowledged-at-end": Recommendation(5, 20, "linewarden"),
    "top-10-share": Recommendation(0.05, 0.20, "ISA-18.2"),
    "time-to-acknowledge-median": Recommendation(900, 3600, "linewarden"),
    "time-to-acknowledge-p90": Recommendation(3600, 14_400, "linewarden"),
}

PRIORITIES: Mapping[str, tuple[tuple[Severity, ...], Recommendation]] = {
    "low": ((Severity.WARNING, Severity.MINOR), Recommendation(0.80, 1.0, "ISA-18.2")),
    "medium": ((Severity.MAJOR,), Recommendation(0.15, 0.30, "ISA-18.2")),
    "high": ((Severity.CRITICAL,), Recommendation(0.05, 0.10, "ISA-18.2")),
}
"""The three priorities of ISA-18.2 and the severities of RFC 8632 that we count to each. There is no 'too many low ones'."""


class Figure(Struct, frozen=True):
    """One figure beside what is recommended; `value` is None where there was nothing to measure."""

    name: str
    value: float | None
    unit: str
    """`s` seconds, `1` a share of 1, otherwise what is counted."""
    limit: float | None
    far: float | None
    source: str
    verdict: Verdict


class Source(Struct, frozen=True):
    """An alarm and its share of the load."""

    alarm: str
    text: Text
    count: int
    share: float


class Priority(Struct, frozen=True):
    """How many alarms were of one priority, beside the recommended share."""

    priority: str
    severities: tuple[str, ...]
    count: int
    share: float
    recommended: float
    verdict: Verdict


class Times(Struct, frozen=True):
    """How long people or the branch took, by severity; seconds."""

    severity: str
    count: int
    median: float | None
    p90: float | None


class Standing(Struct, frozen=True):
    """An alarm that stands at the end; `raised` is wall seconds."""

    alarm: str
    severity: str
    text: Text
    raised: float
    acknowledged: bool


class Definitions(Struct, frozen=True):
    """What the words mean here, in numbers; seconds."""

    window: float = WINDOW
    flood_begins: int = FLOOD_BEGINS
    flood_ends_below: int = FLOOD_ENDS
    chatter_cycles: int = CHATTER_CYCLES
    chatter_within: float = CHATTER_WITHIN
    fleeting_within: float = FLEETING
    stale_after: float = STALE


class Counts(Struct, frozen=True):
    """What the journal says of the period. Consequences are in `explained`, what was suppressed in `suppressed`, and in no other number.

    Attributes:
        raised: alarms that called for somebody: raised as root causes, or later, when they turned out to stand alone or
            were suppressed no longer.
        explained: alarms that were the consequence of a root cause when they were raised.
        suppressed: alarms that were shelved, out of service or the like when they were raised.
        cleared: alarms that cleared.
        acknowledged: alarms that were acknowledged or closed for the first time.
        lost: events that the journal says it could not keep; all figures are too low by them.
        unreadable: entries that are damaged or of a version that cannot be read.
        uncertain: durations that only the wall clock could tell.
    """

    raised: int = 0
    explained: int = 0
    suppressed: int = 0
    cleared: int = 0
    acknowledged: int = 0
    lost: int = 0
    unreadable: int = 0
    uncertain: int = 0


class Quality(Struct, frozen=True):
    """The alarm quality of one period. Wall times and durations are seconds; `covered` of them the journal knows."""

    begin: float
    end: float
    covered: float
    counts: Counts
    figures: tuple[Figure, ...]
    peak_begin: float | None
    """When the busiest ten minutes began."""
    floods: tuple[Flood, ...]
    chattering: tuple[Repeated, ...]
    fleeting: tuple[Repeated, ...]
    stale: tuple[Stale, ...]
    standing: tuple[Standing, ...]
    top: tuple[Source, ...]
    priorities: tuple[Priority, ...]
    acknowledge_times: tuple[Times, ...]
    clear_times: tuple[Times, ...]
    definitions: Definitions = Definitions()


def judge(value: float | None, recommended: Recommendation | None) -> Verdict:
    """How a value compares."""
    if value is None or recommended is None:
        return Verdict.NONE
    if value <= recommended.limit:
        return Verdict.FINE
    return Verdict.ABOVE if value <= recommended.far else Verdict.FAR_ABOVE


def figure(name: str, value: float | None, unit: str, *, enough: bool = True) -> Figure:
    """A figure beside its recommendation; not judged where there is not `enough` to judge by."""
    known = RECOMMENDED.get(name)
    verdict = judge(value, known) if enough else Verdict.NONE
    if known is None:
        return Figure(name, value, unit, None, None, "", verdict)
    return Figure(name, value, unit, known.limit, known.far, known.source, verdict)


def sources(most: Iterable[Repeated], raised: int) -> tuple[Source, ...]:
    """The most frequent alarms with their shares of all raises."""
    return tuple(Source(one.alarm, one.text, one.count, one.count / raised) for one in most)


def priorities(by_severity: Mapping[int, int]) -> tuple[Priority, ...]:
    """The spread of raises over priorities. A severity that this version does not know counts as low."""
    raised = sum(by_severity.values())
    above = {severity for severities, _ in PRIORITIES.values() for severity in severities}
    unknown = sum(count for severity, count in by_severity.items() if severity not in above)
    found = []
    for priority, (severities, recommended) in PRIORITIES.items():
        count = sum(by_severity.get(one, 0) for one in severities) + (unknown if priority == "low" else 0)
        share = count / raised if raised else 0.0
        judged = priority != "low" and raised >= ENOUGH
        verdict = judge(share, recommended) if judged else Verdict.NONE
        words = tuple(severity_word(one) for one in severities)
        found.append(Priority(priority, words, count, share, recommended.limit, verdict))
    return tuple(found)
