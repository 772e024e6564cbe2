"""Windows and designs: from the words of the site file to what the core goes by, and what may be wrong with them."""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import MAXYEAR, datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import DAILY, rrule, rruleset, rrulestr

from agent.config.errors import Report
from agent.config.site import SiteFile
from agent.config.suppression_entries import DesignEntry, During, WindowEntry
from agent.config.words import show, suggest
from agent.core.model import Device, Rule, Severity, Text, alarm_key
from agent.core.suppression.nouns import DAY, Design, MaintenanceWindow, Shelving

_DAY, _MONTH = r"[+-]?[1-5]?(?:MO|TU|WE|TH|FR|SA|SU)", r"(?:[1-9]|1[0-2])"
_MONTHDAY = r"-?(?:[1-9]|[12][0-9]|3[01])"
_RULE = re.compile(
    rf"FREQ=(?:DAILY|WEEKLY|MONTHLY(?:;BYMONTHDAY={_MONTHDAY}(?:,{_MONTHDAY})*)?|YEARLY)"
    r"(?:;(?:(?:INTERVAL|COUNT)=[1-9][0-9]{0,3}|UNTIL=[0-9]{8}(?:T[0-9]{6})?|WKST=(?:MO|TU|WE|TH|FR|SA|SU)"
    rf"|BYDAY={_DAY}(?:,{_DAY})*|BYMONTH={_MONTH}(?:,{_MONTH})*|BYSETPOS=-?[1-5]))*",
    re.ASCII,
)
"""What people write of days; of the rest of RFC 5545 some never comes up, and takes minutes to find that out."""
_SOON = timedelta(days=366 * 10)
"""A rule that has not come up within so long never does, as far as anybody here cares."""
_CYCLE = 400
"""Years after which each date falls on the same day of the week again."""
SHORTEST, LONGEST = 60.0, 7 * DAY
"""Seconds that a window may be open."""


def windows_of(site: SiteFile) -> tuple[MaintenanceWindow, ...]:
    """The maintenance windows of a site file without mistakes."""
    zone = ZoneInfo(site.site.timezone)
    return tuple(
        MaintenanceWindow(
            id=one.id,
            devices=one.devices,
            times=_times(one),
            zone=zone,
            seconds=one.duration,
            reason=one.reason,
            responsible=one.responsible,
            begins=one.begins,
        )
        for one in site.window
    )


def designs_of(site: SiteFile) -> tuple[Design, ...]:
    """The designs of a site file without mistakes."""
    return tuple(map(_design, site.suppress))


def shelving_of(site: SiteFile) -> Shelving:
    """For how long people may suppress."""
    given = site.shelving
    return Shelving(given.longest, given.longest_critical, given.longest_out_of_service)


def _times(entry: WindowEntry) -> rrule:
    if not entry.rrule:
        return rrule(DAILY, dtstart=entry.begins, count=1)
    made = rrulestr(entry.rrule, dtstart=entry.begins, cache=True)  # counted from the beginning each time
    if isinstance(made, rruleset):
        raise ValueError("more than one rule")  # noqa: TRY004  # of the text, not of a type
    return made


def _design(entry: DesignEntry) -> Design:
    during = entry.during
    rule = Rule(
        type=entry.id,
        point=during.point,
        severity=Severity.WARNING,
        limit=during.limit,
        text=Text(entry.reason, entry.reason),
        on_delay=during.on_delay,
        off_delay=during.off_delay,
    )
    return Design(entry.id, entry.alarms, during.device, rule, entry.reason, entry.responsible)


# --- what may be wrong ---------------------------------------------------------------------------------------------


def check_suppression(site: SiteFile, branch: Mapping[str, Device], report: Report) -> None:
    """Note every mistake of windows and designs.

    Args:
        site: the site file as far as it could be filled.
        branch: the devices as the core will watch them.
        report: takes the mistakes.
    """
    for key, entries in (("window", site.window), ("suppress", site.suppress)):
        for id_, count in Counter(one.id for one in entries).items():
            if count > 1:
                report.add(f"{key}[{id_}].id", f"{show(id_)} is used {count} times", "give each its own id")
    for window in site.window:
        _check_window(window, branch, report)
    for design in site.suppress:
        _check_design(design, branch, report)


