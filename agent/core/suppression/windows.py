"""The calendar of maintenance windows: whether one is open at a wall time, and when that may change. Pure.

A window begins by the clock on the wall of the site and lasts so many real seconds, whatever summer time does. A
beginning that summer time skips is taken an hour later, one that comes twice is taken the first time.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from agent.core.suppression.nouns import DAY, MaintenanceWindow

_SHIFT = timedelta(days=1)
"""More than any clock is set by at once for the season."""


def open_at(window: MaintenanceWindow, wall: float) -> tuple[float, float] | None:
    """Beginning and end of the occurrence that is open at a wall second; the latest where several are."""
    spans = [(begin, begin + window.seconds) for begin in _around(window, wall)]
    return max((one for one in spans if one[0] <= wall < one[1]), default=None)


def next_change(window: MaintenanceWindow, wall: float) -> float:
    """The wall second at which to look again; at the latest in a day."""
    ends = [edge for begin in _around(window, wall) for edge in (begin, begin + window.seconds)]
    return min((edge for edge in ends if wall < edge < wall + DAY), default=wall + DAY)


def next_begin(window: MaintenanceWindow, wall: float) -> float | None:
    """The wall second at which it opens next; None where it never does again."""
    local = _local(window, wall) - _SHIFT
    while (found := window.times.after(local)) is not None:
        begin = _wall(window, found)
        if begin > wall:
            return begin
        local = found
    return None


def _around(window: MaintenanceWindow, wall: float) -> Iterator[float]:
    local, back = _local(window, wall), timedelta(seconds=window.seconds)
    for begin in window.times.between(local - back - _SHIFT, local + _SHIFT, inc=True):
        yield _wall(window, begin)


def _local(window: MaintenanceWindow, wall: float) -> datetime:
    return datetime.fromtimestamp(wall, window.zone).replace(tzinfo=None)


def _wall(window: MaintenanceWindow, local: datetime) -> float:
    return local.replace(tzinfo=window.zone).timestamp()
