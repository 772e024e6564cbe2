"""What a modem says of the time: `+CCLK` and the lines that networks cause (NITZ), without I/O.

3GPP TS 27.007 has `+CCLK: "yy/MM/dd,hh:mm:ss±zz"` as local time, and `zz` as what local time is ahead of UTC, in quarters of an
hour. Modems differ from that in two ways: some tell UTC and give the zone beside it (arduino-libraries/MKRNB#28), and some
count the zone in hours (gammu/gammu#1227 is the same mistake the other way). A line does not say which; a modem's
profile does, and `fitting` finds out where the time is known from elsewhere. None has a word for "never set": its clock then
begins at its firmware's epoch, so that dates from before our own build are no dates.
"""

import re
from datetime import UTC, datetime, timedelta
from itertools import product

from msgspec import Struct

from firmware.chrony import Sample
from firmware.errors import FrameError

QUARTER, HOUR = 900, 3600
LONGEST = 100
"""No line about the time is longer."""
HORIZON = 30 * 365 * 86_400.0
"""Seconds after the build in which the box may live; a time beyond is garbled."""
PIVOT = 70
"""Years of two digits from here on are of the last century: clocks that begin at 1970 or 1980 (GPS)."""
TRUNCATED = 0.5
"""Seconds that a time without fractions lies behind, on average."""
AGREES = 600.0
"""Seconds within which two times agree for the purpose of telling zones apart: no two zones are so near."""

_PARTS = ("year", "month", "day", "hour", "minute", "second")
_TIME = (
    r"(?P<year>\d{2}|\d{4})/(?P<month>\d\d)/(?P<day>\d\d),(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
)
_LIST = r", ?".join(rf"(?P<{name}>\d{{1,4}})" for name in _PARTS)
_ZONE = r'"?(?P<zone>[+-]?\d{1,3})"?'
_LINES = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        rf'\+CCLK: ?"{_TIME}(?P<zone>[+-]\d{{1,3}})?"',
        rf'\+QLTS: ?"{_TIME}(?P<zone>[+-]\d{{1,3}}),(?P<dst>[0-2])"',
        rf'\+CTZE: ?{_ZONE},(?P<dst>[0-2]),"{_TIME}"',
        rf'\+CTZV: ?{_ZONE},"{_TIME}"',
        rf"\*PSUTTZ: ?{_LIST}, ?{_ZONE}, ?(?P<dst>[0-2])",
    )
)


class NetworkTime(Struct, frozen=True):
    """A time as a line tells it.

    Attributes:
        said: year to second, of whatever zone.
        zone: the number beside it, in whatever unit; None where there is none.
        summer: hours of summer time that the zone has in it; None where nothing is said.
    """

    said: datetime
    zone: int | None
    summer: int | None = None


class Convention(Struct, frozen=True):
    """How a modem means it.

    Attributes:
        is_utc: what is said is UTC already; else it is local time.
        zone_unit: seconds in one step of the zone.
    """

    is_utc: bool = False
    zone_unit: int = QUARTER


CONVENTIONS = tuple(Convention(is_utc, unit) for is_utc, unit in product((False, True), (QUARTER, HOUR)))
"""All that are known; the first is 3GPP's."""


def parse_time(line: str) -> NetworkTime:
    """The time in an answer or an unsolicited line.

    Raises:
        FrameError: the line tells no time.
    """
    for pattern in _LINES:
        found = pattern.fullmatch(line.strip()) if len(line) <= LONGEST else None
        if found is not None:
            return _told(found.groupdict())
    raise FrameError(f"no time: {line[:LONGEST]!r}")


def _told(words: dict[str, str | None]) -> NetworkTime:
    year, *rest = (int(words[name] or 0) for name in _PARTS)
    if year < 100:
        year += 1900 if year >= PIVOT else 2000
    zone, summer = words["zone"], words.get("dst")
    try:
        said = datetime(year, *rest)  # type: ignore[arg-type]  # noqa: DTZ001  # its zone is what `utc_of` is about
    except ValueError as error:
        raise FrameError(f"no time: {error}") from error
    return NetworkTime(said, None if zone is None else int(zone), None if summer is None else int(summer))


def utc_of(told: NetworkTime, convention: Convention, *, built: float) -> float:
    """The seconds since 1970 that are meant.

    Args:
        told: what a line says.
        convention: how its modem means it.
        built: seconds since 1970 of our own build: no true time lies before it.

    Raises:
        FrameError: it cannot be true: the modem was never set, or says what is no zone.
    """
    utc = _utc(told, convention)
    if utc is None:
        raise FrameError(f"a zone cannot be {told.zone} steps of {convention.zone_unit} s")
    if not built <= utc <= built + HORIZON:
        raise FrameError(f"the clock of the modem was never set: {told.said.isoformat()}")
    return utc


def _utc(told: NetworkTime, convention: Convention) -> float | None:
    ahead = timedelta(seconds=(told.zone or 0) * convention.zone_unit)
    if told.zone is None and not convention.is_utc:
        return None
    if not timedelta(hours=-12) <= ahead <= timedelta(hours=14):
        return None
    utc = told.said.replace(tzinfo=UTC).timestamp()
    return utc if convention.is_utc else utc - ahead.total_seconds()


def fitting(told: NetworkTime, known: float) -> tuple[Convention, ...]:
    """The conventions by which a modem says what is known to be so, 3GPP's first; none where its clock is wrong.

    Args:
        told: what a line says.
        known: seconds since 1970 at that moment, from a better source such as NTP.
    """
    times = ((one, _utc(told, one)) for one in CONVENTIONS)
    return tuple(one for one, utc in times if utc is not None and abs(utc - known) <= AGREES)


def to_sample(utc: float, at: float) -> Sample:
    """What a modem's time says of the system's clock, for chrony.

    Args:
        utc: seconds since 1970 that the modem told, whole ones.
        at: what the system's clock said when the line came.
    """
    return Sample(at, utc + TRUNCATED - at)
