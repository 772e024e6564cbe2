"""Wall time corrected afterwards: what an offset says of a boot, and the one function that every reader dates by. Pure.

A box without a battery clock wakes up in the past, and a clock may be set by ten years. Neither moves the monotonic
clock: so one number for each boot, the wall minus the monotonic seconds as a trusted source has it, dates all of it.
"""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from agent.core.model import ClockQuality, Instant

STEP = 1.0
"""Seconds by which the wall clock may run away from the monotonic one before it counts as set: it may be slewed."""
OFF_AT_MOST = 30 * 86_400.0
"""Seconds for which a battery clock is followed from boot to boot; one that says more was set meanwhile."""
TRUSTED = (ClockQuality.GSM, ClockQuality.NTP)
"""Sources that say themselves what time it is."""
CONFIRMED = (ClockQuality.HOLDOVER, *TRUSTED)
"""Qualities of a time that a trusted source has given in the same boot."""


class Offset(Struct, frozen=True, gc=False):
    """What is known of the clock of one boot."""

    seconds: float
    """Wall minus monotonic seconds."""
    uncertainty: float | None
    """Seconds by which the true time may differ either way; None where nobody can say."""
    quality: ClockQuality
    """The source."""


Offsets = Mapping[str, Offset]
"""By boot id."""


def corrected(at: Instant, offsets: Offsets) -> float:
    """The wall seconds of an instant by all that is known now; as they were written where no offset is known."""
    known = offsets.get(at.boot)
    return at.wall if known is None else at.mono + known.seconds


def dated(at: Instant, offsets: Offsets) -> Instant:
    """An instant with its wall time corrected, and believed as far as the source of the correction."""
    known = offsets.get(at.boot)
    return at if known is None else replace(at, wall=at.mono + known.seconds, quality=known.quality)


def is_trusted(at: Instant) -> bool:
    """Whether a source that says itself what time it is stands behind a wall time."""
    return at.quality in TRUSTED


def tells_time_from(begin: Instant, now: Instant) -> bool:
    """Whether the difference of two wall times may be taken for the time between them, across boots.

    Two clocks that were both confirmed agree, and so does a battery clock with itself, unless somebody seems to have set it
    since; a time that nobody has confirmed says nothing beside one that somebody has.
    """
    if begin.quality is ClockQuality.RTC:
        return now.quality is ClockQuality.RTC and 0 <= now.wall - begin.wall <= OFF_AT_MOST
    return begin.quality in CONFIRMED and now.quality in CONFIRMED


def is_step(before: float, after: float) -> bool:
    """Whether a clock whose offset (wall minus monotonic seconds) was one and is another was set in between."""
    return abs(after - before) > STEP


def by_clock_of(now: Instant, mono: float, read: float) -> float:
    """A wall time of this boot by the clock as it is now; as it was read, where nobody has set that since.

    Args:
        now: the present instant.
        mono: the monotonic second of the time.
        read: what the wall clock said then.
    """
    reckoned = now.wall - (now.mono - mono)
    return reckoned if is_step(read, reckoned) else read
