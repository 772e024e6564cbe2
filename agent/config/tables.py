"""From the tables of a profile and the rows that a site names to points and alarms like all others. Pure."""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from agent.config.profile import AlarmEntry, Profile, ProfilePoint, TableEntry
from agent.config.words import Wording

Rows = Mapping[str, Mapping[str, str]]
"""Table → our name of a row → what stands in its key column."""


def with_rows(profile: Profile, rows: Rows) -> Profile:
    """The profile of one device: the rows that its site names stand among the points and alarms."""
    tables = [(table, rows_of(table, rows)) for table in profile.table]
    points = [point for table, named in tables for point in _points(table, named)]
    alarms = [alarm for table, named in tables for alarm in _alarms(table, named)]
    return replace(profile, point=(*profile.point, *points), alarm=(*profile.alarm, *alarms), table=())


def rows_of(table: TableEntry, rows: Rows) -> Mapping[str, str]:
    """The rows of a table: the site's, or else those of the profile."""
    return rows.get(table.name, table.rows)


def place(table: str, row: str) -> str:
    """A row by a name that no row of another table has."""
    return f"{table}.{row}"


def cell(column: str, row: str) -> str:
    """What stands for the OID of a cell whose row may move."""
    return f"{column}[{row}]"


PRESENT = "present"
"""The column that every table has: is the row there?"""
NOT_PRESENT = "not-present"
"""The alarm type of a row that is not."""


def is_cell(oid: str) -> bool:
    """Whether this is the name of such a cell."""
    return oid.endswith("]") and "[" in oid


def is_fixed(key: str) -> bool:
    """Whether a row is given by its index, which never changes, instead of by its name."""
    return key.startswith("#")


def _points(table: TableEntry, rows: Mapping[str, str]) -> Iterator[ProfilePoint]:
    for row, key in rows.items():
        if not is_fixed(key):
            yield _presence(table, row)
        for column in table.column:
            yield replace(
                column,
                name=f"{table.name}.{row}.{column.name}",
                oid=f"{column.oid}.{key[1:]}"
                if is_fixed(key)
                else cell(column.oid or "", place(table.name, row)),
                text=_filled(column.text, row, key),
            )


def _alarms(table: TableEntry, rows: Mapping[str, str]) -> Iterator[AlarmEntry]:
    for row, key in rows.items():
        for alarm in table.alarm:
            yield replace(
                alarm,
                point=f"{table.name}.{row}.{alarm.point}",
                qualifier="-".join(filter(None, (table.name, row, alarm.qualifier))),
                text=_filled(alarm.text, row, key),
                action=_filled(alarm.action, row, key),
                causes=_filled(alarm.causes, row, key),
            )
        if not is_fixed(key):
            yield _absence(table, row, key)


def _presence(table: TableEntry, row: str) -> ProfilePoint:
    return ProfilePoint(
        name=f"{table.name}.{row}.{PRESENT}",
        type="flag",
        oid=cell(PRESENT, place(table.name, row)),
        text=Wording(f"{table.text.en} {row}: present", f"{table.text.zh} {row} 存在"),
    )


def _absence(table: TableEntry, row: str, key: str) -> AlarmEntry:
    said = table.not_present

    def fill(wording: Wording) -> Wording:
        named = Wording(
            wording.en.replace("{table}", table.text.en), wording.zh.replace("{table}", table.text.zh)
        )
        return _filled(named, row, key)

    return AlarmEntry(
        type=NOT_PRESENT,
        point=f"{table.name}.{row}.{PRESENT}",
        severity=said.severity,
        text=fill(said.text),
        action=fill(said.action),
        causes=fill(said.causes),
        qualifier=f"{table.name}-{row}",
        among=(False,),
        on_delay=said.on_delay,
        off_delay=10.0,
    )


def _filled(wording: Wording, row: str, key: str) -> Wording:
    def fill(text: str) -> str:
        return text.replace("{row}", row).replace("{key}", key)

    return Wording(fill(wording.en), fill(wording.zh))
