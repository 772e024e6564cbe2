"""The clocks of the box, read in one place: monotonic time for durations, wall time with its quality for people."""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from agent.core.dating import TRUSTED, is_step
from agent.core.model import ClockQuality, Instant

QUALITY_EVERY = 10.0
"""Seconds between two looks at the kernel's clock status, unless the clock was set."""
APART = 0.01
"""Seconds that may lie between the readings of two clocks that are taken for one moment."""
TRIES = 5


class Reading(NamedTuple):
    """Both clocks at one moment: seconds since boot, sleep included, and seconds since 1970."""

    mono: float
    wall: float


def read_clocks() -> Reading:
    """Read both clocks; again, where the process was held up between the two, which would look as if one was set."""
    for _ in range(TRIES):
        before = _mono()
        wall = time.time()
        after = _mono()
        if after - before <= APART:
            break
    return Reading((before + after) / 2, wall)


def _mono() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Clock:
    """Tells the present instant.

    While the wall clock is unsynced it is not let behind what was told, and so not behind the last stored event: a Pi
    without a battery clock wakes up in the past, and time must not seem to run backwards. A time ahead is left, too,
    until a better source moves it either way. A clock that somebody set without a trusted source is a battery clock or
    in holdover no more, whatever the kernel says.

    Args:
        quality: asks how far wall time may be believed.
        root: what stands before /proc.
        read: reads both clocks.
    """

    def __init__(
        self,
        quality: Callable[[], ClockQuality],
        root: Path = Path("/"),
        read: Callable[[], Reading] = read_clocks,
    ) -> None:
        self._ask_quality, self._read = quality, read
        self.boot = (root / "proc/sys/kernel/random/boot_id").read_text().strip()
        first = read()
        self._told = Reading(first.mono, 0.0)
        """What was told last; a time before all others as long as nothing was."""
        self._seen = first.wall - first.mono
        """Wall minus monotonic seconds when the quality was asked last."""
        self._asked = first.mono
        self._ground: float | None = None
        """Wall minus monotonic seconds for which the quality vouches; None before one did, infinite where nobody does."""
        self._quality = self._judged(quality(), self._seen)

    def mono(self) -> float:
        """Seconds since boot, sleep included; never steps."""
        return _mono()

    def not_before(self, wall: float, latest: Instant | None = None) -> None:
        """Remember the last stored event.

        Args:
            wall: its wall seconds by all that is known.
            latest: its instant; what was vouched for in this boot, or was not, goes on to be.
        """
        self._told = Reading(self._read().mono, wall)
        if latest is not None and latest.boot == self.boot:
            vouched = latest.quality is not ClockQuality.UNSYNCED
            self._ground = latest.wall - latest.mono if vouched else math.inf
            self._quality = self._judged(self._quality, self._seen)

    def now(self) -> Instant:
        """The present instant."""
        mono, wall = self._read()
        offset = wall - mono
        if mono - self._asked >= QUALITY_EVERY or is_step(self._seen, offset):
            self._quality = self._judged(self._ask_quality(), offset)
            self._asked, self._seen = mono, offset
        if self._quality is ClockQuality.UNSYNCED:
            wall = max(wall, self._told.wall + mono - self._told.mono)
        self._told = Reading(mono, wall)
        return Instant(mono, wall, self._quality, self.boot)

    def _judged(self, quality: ClockQuality, offset: float) -> ClockQuality:
        """The quality by all that is known: nobody vouches for a step but who knows the time."""
        if quality is ClockQuality.UNSYNCED:
            return quality
        if quality in TRUSTED or self._ground is None:
            self._ground = offset
        return ClockQuality.UNSYNCED if is_step(self._ground, offset) else quality