def _check_window(window: WindowEntry, branch: Mapping[str, Device], report: Report) -> None:
    path = f"window[{window.id}]"
    if not window.devices:
        report.add(f"{path}.devices", "names nothing", "write which devices are worked on")
    for at, id_ in enumerate(window.devices):
        _check_device(id_, branch, f"{path}.devices[{at}]", report)
    if not SHORTEST <= window.duration <= LONGEST:
        report.add(f"{path}.duration", "is no time to work in", 'write "1m" to "7d"')
    if window.rrule:
        _check_rule(window, f"{path}.rrule", report)


def _check_rule(window: WindowEntry, path: str, report: Report) -> None:
    if not _RULE.fullmatch(window.rrule):
        remedy = (
            "write FREQ=DAILY, WEEKLY, MONTHLY or YEARLY first, then ;BYDAY=1SU and the like, in capitals"
        )
        report.add(path, f"{show(window.rrule)} is no rule for days", remedy)
        return
    if "COUNT=" in window.rrule and "UNTIL=" in window.rrule:
        report.add(path, "has both COUNT and UNTIL", "write one of them, as RFC 5545 does")
        return
    try:
        times = _times(window)
    except (ValueError, IndexError) as error:  # the library indexes with what it is given
        report.add(path, f"{show(window.rrule)} is no rule: {error}", "write it as RFC 5545 does")
        return
    first = _first(times, window.begins)
    if first is None or first > window.begins + _SOON or first not in times:
        report.add(path, "never comes up", "write a day that there is")


def _first(times: rrule, begins: datetime) -> datetime | None:
    """When it first comes up, if there were no UNTIL.

    The library searches to the year 9999, which takes seconds; the calendar comes back every 400 years, so it is asked
    about the last time that it does.
    """
    later = (MAXYEAR - begins.year) // _CYCLE * _CYCLE
    moved = times.replace(dtstart=begins.replace(year=begins.year + later), count=None, until=None)
    first = next(iter(moved), None)
    return first and first.replace(year=first.year - later)


def _check_device(id_: str, branch: Mapping[str, Device], path: str, report: Report) -> None:
    known = {one.id for one in branch.values() if not one.built_in}
    if id_ not in known:
        report.add(path, f"{show(id_)} is no device that can be worked on", suggest(id_, known))


def _check_design(design: DesignEntry, branch: Mapping[str, Device], report: Report) -> None:
    path = f"suppress[{design.id}]"
    known = {alarm_key(device, rule).id for device in branch.values() for rule in device.rules}
    if not design.alarms:
        report.add(f"{path}.alarms", "names nothing", "write which alarms mean nothing then")
    for at, alarm in enumerate(design.alarms):
        if alarm not in known:
            problem = f"{show(alarm)} is no alarm of this site"
            report.add(f"{path}.alarms[{at}]", problem, suggest(alarm, known))
    _check_during(design.during, branch, f"{path}.while", report)


def _check_during(during: During, branch: Mapping[str, Device], path: str, report: Report) -> None:
    device = branch.get(during.device)
    if device is None:
        problem = f"{show(during.device)} is no device of this site"
        report.add(f"{path}.device", problem, suggest(during.device, branch))
    elif during.point not in device.points:
        problem = f"{show(during.point)} is no point of {during.device}"
        report.add(f"{path}.point", problem, suggest(during.point, device.points))
    _check_limit(during, path, report)


def _check_limit(during: During, path: str, report: Report) -> None:
    kinds = {
        "in": bool(during.among),
        "has": bool(during.has),
        "raise_above": during.raise_above is not None,
        "raise_below": during.raise_below is not None,
    }
    if sum(kinds.values()) != 1:
        report.add(path, "needs one of in, has, raise_above and raise_below", "write when it is so")
    for clear, raised, way in (("clear_below", "raise_above", 1), ("clear_above", "raise_below", -1)):
        end, begin = getattr(during, clear), getattr(during, raised)
        if end is not None and (begin is None or (begin - end) * way < 0):
            report.add(
                f"{path}.{clear}", f"does not go with {raised}", f"write it on the other side of {raised}"
            )
