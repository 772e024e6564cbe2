"""What the types of a profile cannot say: alarms fit their points, limits have two sides, names are used once."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from agent.config.adjustable_checks import check_adjustable
from agent.config.condition_checks import check_conditions
from agent.config.errors import Report
from agent.config.explanations import check_explanations
from agent.config.fit_checks import check_kinds, check_tokens, check_words
from agent.config.profile import AlarmEntry, Profile, ProfilePoint
from agent.config.row_checks import check_profile_rows
from agent.config.tables import NOT_PRESENT, PRESENT
from agent.config.words import show, suggest
from agent.core.model import REACHABLE, UNREACHABLE

_LIMITS = ("raise_above", "raise_below", "in", "has")


class _Group(Struct, frozen=True):
    """Points and the alarms that come of them: those of the profile itself, or of one of its tables.

    Attributes:
        where: stands before every path.
        word: the key of the points in TOML.
        points: as far as they could be filled.
        alarms: as far as they could be filled.
        data: the TOML table: a point with a mistake of its own is still a point that an alarm may name.
    """

    where: str
    word: str
    points: tuple[ProfilePoint, ...]
    alarms: tuple[AlarmEntry, ...]
    data: dict[str, Any]


def check_profile(profile: Profile, data: Mapping[str, Any], report: Report) -> None:
    """Note every mistake of a profile that its types let pass.

    Args:
        profile: the profile as far as it could be filled.
        data: its TOML table.
        report: takes the mistakes.
    """
    _check_group(_Group("", "point", profile.point, profile.alarm, dict(data)), profile.kind, report)
    check_explanations(profile, report)
    _check_once("table", (table.name for table in profile.table), "", report)
    check_profile_rows(profile, report)
    tables = {str(entry.get("name")): entry for entry in _tables(data.get("table"))}
    for table in profile.table:
        where = f"table[{table.name}]"
        if profile.kind != "snmp":
            report.add(where, f'has no meaning in a profile of kind "{profile.kind}"', "remove it")
        rows = tables.get(table.name, {})
        group = _Group(f"{where}.", "column", table.column, table.alarm, rows)
        _check_group(group, profile.kind, report)


def _check_group(group: _Group, kind: str, report: Report) -> None:
    _check_names(group, report)
    for point in group.points:
        _check_point(point, kind, f"{group.where}{group.word}[{point.name}]", report)
    points = {point.name: point for point in group.points}
    named = set(points) | {str(entry.get("name")) for entry in _tables(group.data.get(group.word))}
    for alarm in group.alarms:
        path = group.where + _path(alarm)
        if alarm.point in points:
            _check_fit(alarm, points[alarm.point], path, report)
        elif alarm.point not in named:
            problem = (
                f"{show(alarm.point)} is no {group.word} of this {'table' if group.where else 'profile'}"
            )
            report.add(f"{path}.point", problem, suggest(alarm.point, named))
        _check_limit(alarm, path, report)
        check_conditions(alarm, points, named, path, report)
        check_adjustable(alarm, points.get(alarm.point), path, report)


def _tables(entries: object) -> Iterator[dict[str, Any]]:
    yield from (entry for entry in entries if isinstance(entry, dict)) if isinstance(entries, list) else ()


def _path(alarm: AlarmEntry) -> str:
    return f"alarm[{alarm.type}.{alarm.qualifier}]" if alarm.qualifier else f"alarm[{alarm.type}]"


def _check_once(word: str, names: Iterable[str], where: str, report: Report) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            path = f"{where}{word}[{name}]"
            report.add(path, f"stands here {count} times", f"give each {word} a name of its own")


def _check_names(group: _Group, report: Report) -> None:
    _check_once(group.word, (point.name for point in group.points), group.where, report)
    for point in group.points:
        path = f"{group.where}{group.word}[{point.name}]"
        if point.name == REACHABLE:
            report.add(path, "every device has this point by itself", "use another name")
        if point.name == PRESENT and group.where:
            report.add(path, "every row has this point by itself", "use another name")
    for (type_, qualifier), count in Counter((a.type, a.qualifier or "") for a in group.alarms).items():
        path = f"{group.where}alarm[{type_}]"
        if count > 1:
            what = f"with qualifier {show(qualifier)}" if qualifier else "without qualifier"
            report.add(path, f"stands here {count} times {what}", "give each a qualifier of its own")
        if type_ == UNREACHABLE:
            report.add(path, "every device has this alarm by itself", "describe it in [unreachable]")
        if type_ == NOT_PRESENT and group.where:
            report.add(path, "every row has this alarm by itself", "describe it in [table.not_present]")


def _check_point(point: ProfilePoint, kind: str, path: str, report: Report) -> None:
    if kind == "snmp" and point.oid is None:
        report.missing(f"{path}.oid", "add the OID to ask for")
    if kind != "snmp" and point.oid is not None:
        report.add(f"{path}.oid", f'has no meaning in a profile of kind "{kind}"', "remove it")
    if point.absent is not None and point.optional:
        report.add(f"{path}.absent", "stands beside optional", "remove one of them")
    if point.scale == 0:
        report.add(f"{path}.scale", "0 does not fit", "write the multiplier to the unit")
    if None not in (point.minimum, point.maximum) and not _ordered(point.minimum, point.maximum):
        report.add(f"{path}.minimum", "is not below maximum", "write the least value that can be believed")
    _check_tables(point, path, report)


def _ordered(low: float | None, high: float | None) -> bool:
    return low is not None and high is not None and low < high


def _check_tables(point: ProfilePoint, path: str, report: Report) -> None:
    for kind, table in (("enum", point.enum), ("bits", point.bits)):
        if point.type == kind and not table:
            report.missing(f"{path}.{kind}", f"add the {kind} table, or another type")
        if point.type != kind and table:
            report.add(
                f"{path}.{kind}",
                f'has no meaning for a point of type "{point.type}"',
                f'write type = "{kind}"',
            )
    for value in point.bits:
        if value <= 0 or value & (value - 1):
            report.add(f"{path}.bits.{value}", "is not the value of one bit", "write 1, 2, 4, 8 …")
    for at, word in enumerate(point.precedence):
        if word not in point.bits.values():
            remedy = suggest(word, point.bits.values())
            report.add(f"{path}.precedence[{at}]", f"{show(word)} is no word of its bits", remedy)
    if point.type != "number":
        numeric = {
            "scale": point.scale != 1.0,
            "unit": point.unit is not None,
            "minimum": point.minimum is not None,
            "maximum": point.maximum is not None,
            "zero": point.zero,
        }
        for key in (key for key, given in numeric.items() if given):
            report.add(f"{path}.{key}", f'has no meaning for a point of type "{point.type}"', "remove it")


def _check_fit(alarm: AlarmEntry, point: ProfilePoint, path: str, report: Report) -> None:
    check_kinds(alarm.limit_kinds, point, path, report)
    check_words(alarm.among, alarm.has, point, path, report)
    check_tokens(alarm.clear_has, point, f"{path}.clear_has", report)
    if alarm.clear_has and not alarm.has:
        report.add(f"{path}.clear_has", "goes with has only", "add has, or remove this")
    for token in set(alarm.clear_has) & set(alarm.has):
        report.add(f"{path}.clear_has", f"{show(token)} raises it too", "remove it from one of them")
    for at, level in enumerate(alarm.worse):
        check_words(level.among, level.has, point, f"{path}.worse[{at}]", report)


def _check_limit(alarm: AlarmEntry, path: str, report: Report) -> None:
    kinds = alarm.limit_kinds
    if len(kinds) > 1 or not (kinds or any(report.knows(f"{path}.{kind}") for kind in _LIMITS)):
        problem = f"has {len(kinds)} limits ({', '.join(kinds)})" if kinds else "has no limit"
        report.add(path, problem, f"give one of {', '.join(_LIMITS)}")
    for raise_name, clear_name, side in (
        ("raise_above", "clear_below", "below"),
        ("raise_below", "clear_above", "above"),
    ):
        given, clear = getattr(alarm, raise_name), getattr(alarm, clear_name)
        remedy = _clear_remedy(given, clear, raise_name, side)
        if remedy:
            report.add(f"{path}.{clear_name}", f"{show(clear)} does not fit {raise_name}", remedy)


def _clear_remedy(given: float | None, clear: float | None, raise_name: str, side: str) -> str:
    if clear is None:
        return ""
    if given is None:
        return f"add {raise_name}, or remove this"
    right = clear < given if side == "below" else clear > given
    return "" if right else f"write a value {side} {show(given)}, or remove this"
