"""What a chart of one point shows, without how it is drawn. Pure."""

from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from agent import api

_DAY = 86_400
NEAR = 1.0
"""A limit is drawn if it is no further from the values than so many times their range."""
EDGE = 0.04
"""Share of the time before the right edge without a label: it would be cut."""


class Spot(NamedTuple):
    """One bucket of a curve."""

    time: float
    """The middle of the bucket, seconds since 1970."""
    low: float
    mean: float
    high: float


class Curve(NamedTuple):
    """A numeric point over some time."""

    runs: list[list[Spot]]
    """What hangs together: between two runs nothing good was heard."""
    low: float
    mean: float
    high: float
    limits: list[api.TrendLimit]
    """Those that are near enough to be drawn."""

    @property
    def is_still(self) -> bool:
        """Whether the value never changed: a chart would show a straight line."""
        return self.low == self.high

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest that a chart must show."""
        shown = [self.low, self.high, *(limit.value for limit in self.limits)]
        return min(shown), max(shown)


def curve(view: api.TrendView, point: api.TrendPoint) -> Curve | None:
    """The curve of a numeric point; None if no number was heard."""
    runs: list[list[Spot]] = []
    total = count = 0.0
    before = float("-inf")
    for start, times, low, mean, high in zip(
        view.starts, point.count, point.low, point.mean, point.high, strict=True
    ):
        if low is None or mean is None or high is None:
            continue
        if start - before > 1.5 * view.step:
            runs.append([])
        before = start
        runs[-1].append(Spot(start + view.step / 2, low, mean, high))
        total, count = total + mean * times, count + times
    if not runs:
        return None
    spots = [spot for run in runs for spot in run]
    low, high = min(spot.low for spot in spots), max(spot.high for spot in spots)
    mean = min(high, max(low, total / count))
    reach = NEAR * (high - low)
    near = [limit for limit in point.limits if low - reach <= limit.value <= high + reach]
    return Curve(runs, low, mean, high, near)


def shares(point: api.TrendPoint) -> list[tuple[str, float]]:
    """Which share of what was heard each word had, the most frequent first."""
    times: dict[str, int] = {}
    for words in point.words:
        for word, count in words.items():
            times[word] = times.get(word, 0) + count
    total = sum(times.values())
    ordered = sorted(times.items(), key=lambda one: -one[1])
    return [(word, count / total) for word, count in ordered]


def share_of_yes(point: api.TrendPoint) -> float | None:
    """Which share of what was heard of a flag was yes; None if nothing was."""
    pairs = [(mean, count) for mean, count in zip(point.mean, point.count, strict=True) if mean is not None]
    total = sum(count for _, count in pairs)
    return sum(mean * count for mean, count in pairs) / total if total else None


def time_ticks(start: float, end: float, zone: tzinfo) -> list[tuple[float, str]]:
    """Moments for the axis with their labels, at round hours or midnights of the site's time."""
    span = end - start
    if span <= 2 * _DAY:
        step = timedelta(hours=6 if span > _DAY / 2 else 2)
    else:
        step = timedelta(days=1 if span <= 8 * _DAY else 7 if span <= 60 * _DAY else 61)
    local = datetime.fromtimestamp(start, zone)
    moment = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    ticks = []
    # Counted on the clock on the wall: a day with a change of summer time has its midnights all the same.
    while (time := moment.replace(tzinfo=zone).timestamp()) <= end:
        if start <= time <= end - EDGE * span:
            ticks.append((time, moment.strftime("%m-%d" if moment.hour == 0 else "%H:%M")))
        moment += step
    return ticks
