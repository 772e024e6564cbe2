"""One bad site file per rule, each with the exact lines that `linewarden check` prints."""

from pathlib import Path

import pytest

from agent.config.load import check
from tests.config.test_profile_mistakes import GOOD, PORTS, SECOND

SITE = """
[site]
id = "sh-0042"
name = "Lujiazui branch"
timezone = "Asia/Shanghai"
"""
UPS = """
[[device]]
id = "ups-1"
profile = "apc-ups"
layer = "power"
address = "10.0.0.1"
snmp = { community = "public" }
"""
SERIAL_UPS = """
[[device]]
id = "ups-1"
profile = "megatec"
layer = "power"
serial = "/dev/ttyUSB0"
"""
DOOR = """
[[input]]
name = "door"
pin = 5
severity = "minor"
text = { en = "Cabinet door open", zh = "机柜门打开" }
"""

SLUG = "lower-case letters, digits and hyphens, beginning with a letter or digit"
DURATION = 'a duration such as "500ms", "10s", "5m" or 10 (seconds)'
SERIAL_HOW = 'path or URL, such as "/dev/serial/by-id/…"'

CASES = {
    "lost with an alarm that is none": (
        SITE + UPS + 'lost_with = ["room.mains", "ups-1.on-battery"]' + DOOR.replace("door", "main"),
        [
            'device[ups-1].lost_with[0]: "room.mains" is no alarm of this site — did you mean "room.main"?',
            (
                "device[ups-1].lost_with[1]: is an alarm of the device itself"
                " — remove it: [lost] of its profile sees to it"
            ),
        ],
    ),
    "lost with of a kind that knows no such alarm": (
        SITE + UPS.replace("apc-ups", "generic-switch") + 'lost_with = ["room.door"]' + DOOR,
        ['device[ups-1].lost_with: has no meaning for profile "generic-switch" — remove it'],
    ),
    "no site table": ("", ["site: is missing — add site: a table"]),
    "site is no table": ("site = 3", ["site: 3 does not fit — write a table"]),
    "unknown table": (SITE + "[brokr]\n", ['brokr: unknown key — did you mean "broker"?']),
    "unknown key": (
        SITE + UPS.replace("address", "adress"),
        [
            'device[ups-1].adress: unknown key — did you mean "address"?',
            "device[ups-1].address: is missing — add address: the IP address",
        ],
    ),
    "unknown key like nothing": (
        SITE + "[panel]\nxyzzy = 1\n",
        ["panel.xyzzy: unknown key — write only certificate, user"],
    ),
    "missing key": (
        SITE.replace('name = "Lujiazui branch"', ""),
        ["site.name: is missing — add name: one line of text, not empty"],
    ),
    "bad site id": (SITE.replace("sh-0042", "SH 42"), [f'site.id: "SH 42" does not fit — write {SLUG}']),
    "the NOC's own name as the site id": (
        SITE.replace("sh-0042", "noc"),
        ['site.id: "noc" is the NOC\'s own name below linewarden/v1 — give the branch another id'],
    ),
    "bad language": (
        SITE + 'language = "fr"',
        ['site.language: "fr" does not fit — write one of "en", "zh"'],
    ),
    "unknown time zone": (
        SITE.replace("Asia/Shanghai", "Asia/Pudong"),
        ['site.timezone: "Asia/Pudong" is no time zone — write an IANA name such as "Asia/Shanghai"'],
    ),
    "time zone is a folder": (
        SITE.replace("Asia/Shanghai", "Asia"),
        ['site.timezone: "Asia" is no time zone — write an IANA name such as "Asia/Shanghai"'],
    ),
    "port out of bounds": (
        SITE + '[broker]\nhost = "m"\nport = 70000',
        ["broker.port: 70000 does not fit — write a whole number from 1 to 65535"],
    ),
    "port is text": (
        SITE + '[broker]\nhost = "m"\nport = "1883"',
        ['broker.port: "1883" does not fit — write a whole number from 1 to 65535'],
    ),
    "a flag is no number": (
        SITE + '[broker]\nhost = "m"\nkeepalive = true',
        ["broker.keepalive: true does not fit — write a whole number from 5 to 3600"],
    ),
    "unknown MQTT version": (
        SITE + '[broker]\nhost = "m"\nmqtt = "3"',
        ['broker.mqtt: "3" does not fit — write one of "3.1.1", "5", "auto"'],
    ),
    "broker is a URL": (
        SITE + '[broker]\nhost = "mqtt://m"',
        ['broker.host: "mqtt://m" does not fit — write a host name or an IP address'],
    ),
    "no such file": (
        SITE + '[broker]\nhost = "m"\nca_file = "/nonexistent/ca.pem"',
        ["broker.ca_file: file does not exist: /nonexistent/ca.pem — create it, or name another"],
    ),
    "no certificate of the panel there": (
        SITE + '[panel]\ncertificate = "/nonexistent/panel.pem"',
        [
            "panel.certificate: file does not exist: /nonexistent/panel.pem — create it, or name another",
        ],
    ),
    "relative file": (
        SITE + '[broker]\nhost = "m"\nca_file = "ca.pem"',
        ['broker.ca_file: "ca.pem" does not fit — write an absolute path'],
    ),
    "certificate without key": (
        SITE + '[broker]\nhost = "m"\ncert_file = "/etc/hostname"',
        ["broker.key_file: is missing beside cert_file — add key_file, or remove cert_file"],
    ),
    "password without user": (
        SITE + '[broker]\nhost = "m"\npassword_file = "/run/credentials/linewarden/word"',
        ["broker.user: is missing beside password_file — add user, or remove password_file"],
    ),
    "unknown lamp": (
        SITE + "[board.lamps]\ngren = { pin = 22 }",
        ['board.lamps.gren: unknown key — did you mean "green"?'],
    ),
    "pin that is none": (
        SITE + "[board.lamps]\nred = { pin = 1 }",
        ["board.lamps.red.pin: 1 does not fit — write a BCM pin number from 2 to 27"],
    ),
    "no such sequence": (
        SITE + '[annunciator]\nsequence = "B"',
        ['annunciator.sequence: "B" does not fit — write one of "A", "M", "R"'],
    ),
    "first-out is no sequence": (
        SITE + '[annunciator]\nfirst_out = "F2A"',
        ['annunciator.first_out: "F2A" does not fit — write true or false'],
    ),
    "a heartbeat without a green lamp": (
        SITE + "[annunciator]\nheartbeat = true\n[board.lamps]\nred = { pin = 17 }",
        ["annunciator.heartbeat: there is no green lamp — wire board.lamps.green, or remove it"],
    ),
    "a heartbeat without a board": (
        SITE + "[annunciator]\nheartbeat = true",
        ["annunciator.heartbeat: there is no green lamp — wire board.lamps.green, or remove it"],
    ),
    "a reset button in sequence A": (
        SITE + "[board.buttons]\nreset = { pin = 19 }",
        ['board.buttons.reset: sequence A resets by itself — remove it, or choose sequence "M" or "R"'],
    ),
    "a reset button on the pin of a lamp": (
        SITE
        + '[annunciator]\nsequence = "M"\n[board.lamps]\nred = { pin = 19 }\n[board.buttons]\nreset = { pin = 19 }',
        [
            "board.buttons.reset.pin: 19 is already the pin of board.lamps.red — give each part a pin of its own"
        ],
    ),
    "pin used twice": (
        SITE + DOOR + "[board.lamps]\nred = { pin = 5 }",
        ["input[door].pin: 5 is already the pin of board.lamps.red — give each part a pin of its own"],
    ),
    "input without pin": (
        SITE + DOOR.replace("pin = 5", ""),
        ["input[door].pin: is missing — add pin, or wire door in [board.inputs]"],
    ),
    "input wired in both places": (
        SITE + DOOR + "[board.inputs]\ndoor = { pin = 6 }",
        ["input[door].pin: is already in board.inputs.door — write it in one place only"],
    ),
    "input with normally in both places": (
        SITE + DOOR.replace("pin = 5", 'normally = "closed"') + "[board.inputs]\ndoor = { pin = 6 }",
        ["input[door].normally: is already in board.inputs.door — write it in one place only"],
    ),
    "input without translation": (
        SITE + DOOR.replace(', zh = "机柜门打开"', ""),
        ["input[door].text.zh: is missing — add zh: one line of text, not empty"],
    ),
    "input with unknown severity": (
        SITE + DOOR.replace("minor", "serious"),
        [
            'input[door].severity: "serious" is not a severity — write one of "warning", "minor", "major", "critical"'
        ],
    ),
    "input named twice": (
        SITE + DOOR + DOOR.replace("pin = 5", "pin = 6"),
        ["input[door]: stands here 2 times — give each a name of its own"],
    ),
    "input type used twice": (
        SITE
        + DOOR
        + DOOR.replace("pin = 5", 'pin = 6\ntype = "door"').replace('name = "door"', 'name = "rear"'),
        ['input[rear].type: "door" is used twice — give each input a type of its own'],
    ),
    "device named twice": (
        SITE + UPS + UPS,
        ["device[ups-1]: stands here 2 times — give each a name of its own"],
    ),
    "device with a reserved id": (
        SITE + UPS.replace("ups-1", "box"),
        ['device[box].id: "box" is a device that every box has by itself — use another id'],
    ),
    "device without id": (
        SITE + UPS.replace('id = "ups-1"', ""),
        [f"device[0].id: is missing — add id: {SLUG}"],
    ),
    "unknown layer": (
        SITE + UPS.replace('"power"', '"electric"'),
        [
            (
                'device[ups-1].layer: "electric" does not fit — write one of "power", "environment", "network", "access", '
                '"application", "data", "management"'
            )
        ],
    ),
    "unknown profile": (
        SITE + UPS.replace("apc-ups", "apc-usp"),
        ['device[ups-1].profile: no profile "apc-usp" — did you mean "apc-ups"?'],
    ),
    "profile of a built-in device": (
        SITE + UPS.replace("apc-ups", "journal"),
        ['device[ups-1].profile: "journal" is for a device that every box has — name another profile'],
    ),
    "no address": (
        SITE + UPS.replace('address = "10.0.0.1"', ""),
        ["device[ups-1].address: is missing — add address: the IP address"],
    ),
    "no snmp": (
        SITE + UPS.replace('snmp = { community = "public" }', ""),
        ['device[ups-1].snmp: is missing — add snmp: { community_file = "/…" }'],
    ),
    "serial line for SNMP": (
        SITE + UPS + 'serial = "/dev/ttyUSB0"',
        ['device[ups-1].serial: has no meaning for profile "apc-ups" — remove it'],
    ),
    "SNMP for a serial line": (
        SITE + UPS.replace("apc-ups", "megatec"),
        [
            f"device[ups-1].serial: is missing — add serial: {SERIAL_HOW}",
            'device[ups-1].address: has no meaning for profile "megatec" — remove it',
            'device[ups-1].snmp: has no meaning for profile "megatec" — remove it',
        ],
    ),
    "serial line used twice": (
        SITE + "".join(SERIAL_UPS.replace("ups-1", id_) for id_ in ("ups-1", "ups-2")),
        [
            'device[ups-2].serial: "/dev/ttyUSB0" is already the line of ups-1 — give each device its own line',
        ],
    ),
    "SNMPv3": (
        SITE + UPS.replace('community = "public"', 'version = "3", community = "public"'),
        [
            "device[ups-1].snmp.community: has no meaning in version 3 — remove it",
            "device[ups-1].snmp.user: is missing — add user: the user name",
            "device[ups-1].snmp.auth_file: is missing — add auth_file: a file with the phrase of authentication",
            "device[ups-1].snmp.priv_file: is missing — add priv_file: a file with the phrase of privacy",
        ],
    ),
    "a name instead of an address": (
        SITE + UPS.replace("10.0.0.1", "ups-1.bank.example"),
        [
            'device[ups-1].address: "ups-1.bank.example" is no IP address — write the address: on the worst day no name is resolved'
        ],
    ),
    "a user in version 2c": (
        SITE + UPS.replace('community = "public"', 'community = "public", user = "noc"'),
        ["device[ups-1].snmp.user: has no meaning in version 2c — remove it"],
    ),
    "a protocol that protects nothing": (
        SITE + UPS.replace('community = "public"', 'version = "3", auth = "MD5"'),
        [
            'device[ups-1].snmp.auth: "MD5" does not fit — write one of "SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512"',
            "device[ups-1].snmp.user: is missing — add user: the user name",
            "device[ups-1].snmp.auth_file: is missing — add auth_file: a file with the phrase of authentication",
            "device[ups-1].snmp.priv_file: is missing — add priv_file: a file with the phrase of privacy",
        ],
    ),
    "rows of a table that the profile does not have": (
        SITE + UPS + 'rows = { port = { uplink = "Gi0/1" } }',
        ['device[ups-1].rows.port: is no table of profile "apc-ups" — remove it'],
    ),
    **{
        f"an index that is none: {key}": (
            SITE + UPS.replace("apc-ups", "generic-switch") + f'rows = {{ uplink = {{ a = "{key}" }} }}',
            [
                (
                    f'device[ups-1].rows.uplink.a: "{key}" is no index of a row'
                    ' — write # and its numbers, such as "#7" or "#1.4"'
                )
            ],
        )
        for key in (
            "#",
            "#abc",
            "#1]",
            "#-1",
            "#1..2",
            "#1.",
            "#01",
            "#4294967296",
            "#99999999999",
            "#1[a]",
            "#٣",
        )
    },
    "a key with spaces around it": (
        SITE + UPS.replace("apc-ups", "generic-switch") + 'rows = { uplink = { a = " Gi0/1 " } }',
        ['device[ups-1].rows.uplink.a: " Gi0/1 " has spaces around it — write "Gi0/1"'],
    ),
    "rows of a misspelt table": (
        SITE + UPS.replace("apc-ups", "generic-switch") + 'rows = { uplinks = { a = "Gi0/1" } }',
        ['device[ups-1].rows.uplinks: is no table of profile "generic-switch" — did you mean "uplink"?'],
    ),
    "one row under two names": (
        SITE + UPS.replace("apc-ups", "generic-switch") + 'rows = { uplink = { a = "Gi0/1", b = "Gi0/1" } }',
        ['device[ups-1].rows.uplink: "Gi0/1" stands here 2 times — name it once'],
    ),
    "SNMP version that is none": (
        SITE + UPS.replace('community = "public"', 'version = "2", community = "public"'),
        ['device[ups-1].snmp.version: "2" does not fit — write one of "1", "2c", "3"'],
    ),
    "no community": (
        SITE + UPS.replace('community = "public"', ""),
        ["device[ups-1].snmp.community_file: is missing — add community_file: a file with the community"],
    ),
    "two communities": (
        SITE
        + UPS.replace('community = "public"', 'community = "public", community_file = "/run/credentials/c"'),
        ["device[ups-1].snmp.community: stands beside community_file — keep community_file only"],
    ),
    "no community file": (
        SITE + UPS.replace('community = "public"', 'community_file = "/nonexistent/c"'),
        [
            "device[ups-1].snmp.community_file: file does not exist: /nonexistent/c — create it, or name another",
        ],
    ),
    "too many retries": (
        SITE + UPS.replace('community = "public"', 'community = "public", retries = 99'),
        ["device[ups-1].snmp.retries: 99 does not fit — write a whole number from 0 to 10"],
    ),
    "timeout without end": (
        SITE + UPS.replace('community = "public"', 'community = "public", timeout = "5m"'),
        ['device[ups-1].snmp.timeout: 300 s does not fit — write "100ms" to "60s"'],
    ),
    "no duration": (
        SITE + UPS + 'interval = "ten seconds"',
        [f'device[ups-1].interval: "ten seconds" is not a duration — write {DURATION}'],
    ),
    "duration that is not finite": (
        SITE + UPS + "unreachable_on_delay = inf",
        [f"device[ups-1].unreachable_on_delay: inf is not a duration — write {DURATION}"],
    ),
    "polled too often": (
        SITE + UPS + 'interval = "100ms"',
        ['device[ups-1].interval: 0.1 s does not fit — write "1s" to "1d"'],
    ),
    "stale before polled again": (
        SITE + UPS + 'interval = "1m"\nstale_after = "30s"',
        ['device[ups-1].stale_after: 30 s is not longer than interval — write more than "60s", or remove it'],
    ),
    "unknown dependency": (
        SITE + UPS + 'depends_on = ["ups-2"]',
        ['device[ups-1].depends_on[0]: "ups-2" is no device of this site — did you mean "ups-1"?'],
    ),
    "depends on itself": (
        SITE + UPS + 'depends_on = ["ups-1"]',
        ["device[ups-1].depends_on[0]: is a loop: ups-1 → ups-1 — remove one of these dependencies"],
    ),
    "loop of three": (
        SITE
        + "".join(
            UPS.replace("ups-1", id_) + f'depends_on = ["{other}"]\n'
            for id_, other in (("a", "b"), ("b", "c"), ("c", "a"))
        ),
        ["device[c].depends_on[0]: is a loop: a → b → c → a — remove one of these dependencies"],
    ),
    "list expected": (
        SITE + UPS + 'depends_on = "pbx"',
        ['device[ups-1].depends_on: "pbx" does not fit — write a list'],
    ),
    "unknown role": (
        SITE + '[rights.people]\nwang = "boss"',
        ['rights.people.wang: "boss" does not fit — write one of "viewer", "technician", "supervisor"'],
    ),
    "unknown door": (
        SITE + '[rights.doors]\nwindow = "viewer"',
        ["rights.doors.window: unknown key — write one of cli, panel"],
    ),
    "flag expected": (
        SITE + '[agent]\nbutton_acknowledges_alarms = "no"',
        ['agent.button_acknowledges_alarms: "no" does not fit — write true or false'],
    ),
}


