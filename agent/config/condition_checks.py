"""What may be wrong with how an alarm of a profile is confirmed, excused, or limited in its change."""

from collections.abc import Collection, Mapping

from agent.config.errors import Report
from agent.config.level_checks import check_levels
from agent.config.profile import AlarmEntry, Excuse, ProfilePoint
from agent.config.words import show, suggest

CONFIRM_MAX = 20
EXCUSE_MAX = 86_400
"""Seconds: a calibration of a large battery takes hours, not days."""


def check_conditions(
    alarm: AlarmEntry, points: Mapping[str, ProfilePoint], named: Collection[str], path: str, report: Report
) -> None:
    """Note every mistake of one alarm.

    Args:
        alarm: the alarm.
        points: the points of its profile or table, by name, as far as they could be filled.
        named: all names of points, also of those with mistakes of their own.
        path: of the alarm.
        report: takes the mistakes.
    """
    _check_confirm(alarm, path, report)
    check_levels(alarm, path, report)
    _check_excuses(alarm, points, named, path, report)
    _check_brief(alarm, path, report)
    if alarm.per and not (alarm.raise_above is not None or alarm.raise_below is not None):
        report.add(f"{path}.per", "has no number whose change it could be", "add raise_above or raise_below")
    point = points.get(alarm.point)
    if point is not None and point.counter and not alarm.per:
        report.add(
            f"{path}.per", f"is missing: {point.name} is a counter, which only ever grows", 'add per = "10m"'
        )


def _check_confirm(alarm: AlarmEntry, path: str, report: Report) -> None:
    if not alarm.confirm:
        return
    if len(alarm.confirm) != 2 or not 1 <= alarm.confirm[0] <= alarm.confirm[1] <= CONFIRM_MAX:
        given = ", ".join(map(str, alarm.confirm))
        report.add(
            f"{path}.confirm", f"[{given}] does not fit", "write [2, 3]: two of the last three readings"
        )


def _check_excuses(
    alarm: AlarmEntry,
    points: Mapping[str, ProfilePoint],
    named: Collection[str],
    path: str,
    report: Report,
) -> None:
    for at, excuse in enumerate(alarm.excuses):
        alone = isinstance(alarm.unless, Excuse)
        _check_excuse(excuse, points, named, f"{path}.unless" if alone else f"{path}.unless[{at}]", report)


def _check_excuse(
    excuse: Excuse, points: Mapping[str, ProfilePoint], named: Collection[str], path: str, report: Report
) -> None:
    _check_named(excuse.point, named, f"{path}.point", report)
    if bool(excuse.among) == bool(excuse.has):
        report.add(path, "needs one of in and has", "write which values excuse it")
    if not 1 <= excuse.at_most <= EXCUSE_MAX:
        report.add(f"{path}.at_most", f"{excuse.at_most:g} s does not fit", 'write "1s" to "1d"')
    for name in excuse.provided:
        _check_named(name, named, f"{path}.provided", report)
        if name in points and points[name].type != "number":
            report.add(f"{path}.provided", f"{show(name)} is no number", "name a point that is a number")


def _check_named(name: str, named: Collection[str], path: str, report: Report) -> None:
    if name not in named:
        report.add(path, f"{show(name)} is no point beside it", suggest(name, named))


def _check_brief(alarm: AlarmEntry, path: str, report: Report) -> None:
    if alarm.brief is not None and alarm.per:
        report.add(f"{path}.brief", "has no meaning where a change is limited", "remove it")
    if alarm.brief is not None and not alarm.on_delay and not alarm.excuses:
        report.add(f"{path}.brief", "nothing passes before an on-delay of 0", "add on_delay, or remove this")
    if alarm.often is None:
        return
    if alarm.brief is None:
        report.missing(f"{path}.brief", "add brief: what a person calls what is counted")
    if not 60 <= alarm.often.within <= EXCUSE_MAX:
        problem = f"{alarm.often.within:g} s does not fit"
        report.add(f"{path}.often.within", problem, 'write "1m" to "1d"')
