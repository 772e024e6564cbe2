"""The quality of alarms as tables for a terminal. Pure."""

from collections.abc import Callable, Iterator, Sequence

from agent.cli.tables import table
from agent.cli.words import Say
from agent.core.quality.figures import Definitions, Figure, Quality, Times, Verdict
from agent.core.quality.nuisance import Repeated

FIGURES = {
    "raised-per-hour": "raised per hour",
    "raised-per-10-min": "raised per 10 minutes",
    "peak-10-min": "raised in the busiest 10 minutes",
    "flood-share": "share of time in flood",
    "chattering-alarms": "chattering alarms",
    "fleeting-alarms": "fleeting alarms",
    "stale-at-end": "stale at the end",
    "stale-at-any-time": "stale at any time",
    "standing-average": "standing on average",
    "standing-at-end": "standing at the end",
    "unacknowledged-at-end": "unacknowledged at the end",
    "top-10-share": "share of the 10 most frequent",
    "time-to-acknowledge-median": "time to acknowledge, median",
    "time-to-acknowledge-p90": "time to acknowledge, 9 of 10 within",
    "time-to-clear-median": "time to clear, median",
    "time-to-clear-p90": "time to clear, 9 of 10 within",
}
"""What a figure is called in English."""

NOTHING = "–"


