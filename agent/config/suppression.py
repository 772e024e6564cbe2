"""Windows and designs: from the words of the site file to what the core goes by, and what may be wrong with them."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import MAXYEAR, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from dateutil.rrule import DAILY, rrule, rruleset, rrulestr

from agent.config.design_checks import check_designs
from agent.config.errors import Report
from agent.config.profile import Profile
from agent.config.site import SiteFile
from agent.config.suppression_entries import DesignEntry, ShelvingSettings, WindowEntry
from agent.config.words import show, suggest
from agent.core.model import Device, Rule, Severity, Text
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
_NUMBERED = re.compile(r"BYDAY=[^;]*[0-9]")
"""Within a month or a year only (RFC 5545, section 3.3.10); the library takes it for each such day elsewhere."""
_SOON = timedelta(days=366 * 10)
"""A rule that has not come up within so long never does, as far as anybody here cares."""
_CYCLE = 400
"""Years after which each date falls on the same day of the week again."""
SHORTEST, LONGEST = 60.0, 7 * DAY
"""Seconds that a window may be open."""
_LOOKED_AT = 60
"""Beginnings of a rule, among which neighbours are as near to each other as they ever are."""


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


def check_suppression(
    site: SiteFile, branch: Mapping[str, Device], profiles: Mapping[str, Profile], report: Report
) -> None:
    """Note every mistake of windows, designs and shelving.

    Args:
        site: the site file as far as it could be filled.
        branch: the devices as the core will watch them.
        profiles: their kinds, by id.
        report: takes the mistakes.
    """
    for key, entries in (("window", site.window), ("suppress", site.suppress)):
        for id_, count in Counter(one.id for one in entries).items():
            if count > 1:
                report.add(f"{key}[{id_}].id", f"{show(id_)} is used {count} times", "give each its own id")
    for window in site.window:
        _check_window(window, branch, report)
    check_designs(site, branch, profiles, report)
    _check_shelving(site.shelving, report)


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
        if not report.knows(f"{path}.rrule") and not report.knows(f"{path}.duration"):
            _check_gaps(window, f"{path}.duration", report)


def _check_rule(window: WindowEntry, path: str, report: Report) -> None:
    if not _RULE.fullmatch(window.rrule):
        remedy = (
            "write FREQ=DAILY, WEEKLY, MONTHLY or YEARLY first, then ;BYDAY=1SU and the like, in capitals"
        )
        report.add(path, f"{show(window.rrule)} is no rule for days", remedy)
        return
    if _NUMBERED.search(window.rrule) and window.rrule.startswith(("FREQ=DAILY", "FREQ=WEEKLY")):
        problem = f"{show(window.rrule)} counts days of a week, which has each once"
        report.add(path, problem, "write FREQ=MONTHLY or YEARLY, or the day without its number")
        return
    if "COUNT=" in window.rrule and "UNTIL=" in window.rrule:
        report.add(path, "has both COUNT and UNTIL", "write one of them, as RFC 5545 does")
        return
    try:
        times = _times(window)
    except (ValueError, IndexError) as error:  # the library indexes with what it is given
        report.add(path, f"{show(window.rrule)} is no rule: {error}", "write it as RFC 5545 does")
        return
    first = next(_endless(times, window.begins), None)
    if first is None or first > window.begins + _SOON or first not in times:
        report.add(path, "never comes up", "write a day that there is")


def _endless(times: rrule, begins: datetime) -> Iterator[datetime]:
    """When it comes up, if there were neither COUNT nor UNTIL, for some centuries.

    The library searches to the year 9999, which takes seconds; the calendar comes back every 400 years, so it is asked
    about the last time that it does.
    """
    later = (MAXYEAR - begins.year) // _CYCLE * _CYCLE
    moved = times.replace(dtstart=begins.replace(year=begins.year + later), count=None, until=None)
    return (one.replace(year=one.year - later) for one in moved)


def _check_gaps(window: WindowEntry, path: str, report: Report) -> None:
    """A window that opens again before it shuts never ends."""
    times = _times(window)
    begins = [one for one in islice(_endless(times, window.begins), _LOOKED_AT) if one in times]
    gap = min(((after - before).total_seconds() for before, after in pairwise(begins)), default=None)
    if gap is not None and window.duration >= gap:
        days = f"{gap / DAY:g}d"
        report.add(path, f"it opens again after {days}, before it has shut", f'write less than "{days}"')


def _check_shelving(given: ShelvingSettings, report: Report) -> None:
    for key, days in _SHELVING.items():
        if getattr(given, key) > days * DAY:
            problem = f"{show(getattr(given, key))} s does not fit"
            report.add(f"shelving.{key}", problem, f'write at most "{days}d"')
    # Where it is not given, what is given for all alarms bounds it.
    said = given.longest_critical != ShelvingSettings().longest_critical
    if said and given.longest_critical > given.longest and not report.knows("shelving"):
        report.add("shelving.longest_critical", "is longer than longest", "write no more than longest")


_SHELVING = {"longest": 7, "longest_critical": 1, "longest_out_of_service": 90}
"""Days after which what is put aside is forgotten: it should be mended, or taken out of the site file."""


def _check_device(id_: str, branch: Mapping[str, Device], path: str, report: Report) -> None:
    known = {one.id for one in branch.values() if not one.built_in}
    if id_ not in known:
        report.add(path, f"{show(id_)} is no device that can be worked on", suggest(id_, known))
