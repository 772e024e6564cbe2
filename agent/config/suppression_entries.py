"""The parts of the site file that keep alarms from being annunciated: windows, designs, and for how long people may."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct, field

from agent.config.words import Duration, Line, MisreadError, PointName, Slug, show
from agent.core.model import Limit, Value
from agent.core.suppression.nouns import DAY

_YEARS = range(2000, 2100)


def read_local_time(given: object) -> datetime:
    """A date and a time of the clock on the wall of the site.

    Raises:
        MisreadError: it is none, or has an offset, which summer time would make wrong.
    """
    if not isinstance(given, datetime):
        raise MisreadError(f"{show(given)} is no date with a time")
    if given.tzinfo is not None:
        raise MisreadError("has an offset, but it is the site's own time")
    if given.year not in _YEARS:
        raise MisreadError(f"{given.year} is no year to begin in")
    return given


LocalTime = Annotated[
    datetime,
    Meta(
        extra={"read": read_local_time},
        description="a local date and time without quotes or offset, such as 2027-01-03T01:00:00",
    ),
]
RecurrenceRule = Annotated[
    str, Meta(description='a rule of RFC 5545 for days, such as "FREQ=MONTHLY;BYDAY=1SU"; without it once')
]


class WindowEntry(Struct, frozen=True):
    """A maintenance window: while it is open, alarms of its devices and their consequences are not annunciated.

    Attributes:
        devices: what is worked on.
        begins: the first beginning, in the site's time.
        rrule: how it recurs (RFC 5545), at that time of day; once unless given.
        duration: how long it is open each time.
        reason: what is done.
        responsible: who answers for it.
    """

    id: Slug
    devices: tuple[Slug, ...]
    begins: LocalTime
    duration: Duration
    reason: Line
    responsible: Line
    rrule: RecurrenceRule = ""


class During(Struct, frozen=True):
    """What must be so: a point of a device, and a limit as in a profile."""

    device: Slug
    point: PointName
    among: tuple[Value, ...] = field(default=(), name="in")
    has: tuple[Line, ...] = ()
    raise_above: float | None = None
    clear_below: float | None = None
    raise_below: float | None = None
    clear_above: float | None = None
    on_delay: Duration = 0.0
    off_delay: Duration = 30.0

    @property
    def limit(self) -> Limit:
        """The limit as the core judges it."""
        return Limit(
            self.raise_above, self.clear_below, self.raise_below, self.clear_above, self.among, self.has
        )

    @property
    def limit_kinds(self) -> list[str]:
        """The names of the limits that are given; one, where the design is right."""
        given = {
            "in": bool(self.among),
            "has": bool(self.has),
            "raise_above": self.raise_above is not None,
            "raise_below": self.raise_below is not None,
        }
        return [name for name, is_given in given.items() if is_given]


class DesignEntry(Struct, frozen=True):
    """Alarms that mean nothing while something else is so (ISA-18.2, suppressed by design).

    Attributes:
        alarms: ids of the alarms.
        during: what must be so.
        reason: why they mean nothing then.
        responsible: who answers for it.
    """

    id: Slug
    alarms: tuple[PointName, ...]
    during: During = field(name="while")
    reason: Line = field()
    responsible: Line = field()


class ShelvingSettings(Struct, frozen=True):
    """For how long people may put an alarm aside, or take a device out of service, at most."""

    longest: Duration = DAY
    longest_critical: Duration = 4 * 3600.0
    longest_out_of_service: Duration = 30 * DAY
