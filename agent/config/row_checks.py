"""What the types cannot say of the rows of tables: indexes that are none, names that are taken for each other."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from agent.config.device_entries import DeviceEntry
from agent.config.errors import Report
from agent.config.profile import Profile
from agent.config.tables import Rows, is_fixed, with_rows
from agent.config.words import show, suggest

_INDEX = re.compile(r"#(0|[1-9][0-9]{0,9})(\.(0|[1-9][0-9]{0,9}))*")
_LARGEST = 2**32 - 1
"""The greatest sub-identifier (RFC 2578, section 3.5)."""


def check_profile_rows(profile: Profile, report: Report) -> None:
    """Note every mistake in the rows that hold for sites that name none."""
    for table in profile.table:
        _check_keys(table.rows, f"table[{table.name}].rows", report)
    for table_name, problem in _taken_twice(profile, {}):
        report.add(f"table[{table_name}].rows", problem, "give one of these rows another name")


def check_device_rows(device: DeviceEntry, profile: Profile, path: str, report: Report) -> None:
    """Note every mistake in the rows that a device names.

    Args:
        device: the device.
        profile: its kind.
        path: where the device stands.
        report: takes the mistakes.
    """
    tables = [table.name for table in profile.table]
    for name, rows in device.rows.items():
        where = f"{path}.rows.{name}"
        if name not in tables:
            remedy = suggest(name, tables) if tables else "remove it"
            report.add(where, f"is no table of profile {show(profile.id)}", remedy)
        _check_keys(rows, where, report)
    if device.rows:
        for table_name, problem in _taken_twice(profile, device.rows):
            report.add(f"{path}.rows.{table_name}", problem, "give one of these rows another name")


def _check_keys(rows: Mapping[str, str], path: str, report: Report) -> None:
    for key, count in Counter(rows.values()).items():
        if count > 1:
            report.add(path, f"{show(key)} stands here {count} times", "name it once")
    for row, key in rows.items():
        if key != key.strip():
            report.add(f"{path}.{row}", f"{show(key)} has spaces around it", f"write {show(key.strip())}")
        elif is_fixed(key) and not _is_index(key):
            problem = f"{show(key)} is no index of a row"
            report.add(f"{path}.{row}", problem, 'write # and its numbers, such as "#7" or "#1.4"')


def _is_index(key: str) -> bool:
    return _INDEX.fullmatch(key) is not None and all(int(part) <= _LARGEST for part in key[1:].split("."))


def _taken_twice(profile: Profile, rows: Rows) -> Iterator[tuple[str, str]]:
    """Alarms and points of one name that come of different rows, with a table that makes one of them.

    What stands twice within the profile or a table itself is told by the checks of these.
    """
    whole = with_rows(profile, rows)
    own = len(profile.point), len(profile.alarm)
    alarms: defaultdict[str, list[str]] = defaultdict(list)
    for alarm in whole.alarm:
        alarms[".".join(filter(None, (alarm.type, alarm.qualifier)))].append(alarm.point)
    from_rows = {alarm.point for alarm in whole.alarm[own[1] :]}
    for name, points in alarms.items():
        made = [point for point in points if point in from_rows]
        if len(set(map(_row_of, points))) > 1 and made:
            yield made[-1].split(".")[0], f"alarm {name} comes of {' and '.join(dict.fromkeys(points))}"
    for name, count in Counter(point.name for point in whole.point).items():
        if count > 1 and name in {point.name for point in whole.point[own[0] :]}:
            yield name.split(".")[0], f"point {name} is made {count} times"


def _row_of(point: str) -> str:
    """The table and row of a point that comes of one."""
    return ".".join(point.split(".")[:2])
