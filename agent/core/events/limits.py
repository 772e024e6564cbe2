"""What happens to limits that were changed on site (ISA-18.2, management of change)."""

from agent.core.events.base import Event
from agent.core.inputs import Origin
from agent.core.model import AlarmKey, Text


class LimitEvent(Event, frozen=True, kw_only=True):
    """Something about a limit that is or was changed on site.

    Numbers stand by name (`raise_above`, `clear_below`, `raise_below`, `clear_above`, `on_delay`, `off_delay`), all
    that the rule has; delays in seconds, the rest in `unit`.
    """

    alarm: AlarmKey
    text: Text
    point: str
    unit: str
    before: dict[str, float]
    """What was in force."""
    after: dict[str, float]
    """What is in force from here on; empty where the alarm cannot occur any more."""
    configured: dict[str, float]
    """What the configuration says."""
    per: float | None = None
    """Seconds within which the limit is of a change, 0 for the value itself; None in entries of versions that told neither."""


class LimitChanged(LimitEvent, tag="limit.changed", frozen=True, kw_only=True):
    """Someone changed a limit on site (ISA-18.2, management of change)."""

    by: Origin
    reason: str
    order: str = ""


class LimitReverted(LimitEvent, tag="limit.reverted", frozen=True, kw_only=True):
    """A limit that was changed on site is as the configuration says again."""

    reason: str
    by: Origin | None = None
    """None where the box did it at its start: the configuration leaves no room for the change any more."""
    order: str = ""


class LimitReconfigured(LimitEvent, tag="limit.reconfigured", frozen=True, kw_only=True):
    """The configuration has changed under a limit that was changed on site; the change on site stays in force."""

    configured_before: dict[str, float]


AnyLimitEvent = LimitChanged | LimitReverted | LimitReconfigured
