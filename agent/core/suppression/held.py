"""What is suppressed now, and for how long still. Changed only by events, so that the journal rebuilds it.

Time left is monotonic. Across a reboot it is what was left at the last event, and a little less where no clock can
tell; a clock that may be believed can only shorten that.
"""

from msgspec import Struct
from msgspec.structs import replace

from agent.core.dating import by_clock_of, tells_time_from
from agent.core.events import SuppressionEnded
from agent.core.limits import Condition
from agent.core.model import ClockQuality, Instant
from agent.core.suppression.nouns import Ending, Suppression

JUMP = 1.0
"""Seconds by which two times of the wall clock differ that are not the same."""
REBOOT = 300.0
"""Seconds that a reboot is taken to last while no clock can tell: a box that loses its power again and again must not
suppress for ever."""


class Seen(Struct):
    """The transient memory of one suppression by design."""

    condition: Condition
    known: float | None = None
    """Monotonic second of the last reading that said something; None before the first."""


class Held(Struct):
    """One suppression in force."""

    suppression: Suppression
    left: float | None
    """Seconds that were left when they were counted last; None where it is not bound to time."""
    boot: str
    mono: float
    """When that was."""
    began: Instant
    """When it was begun; dated anew when an offset of that boot becomes known."""
    crossed: bool = False
    """Whether the machine was started anew since."""
    carried: bool = False
    """Whether a start lies within at which no clock could tell how long the machine had been off."""

    @property
    def until(self) -> float | None:
        """Wall seconds of its end, by what is known of the clock of its beginning; None where it is not bound to time."""
        seconds = self.suppression.seconds
        return None if seconds is None else self.began.wall + seconds


def hold(suppression: Suppression, at: Instant) -> Held:
    """A suppression that begins."""
    return Held(suppression, suppression.seconds, at.boot, at.mono, at)


def is_believed(at: Instant) -> bool:
    """Whether the calendar may be asked."""
    return at.quality is not ClockQuality.UNSYNCED


def remaining(held: Held, now: Instant) -> float | None:
    """Seconds still to last, not more than 0 where it is over; None where it is not bound to time."""
    if held.left is None:
        return None
    left = held.left - (now.mono - held.mono if now.boot == held.boot else 0.0)
    if held.crossed and held.until is not None and tells_time_from(held.began, now):
        return min(left, held.until - now.wall)
    return left


def since(held: Held, now: Instant) -> float:
    """Wall seconds since which it is in force, by the clock as it is now: it may have been set since."""
    if held.crossed or held.boot != now.boot:
        return held.began.wall
    return by_clock_of(now, held.mono, held.began.wall)


def lasted(held: Held, now: Instant) -> float:
    """Seconds for which it has been in force without a break, by as many orders as there were."""
    left, seconds = remaining(held, now), held.suppression.seconds
    return held.suppression.before + (0.0 if left is None or seconds is None else max(0.0, seconds - left))


def recount(held: Held, latest: Instant, start: Instant) -> None:
    """The box starts: count from here what was left at the latest event before."""
    if start.boot == held.boot:
        return
    if held.left is not None and latest.boot == held.boot:
        held.left -= latest.mono - held.mono
    if held.left is not None and not tells_time_from(held.began, start):
        held.left, held.carried = held.left - REBOOT, True
    held.boot, held.mono, held.crossed = start.boot, start.mono, True


def ended_by(held: Held, cause: Ending, now: Instant) -> SuppressionEnded:
    """The end of a suppression that nobody ordered."""
    given = held.suppression
    carried = held.carried and cause is Ending.TIME
    return SuppressionEnded(
        at=now, id=given.id, kind=given.kind, subjects=given.subjects, cause=cause, carried=carried
    )


def differs(one: Suppression, other: Suppression) -> bool:
    """Whether they are not about the same, or end at another time."""
    moved = abs((one.until or 0.0) - (other.until or 0.0)) > JUMP
    return moved or replace(one, since=0.0, seconds=None) != replace(other, since=0.0, seconds=None)
