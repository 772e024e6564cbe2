"""How fast alarms come: the busiest ten minutes, and floods (ISA-18.2, EEMUA 191)."""

from collections import deque

from msgspec import Struct

from agent.core.quality.notes import Moment
from agent.core.quality.spans import span

WINDOW = 600.0
"""Seconds over which the rate is taken: two raises exactly so far apart are not in one window."""
FLOOD_BEGINS = 10
"""So many raises within one window begin a flood."""
FLOOD_ENDS = 5
"""A flood ends when fewer than so many lie within the last window."""


class Flood(Struct, frozen=True):
    """More alarms than a person can follow: from the first raise of the ten to the moment the rate fell; wall seconds."""

    begin: float
    end: float
    count: int


class Busiest:
    """The window with the most raises."""

    def __init__(self) -> None:
        self._window: deque[Moment] = deque()
        self.count = 0
        self.begin: Moment | None = None
        """The first raise of that window; the earliest where several are equal."""

    def add(self, at: Moment) -> None:
        """Takes the next raise in."""
        window = self._window
        window.append(at)
        while span(window[0], at).seconds >= WINDOW:
            window.popleft()
        if len(window) > self.count:
            self.count, self.begin = len(window), window[0]


class Floods:
    """Finds floods in raises. A raise belongs to one flood at most.

    Args:
        end: wall second at which the period ends, and with it a flood that still goes on.
    """

    def __init__(self, end: float) -> None:
        self._end = end
        self._latest: deque[Moment] = deque(maxlen=FLOOD_BEGINS)
        self._begin: Moment | None = None
        self._count = 0
        self._found: list[Flood] = []

    def add(self, at: Moment) -> None:
        """Takes the next raise in."""
        if self._begin is not None and span(self._latest[-FLOOD_ENDS], at).seconds > WINDOW:
            self._found.append(self._flood(self._begin))
            self._begin = None
            self._latest.clear()
        self._latest.append(at)
        first = self._latest[0]
        if self._begin is not None:
            self._count += 1
        elif len(self._latest) == FLOOD_BEGINS and span(first, at).seconds < WINDOW:
            self._begin, self._count = first, FLOOD_BEGINS

    def found(self) -> tuple[Flood, ...]:
        """All floods so far, one that goes on with the end it would have."""
        going_on = [] if self._begin is None else [self._flood(self._begin)]
        return (*self._found, *going_on)

    def _flood(self, begin: Moment) -> Flood:
        lasted = span(begin, self._latest[-FLOOD_ENDS]).seconds + WINDOW
        return Flood(begin.wall, max(begin.wall, min(begin.wall + lasted, self._end)), self._count)
