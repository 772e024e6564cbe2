"""Bytes written to the card as bytes a day: what was written in the last day, or so far. Pure; seconds are monotonic."""

from collections import deque

DAY = 86_400.0
ENOUGH = 3600.0
"""Seconds of counting before anything is told: a start writes more than an hour of watching."""
STEP = 900.0
"""Seconds between two marks that are kept."""


class WriteBudget:
    """Follows a counter of bytes."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()

    def count(self, mono: float, counted: int) -> None:
        """Take in what the counter says now; one that has begun anew begins the day anew."""
        if self._marks and counted < self._marks[-1][1]:
            self._marks.clear()
        if not self._marks or mono - self._marks[-1][0] >= STEP:
            self._marks.append((mono, counted))
        while len(self._marks) > 2 and mono - self._marks[1][0] >= DAY:
            self._marks.popleft()

    def a_day(self, mono: float, counted: int) -> float | None:
        """Bytes a day: of the last day, where so long was counted; before that, what the pace so far makes of a day.

        None before there is enough to go by.
        """
        if not self._marks:
            return None
        began, before = self._marks[0]
        if mono - began < ENOUGH:
            return None
        return (counted - before) / (mono - began) * DAY
