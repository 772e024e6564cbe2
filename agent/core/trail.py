"""How fast a value changes: its last readings, counters that wrap and begin anew. Transient, pure."""

from collections import deque

from msgspec import Struct, field

GRAIN = 32
"""Readings that are kept of a period: enough to see its change, few enough for a poll each second."""


class Trail(Struct):
    """The readings of one point over a period.

    Attributes:
        per: the period in seconds.
        bits: of the counter that the point is; 0 for what is none.
    """

    per: float
    bits: int = 0
    readings: deque[tuple[float, float]] = field(default_factory=deque)
    """Monotonic second and value, a counter's without its wraps; the newest last."""
    last: float = 0.0
    """The counter as it stood last."""
    total: float = 0.0
    """What a counter has counted since the first reading."""

    @property
    def is_flat(self) -> bool:
        """Whether all values kept are the same: then another like them changes nothing."""
        return len({value for _, value in self.readings}) < 2

    def take(self, value: float, mono: float) -> float | None:
        """Take a reading in; returns the change within the period, None while too little of it has been seen."""
        value = self._counted(value) if self.bits else value
        readings = self.readings
        if len(readings) > 1 and mono - readings[-2][0] < self.per / GRAIN:
            readings.pop()
        readings.append((mono, value))
        while len(readings) > 2 and mono - readings[1][0] >= self.per:
            readings.popleft()
        passed = mono - readings[0][0]
        if passed < self.per / 2:
            return None
        return (value - readings[0][1]) / passed * self.per

    def forget(self) -> None:
        """Begin anew: what comes next has nothing to do with what was."""
        self.readings.clear()

    def _counted(self, value: float) -> float:
        if not self.readings:
            self.last, self.total = value, 0.0
            return 0.0
        step, size = value - self.last, 2.0**self.bits
        if step < 0:
            if self.last > size * 0.75 and value < size * 0.25:
                step += size  # it wrapped
            else:
                self.forget()  # it began anew: nobody knows what it counted meanwhile
                self.last, self.total = value, 0.0
                return 0.0
        self.last = value
        self.total += step
        return self.total
