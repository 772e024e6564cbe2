"""The alarm inventory: everything that can be raised stands in it, and nothing else, in both languages."""

import re
from pathlib import Path

import pytest

from agent.config import inventory
from agent.config.load import SHIPPED, load, load_profile
from agent.core.limits import Verdict, judge
from agent.core.model import Rule, Severity, Text
from agent.core.state import alarm_key, new_state

PROFILES = {path.stem: load_profile(path) for path in sorted(SHIPPED.glob("*.toml"))}
SITE = """
[site]
id = "sh-0042"
name = "Lujiazui"
timezone = "Asia/Shanghai"

[[device]]
id = "ups-1"
profile = "megatec"
layer = "power"
serial = "/dev/ttyUSB0"
unreachable_on_delay = "45s"

[[device]]
id = "switch-1"
name = "Core switch"
profile = "generic-switch"
layer = "network"
address = "192.0.2.1"
snmp = { community = "laboratory" }
rows = { uplink = { wan = "Gi0/1", spare = "Gi0/2" }, pbx-port = {} }

[[input]]
name = "cabinet-door"
type = "door-open"
pin = 5
severity = "warning"
on_delay = "20s"
text = { en = "Cabinet door open", zh = "机柜门打开" }
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A branch with rows of its own and a dry contact."""
    path = tmp_path / "site.toml"
    path.write_text(SITE)
    return path


def test_a_site_lists_what_its_core_can_raise(site: Path) -> None:
    """Exactly the alarms of the core's conditions, in the same order, with their ids."""
    branch = load(site).branch
    found = inventory.of_site(branch)
    watches = new_state(branch).watches.values()
    rules = [(watch.device, rule) for watch in watches for rule in watch.device.rules if not rule.worsens]
    keys = [alarm_key(device, rule).id for device, rule in rules]
    assert [f"{one.resource}.{one.name}" for one in found] == keys
    assert {one.resource for one in found} == {"ups-1", "switch-1", "room", "box", "journal"}


def test_rows_limits_and_contacts_are_those_of_the_site(site: Path) -> None:
    """Its names of ports, its delays, its texts."""
    found = {f"{one.resource}.{one.name}": one for one in inventory.of_site(load(site).branch)}
    assert {name for name in found if "uplink-down" in name} == {
        "switch-1.uplink-down.uplink-wan",
        "switch-1.uplink-down.uplink-spare",
    }
    assert not any("pbx-port" in name for name in found)
    assert found["switch-1.unreachable"].text.en == "Core switch does not answer"
    assert found["ups-1.unreachable"].on_delay == 45
    door = found["room.door-open"]
    assert (door.severity_levels, door.on_delay, door.text.zh) == (("warning",), 20, "机柜门打开")
    assert door.raised_when == Text("Cabinet door open: raised while it is so", "机柜门打开：成立时告警")
    hot = found["ups-1.temperature-high"].raised_when.en
    assert hot == "Temperature in the UPS: raised above 50 °C, cleared at 46 °C or below"


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_every_alarm_of_a_profile_is_listed_once(profile) -> None:
    """Those of its tables with a pattern for the rows; the first are about its silence, the last about what comes often."""
    found = inventory.of_profile(profile)
    plain = [alarm.type for alarm in profile.alarm]
    tables = [
        type_ for table in profile.table for type_ in (*(alarm.type for alarm in table.alarm), "not-present")
    ]
    silence = ["unreachable", *([profile.lost.type] if profile.lost else [])]
    often = [alarm.often.type for alarm in profile.alarm if alarm.often]
    assert [one.alarm_type_id for one in found] == [*silence, *plain, *tables, *often]
    assert all(("{row}" in one.alarm_type_qualifier) == (one.alarm_type_id in tables) for one in found)
    assert len({one.name for one in found}) == len(found)


def test_all_profiles_are_listed_in_both_languages() -> None:
    """With the room's contacts and the box's own parts; every text is there, and none shows a stand-in for a name."""
    found = inventory.of_profiles(PROFILES)
    assert {one.resource for one in found} == {*PROFILES, "room"}
    for one in found:
        for text in (one.resource_name, one.raised_when, one.text, one.causes, one.action):
            assert text.en
            assert re.search(r"[\u4e00-\u9fff]|^$", text.zh), text
            assert "{name}" not in text.en + text.zh
        assert set(one.severity_levels) <= {severity.word for severity in Severity}
        assert one.text.en[0].isupper()


def values_of(rule: Rule, words: set[str]) -> list[object]:
    """Values around the limit of a rule."""
    limit = rule.limit
    numbers = [limit.raise_above, limit.clear_below, limit.raise_below, limit.clear_above]
    around = [given + side for given in numbers if given is not None for side in (-1, 0, 1)]
    return [*around, *words, *limit.among, *limit.tokens, True, False]


ENDS = {
    "agent-hung", "agent-crashed", "agent-out-of-memory", "machine-watchdog", "kernel-panic", "overheated",
}  # fmt: skip
"""Alarms about something that is past: no reading clears them, a person closes them."""


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_what_will_clear_has_a_value_that_clears_it(profile) -> None:
    """And one that raises it; an enumerated point has a word beside those that raise."""
    from agent.config.branch import points_of, rules_of
    from agent.config.tables import with_rows

    whole = with_rows(profile, {})
    assert points_of(whole.point).keys() == {point.name for point in whole.point}
    words = {point.name: {*point.enum.values(), *point.bits.values()} for point in whole.point}
    free = {point.name for point in whole.point if point.type == "text"}
    for rule in rules_of(whole, Text("x", "x"), (1.0, 1.0)):
        known = words.get(rule.point, set()) | ({"OL"} if rule.point in free else set())
        said = {judge(rule.limit, value) for value in values_of(rule, known)}
        assert {Verdict.ABNORMAL, Verdict.NORMAL} <= said, rule.type
    past = {one.alarm_type_id for one in inventory.of_profile(profile) if not one.will_clear}
    assert past == (ENDS if profile.id == "raspberry-pi" else set())


def test_a_contact_is_listed_without_a_site() -> None:
    """As the pattern that it is: any severity, the text that the site gives."""
    [silent, contact] = inventory.of_contacts()
    assert (silent.alarm_type_id, contact.alarm_type_id) == ("unreachable", "{input}")
    assert len(contact.severity_levels) == 4