def lines_of(tmp_path: Path, text: str) -> list[str]:
    """What `check` says of a site file with this text."""
    path = tmp_path / "site.toml"
    path.write_text(text, encoding="utf-8")
    return [str(mistake).replace(str(path), "site.toml") for mistake in check(path)]


@pytest.mark.parametrize("case", CASES)
def test_each_rule_has_its_line(case: str, tmp_path: Path) -> None:
    """A site file with one mistake gives exactly the lines for it: file, path, problem and remedy."""
    text, expected = CASES[case]
    assert lines_of(tmp_path, text) == [f"site.toml: {line}" for line in expected]


def test_the_good_pieces_have_no_mistake(tmp_path: Path) -> None:
    """The pieces of which the bad files are made are right by themselves; a credential need not exist yet."""
    assert lines_of(tmp_path, SITE + UPS + DOOR) == []
    assert lines_of(tmp_path, SITE + SERIAL_UPS) == []
    credential = 'community_file = "/run/credentials/linewarden.service/community"'
    assert lines_of(tmp_path, SITE + UPS.replace('community = "public"', credential)) == []


def test_all_mistakes_of_a_file_come_at_once(tmp_path: Path) -> None:
    """Mistakes of form and of meaning, in good and bad tables, are told in one go and by the order of the file."""
    text = (
        SITE.replace("Asia/Shanghai", "Mars/Olympus").replace("sh-0042", "SH")
        + '[broker]\nport = 0\n[board.lamps]\nred = { pin = 17, colour = "red" }\n'
        + UPS.replace("10.0.0.1", "bad address")
        + UPS.replace("ups-1", "pbx").replace("apc-ups", "sip-pbx")
        + 'depends_on = ["ups-1", "nobody"]\ninterval = 0.5\n'
    )
    paths = [line.split(": ")[1] for line in lines_of(tmp_path, text)]
    assert paths == [
        "site.id",
        "site.timezone",
        "broker.host",
        "broker.port",
        "board.lamps.red.colour",
        "device[ups-1].address",
        "device[pbx].interval",
        "device[pbx].depends_on[1]",
    ]