class QualityReport:
    """Writes a report.

    Args:
        quality: what was measured.
        language: of the reader.
        say: words in that language.
        when: a wall time as that reader writes it.
    """

    def __init__(self, quality: Quality, language: str, say: Say, when: Callable[[float], str]) -> None:
        self._quality, self._language, self._say, self._when = quality, language, say, when

    def text(self, site: str) -> str:
        """The whole report; lists without entries are left out."""
        parts = ["\n".join(self._head(site)), self._figures(), *self._lists(), "\n".join(self._definitions())]
        return "\n\n".join(parts)

    def _head(self, site: str) -> Iterator[str]:
        one, say = self._quality, self._say
        yield say("alarm quality of {site}").format(site=site)
        yield say("{begin} to {end}").format(begin=self._when(one.begin), end=self._when(one.end))
        if one.covered < one.end - one.begin:
            yield say("the journal covers {covered} of it").format(covered=duration(one.covered, say))
        counts = {name: getattr(one.counts, name) for name in one.counts.__struct_fields__}
        yield say("{raised} raised, {cleared} cleared, {acknowledged} acknowledged").format(**counts)
        for name, sentence in (
            ("explained", "{explained} consequences of a root cause are not counted"),
            ("suppressed", "{suppressed} that were suppressed are not counted"),
            ("lost", "{lost} events could not be kept: all figures are too low"),
            ("unreadable", "{unreadable} entries cannot be read"),
            ("uncertain", "{uncertain} durations are uncertain: the box restarted in between"),
        ):
            if counts[name]:
                yield say(sentence).format(**counts)

    def _figures(self) -> str:
        rows = [
            (
                self._name(one.name),
                self._number(one.value, one.unit),
                self._recommended(one),
                one.source,
                self._verdict(one.verdict),
            )
            for one in self._quality.figures
        ]
        return table(rows, self._heads("figure", "value", "recommended", "by", "verdict"))

    def _name(self, name: str) -> str:
        said = self._say(name)
        return FIGURES.get(name, name) if said == name else said

    def _verdict(self, verdict: Verdict) -> str:
        return NOTHING if verdict is Verdict.NONE else self._say(verdict.value)

    def _recommended(self, one: Figure) -> str:
        if one.limit is None:
            return ""
        if one.limit == 0:
            return self._say("none at all")
        return self._say("at most {limit}").format(limit=self._number(one.limit, one.unit))

    def _number(self, value: float | None, unit: str) -> str:
        if value is None:
            return NOTHING
        if unit == "s":
            return duration(value, self._say)
        return percent(value) if unit == "1" else number(value)

    def _heads(self, *words: str) -> list[str]:
        return [self._say(word) for word in words]

    def _lists(self) -> Iterator[str]:
        yield from self._list("floods", ("begin", "end", "alarms"), self._floods())
        yield from self._list("most frequent alarms", ("times", "share", "alarm", "what"), self._top())
        times = ("times", "alarm", "what")
        yield from self._list("chattering alarms", times, self._repeated(self._quality.chattering))
        yield from self._list("fleeting alarms", times, self._repeated(self._quality.fleeting))
        yield from self._list(
            "stale alarms", ("raised", "stood for", "severity", "alarm", "what"), self._stale()
        )
        yield from self._list(
            "standing at the end", ("raised", "severity", "state", "alarm", "what"), self._standing()
        )
        yield from self._list(
            "spread of severities",
            ("priority", "severities", "alarms", "share", "recommended", "verdict"),
            self._priorities(),
        )
        columns = ("severity", "times", "median", "9 of 10 within")
        yield from self._list("time to acknowledge", columns, self._times(self._quality.acknowledge_times))
        yield from self._list("time to clear", columns, self._times(self._quality.clear_times))

    def _list(self, title: str, heads: Sequence[str], rows: list[list[str]]) -> Iterator[str]:
        if rows:
            yield f"{self._say(title)}\n{table(rows, self._heads(*heads))}"

    def _floods(self) -> list[list[str]]:
        return [[self._when(one.begin), self._when(one.end), str(one.count)] for one in self._quality.floods]

    def _top(self) -> list[list[str]]:
        return [
            [str(one.count), percent(one.share), one.alarm, one.text.in_language(self._language)]
            for one in self._quality.top
        ]

    def _repeated(self, found: Sequence[Repeated]) -> list[list[str]]:
        return [[str(one.count), one.alarm, one.text.in_language(self._language)] for one in found]

    def _stale(self) -> list[list[str]]:
        return [
            [
                self._when(one.raised),
                duration(one.seconds, self._say),
                self._say(one.severity),
                one.alarm,
                one.text.in_language(self._language),
            ]
            for one in self._quality.stale
        ]

    def _standing(self) -> list[list[str]]:
        return [
            [
                self._when(one.raised),
                self._say(one.severity),
                self._say("acknowledged" if one.acknowledged else "unacknowledged"),
                one.alarm,
                one.text.in_language(self._language),
            ]
            for one in self._quality.standing
        ]

    def _priorities(self) -> list[list[str]]:
        if not self._quality.counts.raised:
            return []
        return [
            [
                self._say(one.priority),
                ", ".join(map(self._say, one.severities)),
                str(one.count),
                percent(one.share),
                self._say("about {limit}").format(limit=percent(one.recommended)),
                self._verdict(one.verdict),
            ]
            for one in self._quality.priorities
        ]

    def _times(self, found: Sequence[Times]) -> list[list[str]]:
        return [
            [
                self._say(one.severity),
                str(one.count),
                self._number(one.median, "s"),
                self._number(one.p90, "s"),
            ]
            for one in found
        ]

    def _definitions(self) -> Iterator[str]:
        """What the words of the report mean, in numbers."""
        given = self._quality.definitions
        spans = ("window", "chatter_within", "fleeting_within", "stale_after")
        values = {
            name: duration(getattr(given, name), self._say) if name in spans else getattr(given, name)
            for name in Definitions.__struct_fields__
        }
        for sentence in (
            "flood: from {flood_begins} alarms within {window} until fewer than {flood_ends_below}",
            "chattering: {chatter_cycles} times raised and cleared within {chatter_within}",
            "fleeting: normal again within {fleeting_within} and not acknowledged",
            "stale: standing for more than {stale_after}",
        ):
            yield self._say(sentence).format(**values)


def percent(share: float) -> str:
    """A share of 1 as a person reads it."""
    return f"{share * 100:.1f}".removesuffix(".0") + " %"


def number(value: float) -> str:
    """A number with at most two decimals; one that is too small for them is not called zero."""
    if 0 < value < 0.01:
        return "< 0.01"
    return f"{value:.2f}".rstrip("0").rstrip(".")


def duration(seconds: float, say: Say) -> str:
    """Seconds in the two largest units that say something."""
    if seconds < 60:
        return say("{seconds} s").format(seconds=number(round(seconds, 1)))
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, left = divmod(hours, 24)
    if hours and minutes and not days:
        return say("{hours} h {minutes} min").format(hours=hours, minutes=minutes)
    if days:
        words, values = ("{days} d", "{hours} h"), (days, left)
    elif hours:
        words, values = ("{hours} h", "{minutes} min"), (hours, minutes)
    else:
        words, values = ("{minutes} min", "{seconds} s"), (minutes, rest)
    units = ("days", "hours", "minutes", "seconds")
    said = [
        say(word).format(**dict.fromkeys(units, value))
        for word, value in zip(words, values, strict=True)
        if value
    ]
    return " ".join(said)
