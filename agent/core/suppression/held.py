"""What is suppressed now, and for how long still. Changed only by events, so that the journal rebuilds it.

Time left is monotonic. Across a reboot it is what was left at the last event; a clock that may be believed can only
shorten that.
"""

from msgspec import Struct

from agent.core.model import ClockQuality, Instant
from agent.core.suppression.nouns import Suppression


class Held(Struct):
    """One suppression in force."""

    suppression: Suppression
    left: float | None
    """Seconds that were left when they were counted last; None where it is not bound to time."""
    boot: str
    mono: float
    """When that was."""
    believed: bool
    """Whether the wall clock could be believed when the suppression was begun."""
    crossed: bool = False
    """Whether the box was started anew since."""


def hold(suppression: Suppression, at: Instant) -> Held:
    """A suppression that begins."""
    return Held(suppression, suppression.seconds, at.boot, at.mono, is_believed(at))


def is_believed(at: Instant) -> bool:
    """Whether the calendar may be asked."""
    return at.quality is not ClockQuality.UNSYNCED


def remaining(held: Held, now: Instant) -> float | None:
    """Seconds still to last, not more than 0 where it is over; None where it is not bound to time."""
    if held.left is None:
        return None
    left = held.left - (now.mono - held.mono if now.boot == held.boot else 0.0)
    until = held.suppression.until
    if held.crossed and held.believed and until is not None and is_believed(now):
        return min(left, until - now.wall)
    return left


def recount(held: Held, latest: Instant, start: Instant) -> None:
    """The box starts: count from here what was left at the latest event before."""
    if start.boot == held.boot:
        return
    if held.left is not None and latest.boot == held.boot:
        held.left -= latest.mono - held.mono
    held.boot, held.mono, held.crossed = start.boot, start.mono, True
