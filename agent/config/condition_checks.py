"""What may be wrong with how an alarm of a profile is confirmed, excused, or limited in its change."""

from collections.abc import Collection, Mapping

from agent.config.errors import Report
from agent.config.profile import AlarmEntry, ProfilePoint
from agent.config.words import show, suggest

CONFIRM_MAX = 20


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
    _check_excuse(alarm, named, path, report)
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


def _check_excuse(alarm: AlarmEntry, named: Collection[str], path: str, report: Report) -> None:
    excuse = alarm.unless
    if excuse is None:
        return
    if excuse.point not in named:
        report.add(
            f"{path}.unless.point",
            f"{show(excuse.point)} is no point beside it",
            suggest(excuse.point, named),
        )
    if bool(excuse.among) == bool(excuse.has):
        report.add(f"{path}.unless", "needs one of in and has", "write which values excuse it")
