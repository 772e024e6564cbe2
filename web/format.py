"""Numbers, units, limits and times as a reader in the room wants them. Pure, but for the language of the request."""

from datetime import UTC, datetime, tzinfo
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agent import api
from web.i18n import gettext, mark
from web.words import POLL_CAUSES, value_word, word

REACHABLE = "reachable"
"""The point of every device that says whether it answers."""

UNITS = {
    "%": "%",
    "A": "A",
    "Cel": "°C",
    "Hz": "Hz",
    "KiBy": "KiB",
    "MBy/d": mark("MB/d"),
    "Mbit/s": "Mbit/s",
    "V": "V",
    "VA": "VA",
    "W": "W",
    "min": mark("min"),
    "s": mark("s"),
}
"""UCUM units as people write them."""

SECONDS_OF = {"s": 1, "min": 60}
BYTES_OF = {"By": 1, "KiBy": 1024}

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_FOREVER = 1e12


@cache
def zone(name: str) -> tzinfo:
    """The time zone of that name; UTC where nobody on this machine knows it.

    A minimal system has no time-zone data. Flask-Babel brings some along (as pytz), so those are tried next.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return _bundled_zone(name)


def _bundled_zone(name: str) -> tzinfo:
    if ".." in name or name.startswith("/"):
        return UTC
    try:
        with resources.files("pytz").joinpath("zoneinfo", name).open("rb") as file:
            return ZoneInfo.from_file(file, key=name)
    except (OSError, ValueError, ModuleNotFoundError):
        return UTC


class Times:
    """Writes moments in the time zone of the site, seen from one now.

    Args:
        zone_name: IANA name of the zone.
        now: the agent's wall time, seconds since 1970.
    """

    def __init__(self, zone_name: str, now: float) -> None:
        self._zone = zone(zone_name)
        self._now = now
        self.zone_name = zone_name if self._zone is not UTC else "UTC"

    @property
    def zone(self) -> tzinfo:
        """The time zone of the site."""
        return self._zone

    def local(self, wall: float) -> datetime:
        """A moment in the zone of the site."""
        return datetime.fromtimestamp(wall, self._zone)

    def moment(self, wall: float) -> str:
        """A moment as short as it is clear: today only the time, else with its date."""
        then, now = self.local(wall), self.local(self._now)
        if then.date() == now.date():
            return then.strftime("%H:%M")
        return then.strftime("%m-%d %H:%M" if then.year == now.year else "%Y-%m-%d %H:%M")

    def exact(self, wall: float) -> str:
        """A moment to the second, with its date."""
        return self.local(wall).strftime("%Y-%m-%d %H:%M:%S")

    def iso(self, wall: float) -> str:
        """A moment for machines."""
        return self.local(wall).isoformat(timespec="seconds")

    def ago(self, wall: float) -> str:
        """How long ago a moment was."""
        return duration(self._now - wall)

    @property
    def now(self) -> str:
        """The agent's now, to the second."""
        return self.exact(self._now)


def duration(seconds: float) -> str:
    """A duration in its two largest units; nothing below zero, which only a stepped clock can make."""
    whole = max(0, int(seconds))
    if whole < _MINUTE:
        return gettext("%(seconds)d s", seconds=whole)
    if whole < _HOUR:
        return gettext("%(minutes)d min", minutes=whole // _MINUTE)
    if whole < _DAY:
        hours, minutes = divmod(whole // _MINUTE, 60)
        if not minutes:
            return gettext("%(hours)d h", hours=hours)
        return gettext("%(hours)d h %(minutes)d min", hours=hours, minutes=minutes)
    days, hours = divmod(whole // _HOUR, 24)
    if not hours:
        return gettext("%(days)d d", days=days)
    return gettext("%(days)d d %(hours)d h", days=days, hours=hours)


def value(given: float | bool | str | None, unit: str = "") -> str:  # noqa: FBT001  # a value may be a flag
    """A value with its unit."""
    if given is None:
        return "–"
    if isinstance(given, bool):
        return gettext("yes") if given else gettext("no")
    if isinstance(given, str):
        return value_word(given)
    if unit in BYTES_OF:
        return _bytes(given * BYTES_OF[unit])
    if unit in SECONDS_OF and 2 * _MINUTE <= given * SECONDS_OF[unit] < _FOREVER:
        return duration(given * SECONDS_OF[unit])
    return f"{_number(given)} {gettext(UNITS[unit]) if unit in UNITS else unit}".strip()


def _number(given: float) -> str:
    """A number to six digits; those before the point are all told, as long as a person can read them."""
    if isinstance(given, float) and 1e6 <= abs(given) < _FOREVER:
        return f"{given:.0f}"
    return f"{given:.6g}" if isinstance(given, float) else str(given)


def _bytes(count: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(count) < 1000:
            return f"{count:.4g} {unit}"
        count /= 1024
    return f"{count:.4g} TiB"


def reading(alarm: api.AlarmView) -> str:
    """The reading that raised an alarm."""
    evidence = alarm.raised_by
    if evidence.point == REACHABLE:
        return poll_cause(evidence.detail)
    return value(evidence.value, evidence.unit)


def poll_cause(told: str) -> str:
    """Why a device does not answer: the cause in the language of the reader, then what the wire said."""
    cause, _, detail = told.partition(": ")
    if not cause:
        return gettext("no answer")
    known = word(POLL_CAUSES, cause)
    return f"{known} ({detail})" if detail and detail != cause else known


def limit(alarm: api.AlarmView) -> str:
    """The limit that the reading crossed; empty where there is none worth telling."""
    evidence = alarm.raised_by
    crossed = evidence.limit
    if evidence.point == REACHABLE:
        return ""
    if crossed.raise_above is not None:
        return gettext("above %(value)s", value=value(crossed.raise_above, evidence.unit))
    if crossed.raise_below is not None:
        return gettext("below %(value)s", value=value(crossed.raise_below, evidence.unit))
    words = [value(one, evidence.unit) for one in crossed.among or crossed.tokens]
    return "" if words == [reading(alarm)] else " / ".join(words)
