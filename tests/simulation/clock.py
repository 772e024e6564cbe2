"""The clock of a box over a day: seconds since its boot that never step, and wall time that does."""

from agent.core.model import ClockQuality, Instant

WALL = 1_800_000_000.0
YEARS = 10 * 365 * 86_400.0
FIRST = 1000.0
"""The monotonic second at which a boot begins to watch."""


class Clock:
    """Seconds of the day to the instants of the box.

    Args:
        steady: whether the wall clock keeps still, for comparison.
    """

    def __init__(self, *, steady: bool) -> None:
        self.boot = 0
        self._steady = steady
        self._offset = WALL
        self._booted = 0.0
        self._quality = ClockQuality.UNSYNCED

    def reboot(self, now: float) -> None:
        """The box boots: what its clock says then, nobody has confirmed."""
        self.boot, self._booted, self._quality = self.boot + 1, now, ClockQuality.UNSYNCED

    def step(self, share: float) -> None:
        """Somebody sets the wall clock, by years."""
        if not self._steady:
            self._offset += YEARS * share

    def sync(self) -> None:
        """A time server is found."""
        self._quality = ClockQuality.NTP
        if not self._steady:
            self._offset = WALL

    def mono(self, now: float) -> float:
        """The monotonic second at a second of the day."""
        return FIRST + now - self._booted

    def second(self, mono: float) -> float:
        """The second of the day at a monotonic second of this boot."""
        return mono - FIRST + self._booted

    def instant(self, now: float) -> Instant:
        """Both clocks."""
        return Instant(self.mono(now), self._offset + now, self._quality, f"boot-{self.boot}")
