"""From a good site file to what the core watches."""

from pathlib import Path

import pytest

from agent.config.errors import ConfigError
from agent.config.load import SHIPPED, Loaded, check, load
from agent.config.site import Role
from agent.config.words import Secret
from agent.core.graph import AllOf
from agent.core.model import REACHABLE, UNREACHABLE, Device, Layer, Limit, Severity, Text
from agent.core.sequences import Reset, Scheme

SITE = """
[site]
id = "sh-0042"
name = "陆家嘴支行"
timezone = "Asia/Shanghai"

[broker]
host = "mqtt.noc.example"
port = 8883
user = "sh-0042"

[board.lamps]
red = { pin = 17 }
green = { pin = 22, active_high = false, fail_safe = true }

[board.inputs]
water = { pin = 12, normally = "closed", debounce = "200ms" }

[board.buttons]
acknowledge = { pin = 16 }

[[input]]
name = "door"
pin = 5
severity = "minor"
on_delay = "2m"
text = { en = "Cabinet door open", zh = "机柜门打开" }

[[input]]
name = "water"
type = "flood"
severity = "critical"
text = { en = "Water on the floor", zh = "地面有水" }
action = { en = "Close the water main", zh = "先关总水阀" }

[[device]]
id = "ups-1"
profile = "megatec"
layer = "power"
name = "机房 UPS"
serial = "/dev/serial/by-id/ups"
interval = 5

[[device]]
id = "pbx-1"
profile = "sip-pbx"
layer = "application"
address = "10.42.0.10"
port = 1161
snmp = { community = "branch-secret", timeout = "1500ms", retries = 2 }
interval = "1m"
unreachable_on_delay = "45s"
depends_on = ["ups-1"]

[rights.people]
wang = "technician"
li = "supervisor"

[rights.doors]
panel = "technician"

[agent]
button_acknowledges_alarms = true
"""


def write(folder: Path, text: str = SITE) -> Path:
    """A site file with this text."""
    path = folder / "site.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    """The good site file, loaded."""
    return load(write(tmp_path))


def unreachable(device: Device) -> tuple[float, float, Severity]:
    """Delays and severity of the first rule, which must be the one about answering."""
    rule = device.rules[0]
    assert (rule.type, rule.point, rule.limit) == (UNREACHABLE, REACHABLE, Limit(among=(False,)))
    assert sum(rule.type == UNREACHABLE for rule in device.rules) == 1
    return rule.on_delay, rule.off_delay, rule.severity


def test_the_annunciator_is_that_of_the_site(tmp_path: Path, loaded: Loaded) -> None:
    """Sequence A without first-out and heartbeat, unless the site says otherwise."""
    assert (loaded.branch.scheme, loaded.branch.heartbeat) == (Scheme(), False)
    chosen = '[annunciator]\nsequence = "R"\nfirst_out = true\n'
    assert load(write(tmp_path, SITE + chosen)).branch.scheme == Scheme(Reset.RINGBACK, first_out=True)


def test_the_branch_holds_every_device(loaded: Loaded) -> None:
    """Devices of the file come first, then the room, then what every box has by itself."""
    branch = loaded.branch
    assert (branch.site, branch.acknowledges) == ("sh-0042", True)
    assert list(branch.devices) == ["ups-1", "pbx-1", "room", "box", "broker", "journal"]
    built_in = [id_ for id_, device in branch.devices.items() if device.built_in]
    assert built_in == ["box", "broker", "journal"]
    assert {branch.devices[id_].layer for id_ in built_in} == {Layer.MANAGEMENT}
    assert all(key == device.id for key, device in branch.devices.items())


def test_every_device_is_first_asked_whether_it_answers(loaded: Loaded) -> None:
    """The first rule of each device is `unreachable`, with the delays of the file and the severity of the profile."""
    devices = loaded.branch.devices
    assert unreachable(devices["ups-1"]) == (30, 10, Severity.MAJOR)
    assert unreachable(devices["pbx-1"]) == (45, 10, Severity.CRITICAL)
    assert unreachable(devices["broker"])[2] is Severity.WARNING
    for device in devices.values():
        unreachable(device)


def test_texts_name_the_device(loaded: Loaded) -> None:
    """People read the device's name, not its id where it has a name, and never a placeholder."""
    devices = loaded.branch.devices
    assert devices["ups-1"].rules[0].text == Text(
        "机房 UPS does not answer on its serial line", "机房 UPS串口无应答"
    )
    assert "pbx-1" in devices["pbx-1"].rules[0].action.en
    texts = [
        text
        for device in devices.values()
        for rule in device.rules
        for text in (rule.text, rule.action, rule.causes)
    ]
    assert not [text for text in texts if "{" in text.en + text.zh]


