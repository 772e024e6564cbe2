"""The nouns of suppression: its four kinds, and what a site says of them."""

from datetime import datetime, tzinfo
from enum import StrEnum

from dateutil.rrule import rrule
from msgspec import Struct

from agent.core.inputs import Origin
from agent.core.model import Rule

DAY = 86_400.0


class Kind(StrEnum):
    """The ways to suppress an alarm; the words are those of ISA-18.2, where a window is planned out of service."""

    SHELVED = "shelved"
    """A person has put one alarm aside, for a short time."""
    WINDOW = "window"
    """The calendar says that devices are being worked on."""
    OUT_OF_SERVICE = "out-of-service"
    """A person has taken a device out of service."""
    BY_DESIGN = "by-design"
    """Something else that is so makes the alarm mean nothing."""


OF_DEVICES = (Kind.WINDOW, Kind.OUT_OF_SERVICE)
"""The kinds whose subjects are devices; the others are about alarms."""
BY_PEOPLE = (Kind.SHELVED, Kind.OUT_OF_SERVICE)
"""The kinds that somebody orders, who has seen what stands."""


class Ending(StrEnum):
    """Why a suppression ended."""

    TIME = "time"
    ORDER = "order"
    CONDITION = "condition"
    """What it was bound to is so no more, or nobody can say."""
    CONFIGURATION = "configuration"
    """The site no longer has what it was about."""


def id_of(kind: Kind, name: str) -> str:
    """The id of a suppression: there is one of each kind for each alarm, device, window or design."""
    return f"{kind.value}:{name}"


class Suppressed(Struct, frozen=True):
    """By what an alarm is suppressed."""

    kind: Kind
    id: str


class Suppression(Struct, frozen=True, omit_defaults=True):
    """One suppression as it was begun."""

    id: str
    kind: Kind
    subjects: tuple[str, ...]
    """Ids of alarms (shelved, by design) or of devices (window, out of service)."""
    reason: str
    responsible: str
    """Who answers for it."""
    by: Origin | None = None
    """Who ordered it; None where the site file says it."""
    since: float = 0.0
    """Wall seconds."""
    seconds: float | None = None
    """How long it lasts at most; None for as long as something is so."""
    before: float = 0.0
    """Seconds that it had lasted without a break when it was ordered again."""

    @property
    def until(self) -> float | None:
        """Wall seconds of its end, by the clock of its beginning."""
        return None if self.seconds is None else self.since + self.seconds


class MaintenanceWindow(Struct, frozen=True):
    """A recurring time in which devices are worked on, local to the site (RFC 5545, RRULE)."""

    id: str
    devices: tuple[str, ...]
    times: rrule
    """When it begins, as local time without a zone."""
    zone: tzinfo
    seconds: float
    reason: str
    responsible: str
    begins: datetime
    """The first beginning."""


class Design(Struct, frozen=True):
    """Alarms that mean nothing while something else is so, such as `on-battery` while the generator is tested."""

    id: str
    alarms: tuple[str, ...]
    device: str
    """Where it is seen."""
    rule: Rule
    """When it is so: point, limit and delays of a condition that is no alarm."""
    reason: str
    responsible: str


class Shelving(Struct, frozen=True):
    """For how long people may suppress, in seconds."""

    longest: float = DAY
    """A shelved alarm."""
    longest_critical: float = 4 * 3600.0
    """A shelved critical alarm."""
    longest_out_of_service: float = 30 * DAY
