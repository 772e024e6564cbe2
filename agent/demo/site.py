"""The configuration of the software branch: a site file like any other, written for the ports that are free today."""

import re
from pathlib import Path

from msgspec import Struct

from agent.config.load import SHIPPED

DELAY_MAX = 3
"""Seconds: delays of the shipped profiles are shortened to this, so that a scenario shows within a breath."""

COMMUNITY = "branch-in-software"
"""No word that stands anywhere else: the log blots it out."""

ADDRESSES = {"ups-1": "127.0.1.1", "switch-1": "127.0.1.2", "trunk-1": "127.0.1.3", "pbx-1": "127.0.1.4"}
"""Where the SNMP agents of the software branch answer."""

_SITE = """\
[site]
id = "demo-0001"
name = "{name}"
timezone = "Asia/Shanghai"
language = "{language}"

[broker]
host = "127.0.0.1"
port = {wan_port}
mqtt = "3.1.1"                       # the embedded broker speaks nothing newer

[agent]
data_dir = "{data}"
socket = "{socket}"

[panel]
user = "{user}"

[chatter]
count = 20 # whoever plays makes things come and go
[rights.people]
"{user}" = "supervisor"
demo = "supervisor"

[board.lamps]
red = {{ pin = 17 }}
amber = {{ pin = 27 }}
green = {{ pin = 22 }}
horn = {{ pin = 24 }}

[board.inputs]
cabinet-door = {{ pin = 5, normally = "closed", debounce = "50ms" }}

[board.buttons]
acknowledge = {{ pin = 16 }}
silence = {{ pin = 25 }}
test = {{ pin = 26 }}

[[input]]
name = "cabinet-door"
type = "door-open"
severity = "minor"
on_delay = "1s"
text = {{ en = "Cabinet door open", zh = "机柜门打开" }}
action = {{ en = "Ask who works in the room; close and lock the cabinet", zh = "确认是否有人作业；关好并锁上柜门" }}
causes = {{ en = "Somebody works in the cabinet; the door was left open; the contact or its wire is broken", zh = "有人在柜内作业；柜门未关；门磁或线路断开" }}

[[device]]
id = "ups-1"
profile = "apc-ups"
layer = "power"
name = "{ups_1}"
{snmp_ups_1}

[[device]]
id = "ups-2"
profile = "megatec"
layer = "power"
name = "{ups_2}"
serial = "{serial}"
interval = "1s"
unreachable_on_delay = "3s"
unreachable_off_delay = "1s"

[[device]]
id = "switch-1"
profile = "generic-switch"
layer = "network"
name = "{switch_1}"
depends_on = ["ups-1"]
{snmp_switch_1}

[[device]]
id = "trunk-1"
profile = "trunk-gateway"
layer = "access"
name = "{trunk_1}"
depends_on = ["ups-1", "switch-1"]
{snmp_trunk_1}

[[device]]
id = "pbx-1"
profile = "sip-pbx"
layer = "application"
name = "{pbx_1}"
depends_on = ["ups-1", "switch-1", "switch-1.pbx-port-down.pbx-port-1"]
{snmp_pbx_1}
"""

_SNMP = """\
address = "{address}"
port = {port}
snmp = {{ community = "{community}", timeout = "500ms", retries = 1 }}
interval = "1s"
unreachable_on_delay = "3s"
unreachable_off_delay = "1s"
"""

_NAMES = {
    "en": {
        "name": "Demo branch",
        "ups_1": "UPS A (APC)",
        "ups_2": "UPS B (Megatec)",
        "switch_1": "Access switch",
        "trunk_1": "E1 trunk gateway",
        "pbx_1": "PBX",
    },
    "zh": {
        "name": "演示网点",
        "ups_1": "UPS A（APC）",
        "ups_2": "UPS B（Megatec）",
        "switch_1": "接入交换机",
        "trunk_1": "E1 中继网关",
        "pbx_1": "程控交换机",
    },
}


class Places(Struct, frozen=True):
    """Where everything of one run of the demo is."""

    folder: Path
    user: str
    snmp_port: int
    broker_port: int
    wan_port: int
    panel_port: int
    language: str = "en"

    @property
    def site(self) -> Path:
        """The site file."""
        return self.folder / "site.toml"

    @property
    def socket(self) -> Path:
        """The agent's control socket."""
        return self.folder / "control.sock"

    @property
    def bench(self) -> Path:
        """The bench of the simulated pins."""
        return self.folder / "pins.sock"

    @property
    def serial(self) -> Path:
        """The wire to the Megatec UPS."""
        return self.folder / "ups-2"

    @property
    def stage(self) -> Path:
        """Where scenarios are asked for."""
        return self.folder / "stage.sock"

    @property
    def data(self) -> Path:
        """The agent's data."""
        return self.folder / "data"


def write(places: Places) -> None:
    """Write the site file and the profiles with shortened delays."""
    names = _NAMES[places.language]
    snmp = {
        f"snmp_{device.replace('-', '_')}": _SNMP.format(
            address=address, port=places.snmp_port, community=COMMUNITY
        )
        for device, address in ADDRESSES.items()
    }
    places.site.write_text(
        _SITE.format(
            language=places.language,
            wan_port=places.wan_port,
            data=places.data,
            socket=places.socket,
            user=places.user,
            serial=places.serial,
            **names,
            **snmp,
        )
    )
    profiles = places.folder / "profiles"
    profiles.mkdir(exist_ok=True)
    for shipped in SHIPPED.glob("*.toml"):
        # The machine that plays the Pi keeps its patience: it is real, and not part of any scenario.
        if shipped.stem != "raspberry-pi":
            (profiles / shipped.name).write_text(shorten(shipped.read_text()))


def shorten(profile: str, most: int = DELAY_MAX) -> str:
    """A profile with every delay cut down to so many seconds; on site it may be changed from there on."""
    cut = re.sub(r'^((?:on|off)_delay = )"[^"]+"', rf'\1"{most}s"', profile, flags=re.MULTILINE)
    return re.sub(r'((?:on|off)_delay = )\["[^"]+"', r'\1["0s"', cut)
