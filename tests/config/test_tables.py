"""Tables of a profile with the rows that a site names: points and alarms like all others."""

from agent.config.load import SHIPPED, load_profile
from agent.config.profile import Profile
from agent.config.tables import is_cell, with_rows
from agent.core.model import Severity


def switch(**uplinks: str) -> Profile:
    """The shipped switch profile with these uplinks."""
    return with_rows(load_profile(SHIPPED / "generic-switch.toml"), {"uplink": uplinks} if uplinks else {})


def test_each_row_has_its_points_and_alarms() -> None:
    """Named by the site, qualified by the row, and the texts say which row it is."""
    profile = switch(core="Gi0/24", spare="Gi0/23")
    names = [point.name for point in profile.point if point.name.startswith("uplink.")]
    assert names == [
        f"uplink.{row}.{column}"
        for row in ("core", "spare")
        for column in ("present", "status", "admin", "speed")
    ]
    down = {alarm.qualifier: alarm for alarm in profile.alarm if alarm.type == "uplink-down"}
    assert list(down) == ["uplink-core", "uplink-spare"]
    assert down["uplink-core"].point == "uplink.core.status"
    assert down["uplink-core"].severity is Severity.MAJOR
    assert "core" in down["uplink-core"].text.en
    assert "core" in down["uplink-core"].text.zh


def test_rows_by_name_have_no_oid_yet_and_rows_by_index_do() -> None:
    """What may move is a cell until it is found; what never moves is a variable like all others."""
    named = {point.name: point.oid or "" for point in switch(core="Gi0/24").point}
    assert is_cell(named["uplink.core.status"])
    fixed = {point.name: point.oid for point in switch(core="#24").point}
    assert fixed["uplink.core.status"] == "1.3.6.1.2.1.2.2.1.8.24"


def test_a_row_by_name_that_is_not_there_has_an_alarm_and_one_by_index_has_not() -> None:
    """It says which row of which table, under the name of the site and of the device."""
    named = [alarm for alarm in switch(core="Gi0/24").alarm if alarm.type == "not-present"]
    assert [alarm.qualifier for alarm in named] == ["uplink-core"]
    assert named[0].text.en == "Uplink core (Gi0/24) is not present in the device"
    assert named[0].text.zh == "设备上找不到上联口 core（Gi0/24）"
    assert "Gi0/24" in named[0].action.zh
    assert not [alarm for alarm in switch(core="#24").alarm if alarm.type == "not-present"]
    assert not [point for point in switch(core="#24").point if point.name.endswith(".present")]


def test_a_site_that_names_no_rows_has_those_of_the_profile() -> None:
    """And naming the rows of one table leaves the other as it is."""
    assert "uplink.1.status" in [point.name for point in switch().point]
    assert "pbx-port.1.status" in [point.name for point in switch(core="Gi0/24").point]


def test_rows_of_one_name_in_two_tables_are_told_apart() -> None:
    """Both tables of a switch read the same column: a port of one is never taken for that of the other."""
    profile = load_profile(SHIPPED / "generic-switch.toml")
    whole = with_rows(profile, {"uplink": {"a": "Gi0/1"}, "pbx-port": {"a": "Gi0/2"}})
    cells = {point.name: point.oid for point in whole.point}
    assert cells["uplink.a.status"] != cells["pbx-port.a.status"]


def test_an_index_is_never_a_cell() -> None:
    """Whatever it ends in."""
    assert not is_cell("1.3.6.1.2.1.2.2.1.8.1]")
