"""The clocks of the box, read in one place: monotonic time for durations, wall time with its quality for people."""

import time
from collections.abc import Callable
from pathlib import Path

from agent.core.model import ClockQuality, Instant

QUALITY_EVERY = 10.0
"""Seconds between two looks at the kernel's clock status."""


class Clock:
    """Tells the present instant.

    While the wall clock is unsynced it is not let behind the last stored event: a Pi without a battery clock wakes up
    in the past, and time must not seem to run backwards in the journal.

    Args:
        quality: asks how far wall time may be believed.
        root: what stands before /proc.
    """

    def __init__(self, quality: Callable[[], ClockQuality], root: Path = Path("/")) -> None:
        self._ask_quality = quality
        self.boot = (root / "proc/sys/kernel/random/boot_id").read_text().strip()
        self._started = self.mono()
        self._floor = 0.0
        self._quality = quality()
        self._asked = self._started

    def mono(self) -> float:
        """Seconds since boot, sleep included; never steps."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def not_before(self, wall: float) -> None:
        """Remember the wall time of the last stored event."""
        self._floor = wall
        self._started = self.mono()

    def now(self) -> Instant:
        """The present instant."""
        mono = self.mono()
        if mono - self._asked >= QUALITY_EVERY:
            self._quality, self._asked = self._ask_quality(), mono
        wall = time.time()
        if self._quality is ClockQuality.UNSYNCED:
            wall = max(wall, self._floor + mono - self._started)
        return Instant(mono, wall, self._quality, self.boot)
