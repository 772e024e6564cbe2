"""What the tests of suppression share: names of alarms, windows of work, and what was suppressed and why it ended."""

from datetime import datetime
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from agent.core.events import (
    SuppressionBegan,
    SuppressionEnded,
)
from agent.core.sequences import Sequence
from agent.core.suppression.nouns import Ending, Kind, MaintenanceWindow
from tests.core.branch import Room

HOT, LOW = "ups-1.temperature-high", "ups-1.battery-low"
UPS, SWITCH, PBX, GATEWAY = (f"{id_}.unreachable" for id_ in ("ups-1", "switch-1", "pbx-1", "gw-1"))
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2027, 3, 7, 12, tzinfo=SHANGHAI).timestamp()


def window(
    *devices: str,
    begins: tuple[int, ...] = (2027, 3, 1, 13),
    hours: float = 2.0,
    rule: str = "FREQ=DAILY",
    zone: ZoneInfo = SHANGHAI,
) -> MaintenanceWindow:
    """A window of work on devices."""
    first = datetime(*begins)  # type: ignore[arg-type, misc]  # noqa: DTZ001  # local time of the site
    times = rrulestr(rule, dtstart=first)
    return MaintenanceWindow("work", devices, times, zone, hours * 3600.0, "batteries", "Li Na", first)


def sequence(room: Room, alarm: str) -> Sequence:
    """Where the window of an alarm is."""
    found = room.state.durable.windows.get(alarm)
    return found.sequence if found else Sequence.NORMAL


def suppressors(room: Room, alarm: str) -> set[Kind]:
    """What suppresses an alarm of the list."""
    return {one.kind for one in room.state.durable.alarms.alarms[alarm].suppressed}


def began(room: Room) -> list[str]:
    """What has been suppressed so far."""
    return [one.suppression.id for one in room.events if isinstance(one, SuppressionBegan)]


def endings(room: Room) -> list[tuple[str, Ending]]:
    """What has ended so far, and why."""
    return [(one.id, one.cause) for one in room.events if isinstance(one, SuppressionEnded)]