def test_a_secret_in_the_wrong_place_is_not_printed(tmp_path: Path) -> None:
    """Who writes the password where its file belongs does not find it in the message."""
    text = (
        SITE
        + '[broker]\nhost = "m"\nuser = "u"\npassword_file = "hunter2"\n'
        + UPS.replace('community = "public"', 'community_file = "hunter2"')
    )
    lines = lines_of(tmp_path, text)
    assert len(lines) == 2
    assert "hunter2" not in "\n".join(lines)


def test_rows_whose_alarms_have_one_name_are_a_mistake(tmp_path: Path) -> None:
    """One would hide the other: the rows of a site are checked with the alarms of its profile."""
    (tmp_path / "profiles").mkdir()
    profile = GOOD + PORTS + SECOND
    (tmp_path / "profiles" / "own.toml").write_text(profile, encoding="utf-8")
    site = tmp_path / "site.toml"
    device = UPS.replace("apc-ups", "own") + 'rows = { port = { x = "#4294967295.0", x-y = "b" } }'
    site.write_text(SITE + device, encoding="utf-8")
    assert [str(mistake) for mistake in check(site)] == [
        (
            f"{site}: device[ups-1].rows.port: alarm port-down.port-x-y-z comes of port.x.status and port.x-y.status"
            " — give one of these rows another name"
        )
    ]