def test_times_of_a_device(loaded: Loaded) -> None:
    """Stale is three intervals unless given, but never less than 30 s."""
    devices = loaded.branch.devices
    assert devices["ups-1"].stale_after == 30
    assert devices["pbx-1"].stale_after == 180
    assert devices["pbx-1"].depends_on == AllOf(("ups-1",))


def test_points_and_rules_come_from_the_profile(loaded: Loaded) -> None:
    """A device has the points of its kind with unit and text, and its alarms between those on its silence and what comes often."""
    ups = loaded.branch.devices["ups-1"]
    profile = loaded.profiles["megatec"]
    assert list(ups.points) == [point.name for point in profile.point]
    assert ups.points["input.voltage"].unit == "V"
    assert [rule.type for rule in ups.rules[2:-1]] == [alarm.type for alarm in profile.alarm]
    assert [ups.rules[at].type for at in (0, 1, -1)] == ["unreachable", "lost-on-battery", "mains-unstable"]
    assert ups.rules[0].explained_by == ("lost-on-battery",)
    overload = next(rule for rule in ups.rules if rule.type == "overload")
    assert overload.limit == Limit(raise_above=90, clear_below=85)
    assert type(overload.text) is Text


def test_the_room_is_made_of_its_contacts(loaded: Loaded) -> None:
    """Each contact is a point and a rule of the device `room`; true means away from its normal position."""
    room = loaded.branch.devices["room"]
    assert (room.layer, room.name, list(room.points)) == (
        Layer.ENVIRONMENT,
        Text("Telephone room", "电话机房"),
        ["door", "water"],
    )
    door, water = room.rules[1:]
    assert (door.type, door.point, door.limit, door.on_delay) == ("door", "door", Limit(among=(True,)), 120)
    assert door.action.zh
    assert (water.type, water.point, water.severity) == ("flood", "water", Severity.CRITICAL)
    assert water.action == Text("Close the water main", "先关总水阀")


def test_the_wiring_is_one_table(loaded: Loaded) -> None:
    """Pins of contacts may stand in either place; the composition root gets them in one."""
    site = loaded.site
    assert site.board is not None
    assert site.board.lamps["green"].active_high is False
    assert {name: (entry.pin, entry.normally) for name, entry in site.wired_inputs.items()} == {
        "door": (5, "open"),
        "water": (12, "closed"),
    }
    assert site.wired_inputs["water"].debounce == 0.2


def test_how_a_device_is_asked(loaded: Loaded) -> None:
    """What the sources need stays in the entries of the site file, the community as a secret."""
    ups, pbx = loaded.site.device
    assert (ups.serial, ups.interval) == ("/dev/serial/by-id/ups", 5.0)
    assert pbx.snmp is not None
    assert (pbx.address, pbx.port, pbx.snmp.version) == ("10.42.0.10", 1161, "2c")
    assert (pbx.snmp.timeout, pbx.snmp.retries, pbx.snmp.community) == (1.5, 2, Secret("branch-secret"))
    assert "branch-secret" not in repr(loaded)


def test_the_broker_has_its_port_and_name(loaded: Loaded, tmp_path: Path) -> None:
    """Port 8883 means TLS; without a port the plain one is meant; the client id comes from the site."""
    assert loaded.site.broker is not None
    assert (loaded.site.broker.tls, loaded.site.broker.resolved_port) == (True, 8883)
    assert loaded.site.client_id == "linewarden-sh-0042"
    plain = load(write(tmp_path, SITE.replace("port = 8883", 'client_id = "box-7"'))).site
    assert plain.broker is not None
    assert (plain.broker.tls, plain.broker.resolved_port, plain.client_id) == (False, 1883, "box-7")


