"""The limits of alarms as they cross the control socket. Times are seconds since 1970 (UTC)."""

from msgspec import Struct

from agent.core.inputs import Origin
from agent.core.model import Text


class NumberView(Struct, frozen=True):
    """One number of a limit: what is in force, what the configuration says, and how far it may be changed on site."""

    name: str
    unit: str
    value: float
    configured: float
    low: float | None = None
    """None, as `high`, where it may not be changed."""
    high: float | None = None
    by: Origin | None = None
    """Who changed it on site; None where it is as configured."""
    reason: str = ""
    at: float = 0.0


class LimitView(Struct, frozen=True):
    """The limit and the delays of one alarm."""

    alarm: str
    resource: str
    resource_name: Text
    severity: str
    text: Text
    point: str
    point_text: Text
    per: float
    """Where not 0, the limit is of the change within so many seconds."""
    numbers: list[NumberView]

    @property
    def is_local(self) -> bool:
        """Whether anything of it was changed on site."""
        return any(number.by is not None for number in self.numbers)


class LimitsView(Struct, frozen=True, tag="limits"):
    """The limits that may be changed on site."""

    limits: list[LimitView]
