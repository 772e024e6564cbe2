"""How long it took between two moments, although the wall clock may step and the box may restart in between."""

import math
from array import array
from collections.abc import Iterable
from typing import NamedTuple

from msgspec import Struct

from agent.core.model import ClockQuality
from agent.core.quality.notes import Moment

UNKNOWN = ClockQuality.UNSYNCED.value


class Span(NamedTuple):
    """A duration in seconds, never negative; not `certain` where only the wall clock could tell it."""

    seconds: float
    certain: bool


def span(begin: Moment, end: Moment) -> Span:
    """From one moment to a later one of the journal.

    Within one boot the monotonic clock tells. Across boots there is only wall time, which may have been wrong on either
    side or have stepped: such a span is clamped at 0 and not certain. From a time that nobody knew to one that somebody
    did it is nothing: that would be decades from 1970.
    """
    if begin.boot == end.boot and end.mono >= begin.mono:
        return Span(end.mono - begin.mono, certain=True)
    if begin.quality == UNKNOWN != end.quality:
        return Span(0.0, certain=False)
    return Span(max(0.0, end.wall - begin.wall), certain=False)


class Period(Struct, frozen=True):
    """From `begin` up to, and not with, `end`; wall seconds. An entry belongs where its own wall time says."""

    begin: float
    end: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.begin) and math.isfinite(self.end) and self.begin < self.end):
            raise ValueError(f"a period ends after it begins: {self.begin} to {self.end}")

    @property
    def length(self) -> float:
        """Seconds."""
        return self.end - self.begin

    def holds(self, wall: float) -> bool:
        """Whether a wall time lies within."""
        return self.begin <= wall < self.end


class Durations:
    """Durations of one kind, eight bytes each."""

    def __init__(self) -> None:
        self._seconds = array("d")
        self._sorted = True

    def __len__(self) -> int:
        return len(self._seconds)

    def add(self, seconds: float) -> None:
        """Takes one in."""
        self._seconds.append(seconds)
        self._sorted = False

    def rank(self, share: float) -> float | None:
        """The duration that `share` of all do not exceed, by nearest rank: one that really occurred. None without any."""
        if not self._sorted:
            self._seconds, self._sorted = array("d", sorted(self._seconds)), True
        count = len(self._seconds)
        return self._seconds[max(1, math.ceil(share * count)) - 1] if count else None


def together(all_durations: Iterable[Durations]) -> Durations:
    """All of several kinds."""
    whole = Durations()
    for one in all_durations:
        for seconds in one._seconds:  # noqa: SLF001  # its own kind
            whole.add(seconds)
    return whole