def test_without_a_broker_there_is_no_link_to_lose(tmp_path: Path) -> None:
    """The smallest site file has the box and its journal, and nothing else."""
    small = load(write(tmp_path, '[site]\nid = "a"\nname = "A"\ntimezone = "UTC"\nlanguage = "en"\n'))
    assert {id_: device.name.en for id_, device in small.branch.devices.items()} == {
        "box": "Alarm box",
        "journal": "Event journal",
    }
    assert small.site.agent.socket == "/run/linewarden/control.sock"
    assert (small.site.panel.user, small.branch.acknowledges) == ("linewarden-panel", False)


def test_rights_need_person_and_door(loaded: Loaded) -> None:
    """A door lowers the role of who comes through it; who is not known has none."""
    rights = loaded.site.rights
    assert rights.role_of("li", "cli") is Role.SUPERVISOR
    assert rights.role_of("li", "panel") is Role.TECHNICIAN
    assert rights.role_of("wang", "cli") is Role.TECHNICIAN
    assert rights.role_of("zhao", "cli") is None
    assert rights.role_of("li", "window") is None


def test_a_profile_of_ones_own_wins(tmp_path: Path) -> None:
    """A profile beside the site file replaces the shipped one of the same id, and a named folder replaces both."""
    shipped = (SHIPPED / "megatec.toml").read_text(encoding="utf-8")
    for name, load_limit in (("profiles", 70), ("other", 60)):
        (tmp_path / name).mkdir()
        text = shipped.replace(
            "raise_above = 90\nclear_below = 85", f"raise_above = {load_limit}\nclear_below = 55"
        )
        (tmp_path / name / "mine.toml").write_text(text, encoding="utf-8")
    path = write(tmp_path)

    def limit(given: Loaded) -> float | None:
        rules = given.branch.devices["ups-1"].rules
        return next(rule.limit.raise_above for rule in rules if rule.type == "overload")

    assert limit(load(path)) == 70
    assert limit(load(path, [tmp_path / "other"])) == 60
    mine = tmp_path / "profiles/mine.toml"
    mine.write_text(
        mine.read_text(encoding="utf-8").replace("raise_above = 70", "raise_above = 75"), encoding="utf-8"
    )
    assert limit(load(path)) == 75, "a profile that was changed is read anew"


def test_the_hash_tells_what_matters(loaded: Loaded, tmp_path: Path) -> None:
    """Comments and the order of keys do not change it, a value or a profile in use does, a secret never shows in it."""

    def hashed(text: str) -> str:
        return load(write(tmp_path, text)).config_hash

    assert len(loaded.config_hash) == 64
    assert hashed(SITE) == loaded.config_hash
    assert (
        hashed("# a comment\n" + SITE.replace("interval = 5\n", "interval = '5s' # said otherwise\n"))
        == loaded.config_hash
    )
    assert hashed(SITE.replace("branch-secret", "another")) == loaded.config_hash
    assert hashed(SITE.replace("interval = 5\n", "interval = 6\n")) != loaded.config_hash
    folder = tmp_path / "profiles"
    folder.mkdir()
    unused = (SHIPPED / "apc-ups.toml").read_text(encoding="utf-8")
    (folder / "apc-ups.toml").write_text(
        unused.replace("raise_above = 90", "raise_above = 91"), encoding="utf-8"
    )
    assert hashed(SITE) == loaded.config_hash
    used = (SHIPPED / "megatec.toml").read_text(encoding="utf-8")
    (folder / "megatec.toml").write_text(
        used.replace("raise_above = 90", "raise_above = 91"), encoding="utf-8"
    )
    assert hashed(SITE) != loaded.config_hash


def test_load_raises_what_check_lists(tmp_path: Path) -> None:
    """`load` raises one error that holds and prints every mistake that `check` lists."""
    path = write(tmp_path, SITE.replace('"sh-0042"', '"SH"', 1).replace("10.42.0.10", "a b"))
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert list(caught.value.mistakes) == check(path)
    assert str(caught.value).splitlines() == [str(mistake) for mistake in check(path)]
    assert len(caught.value.mistakes) == 2
