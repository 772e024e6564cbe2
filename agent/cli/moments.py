"""Times as people write and read them on the command line, in the time zone of the site."""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click


def zone_of(name: str) -> tzinfo:
    """The time zone of a name of the IANA data base; UTC where a minimal system has no time-zone data."""
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        return UTC


def moment(text: str, zone: tzinfo, option: str) -> float:
    """Seconds since 1970 of a time in ISO 8601, in `zone` unless it says; 0 for an empty text.

    Raises:
        click.BadParameter: the text is no time.
    """
    if not text:
        return 0.0
    try:
        given = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(
            f"{text!r} is no time such as 2026-11-22T08:00", param_hint=option
        ) from error
    return (given if given.tzinfo else given.replace(tzinfo=zone)).timestamp()


def clock(zone: tzinfo) -> Callable[[float], str]:
    """From seconds since 1970 to what a person in `zone` reads."""
    mark = " UTC" if zone is UTC else ""
    return lambda wall: datetime.fromtimestamp(wall, zone).strftime("%Y-%m-%d %H:%M:%S") + mark
