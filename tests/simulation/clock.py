"""The clock of a box over a day: a machine whose wall clock is set, lost and found, seen through the agent's own clock."""

from agent.clock import Clock as AgentClock
from agent.clock import Reading
from agent.core.model import ClockQuality, Instant

WALL = 1_800_000_000.0
YEARS = 10 * 365 * 86_400.0
FIRST = 1000.0
"""The monotonic second at which a boot begins to watch."""


class Clock:
    """Seconds of the day to the instants of the box.

    Args:
        steady: whether the wall clock is right all the time, though no better believed, for comparison.
        battery: years by which its battery clock is wrong until NTP sets it; None for a machine without one.
    """

    def __init__(self, *, steady: bool, battery: float | None = None) -> None:
        self.boot = 0
        self.now = 0.0
        self._steady = steady
        self._battery = None if battery is None else WALL + YEARS * battery
        """What it is ahead of the day's second."""
        self._booted = 0.0
        self._boots: dict[str, float] = {}
        """The second of the day at which each began."""
        self._boot()

    def reboot(self, now: float) -> None:
        """The box boots: what its clock says then, nobody has confirmed."""
        self.boot, self._booted = self.boot + 1, now
        self._boot()

    def _boot(self) -> None:
        """Without a battery it is 1970."""
        self._offset = -self._booted if self._battery is None else self._battery
        self._boots[f"boot-{self.boot}"] = self._booted
        self._kernel = ClockQuality.UNSYNCED if self._battery is None else ClockQuality.RTC
        self._clock = self._new_clock()

    def start(self, last: float, latest: Instant) -> None:
        """The agent starts, and knows the wall time of the last stored event by all that was known of it."""
        self._clock = self._new_clock()
        self._clock.not_before(last, latest)

    def _new_clock(self) -> AgentClock:
        clock = AgentClock(lambda: self._kernel, read=self._read)
        clock.boot = f"boot-{self.boot}"
        return clock

    def step(self, share: float) -> None:
        """Somebody sets the wall clock by hand, by years; the kernel holds no source for responsible then."""
        self._offset += YEARS * share
        if self._kernel is ClockQuality.NTP:
            self._kernel = ClockQuality.HOLDOVER

    def sync(self) -> None:
        """A time server is found, and sets the battery clock too."""
        self._kernel, self._offset = ClockQuality.NTP, WALL
        if self._battery is not None:
            self._battery = WALL

    def lose(self) -> None:
        """The time server is gone."""
        if self._kernel is ClockQuality.NTP:
            self._kernel = ClockQuality.HOLDOVER

    def mono(self, now: float) -> float:
        """The monotonic second at a second of the day."""
        return FIRST + now - self._booted

    def second(self, mono: float) -> float:
        """The second of the day at a monotonic second of this boot."""
        return mono - FIRST + self._booted

    def second_of(self, at: Instant) -> float:
        """The second of the day of an instant of any boot, whatever its wall clock said."""
        return at.mono - FIRST + self._boots[at.boot]

    def instant(self, now: float) -> Instant:
        """Both clocks."""
        self.now = max(self.now, now)
        at = self._clock.now()
        wall = WALL + now if self._steady else at.wall
        return Instant(self.mono(now), wall, at.quality, at.boot)

    def _read(self) -> Reading:
        return Reading(self.mono(self.now), self._offset + self.now)
