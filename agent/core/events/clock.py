"""What happens to the wall clock. Nothing that is stored is written anew: readers correct by what these say."""

from agent.core.events.base import Event
from agent.core.model import ClockQuality


class ClockStepped(Event, tag="clock.stepped", frozen=True, kw_only=True):
    """The wall clock was set. What it says at this instant is `after`; had it run on, it would say `before`."""

    before: float
    after: float
    quality_before: ClockQuality
    quality_after: ClockQuality


class ClockOffset(Event, tag="clock.offset", frozen=True, kw_only=True):
    """What the clock of a boot should have said: true is the monotonic second of each of its events plus `offset`.

    The newest of a boot holds for all of its events, those after it included. It is appended once a trusted source has
    told the time, or when somebody else sets the clock after that. A boot that ended before anybody knew lies as late as
    it can have been, and `uncertainty` says how much earlier; one with a battery clock is wrong by what that was.
    """

    boot_id: str
    offset: float
    """Wall minus monotonic seconds."""
    uncertainty: float | None
    """Seconds by which the true time may differ; None where nobody can say."""
    source: ClockQuality
    """Who told the time."""


AnyClockEvent = ClockStepped | ClockOffset
