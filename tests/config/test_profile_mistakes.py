"""One bad profile per rule, each with the exact lines it gives."""

from pathlib import Path

import pytest

from agent.config.errors import ConfigError
from agent.config.load import check, load_profile

HEAD = """
id = "own"
kind = "snmp"
text = { en = "Own device", zh = "自有设备" }
"""
LOAD = """
[[point]]
name = "ups.load"
oid = "1.3.6.1.4.1.1.1.0"
unit = "%"
text = { en = "Load", zh = "负载率" }
"""
STATE = """
[[point]]
name = "ups.status"
type = "enum"
oid = "1.3.6.1.4.1.1.2.0"
enum = { 1 = "OL", 2 = "OB" }
text = { en = "Status", zh = "状态" }
"""
LINE = """
[[point]]
name = "span.1.status"
type = "bits"
oid = "1.3.6.1.4.1.1.3.0"
bits = { 32 = "LOF", 64 = "LOS" }
text = { en = "Line", zh = "线路" }
"""
OVERLOAD = """
[[alarm]]
type = "overload"
point = "ups.load"
severity = "major"
raise_above = 90
clear_below = 85
text = { en = "Overload", zh = "过载" }
causes = { en = "Too much on it", zh = "负载过多" }
action = { en = "Unplug something", zh = "拔掉一些负载" }
"""
GOOD = HEAD + LOAD + STATE + LINE + OVERLOAD
PORTS = """
[[table]]
name = "port"
key = "1.3.6.1.2.1.31.1.1.1.1"
text = { en = "Port", zh = "端口" }
[[table.column]]
name = "status"
type = "enum"
oid = "1.3.6.1.2.1.2.2.1.8"
enum = { 1 = "up", 2 = "down" }
text = { en = "Port {row}: state", zh = "端口 {row} 状态" }
[[table.alarm]]
type = "port-down"
point = "status"
severity = "major"
in = ["down"]
text = { en = "Port {row} is down", zh = "端口 {row} 断开" }
causes = { en = "A loose cable", zh = "网线松动" }
action = { en = "Push it in", zh = "插紧" }
"""
SECOND = """
[[table.alarm]]
type = "port-down"
qualifier = "y-z"
point = "status"
severity = "minor"
in = ["down"]
text = { en = "Port {row} is down", zh = "端口 {row} 断开" }
causes = { en = "A loose cable", zh = "网线松动" }
action = { en = "Push it in", zh = "插紧" }
[[table.alarm]]
type = "port-down"
qualifier = "z"
point = "status"
severity = "minor"
in = ["down"]
text = { en = "Port {row} is down", zh = "端口 {row} 断开" }
causes = { en = "A loose cable", zh = "网线松动" }
action = { en = "Push it in", zh = "插紧" }
"""
WORDS = """text = { en = "Something", zh = "某事" }
causes = { en = "Some cause", zh = "某原因" }
action = { en = "Do something", zh = "处理" }
"""
OFTEN = '[alarm.often]\ntype = "peaks"\nseverity = "warning"\ncount = 3\nwithin = "1h"\n' + WORDS
LOST = '[lost]\ntype = "gone"\nafter = ["overload"]\nseverity = "critical"\n' + WORDS
INDEX = 'write # and its numbers, such as "#7" or "#1.4"'
LIMITS = "raise_above = 90\nclear_below = 85"
ONE_OF = "give one of raise_above, raise_below, in, has"


def of_point(point: str, limit: str) -> str:
    """The good profile with its alarm on another point and limit."""
    return HEAD + LOAD + STATE + LINE + OVERLOAD.replace("ups.load", point).replace(LIMITS, limit)


CASES = {
    "an alarm of a column that the table does not have": (
        GOOD + PORTS.replace('point = "status"', 'point = "state"'),
        ['table[port].alarm[port-down].point: "state" is no column of this table — did you mean "status"?'],
    ),
    "a value that a column cannot have": (
        GOOD + PORTS.replace('in = ["down"]', 'in = ["dwon"]'),
        ['table[port].alarm[port-down].in[0]: "dwon" is no value of status — did you mean "down"?'],
    ),
    "an alarm and a column that every row has": (
        GOOD
        + PORTS.replace('"port-down"', '"not-present"')
        .replace('name = "status"', 'name = "present"')
        .replace('point = "status"', 'point = "present"'),
        [
            "table[port].column[present]: every row has this point by itself — use another name",
            (
                "table[port].alarm[not-present]: every row has this alarm by itself"
                " — describe it in [table.not_present]"
            ),
        ],
    ),
    "a column without an OID": (
        GOOD + PORTS.replace('oid = "1.3.6.1.2.1.2.2.1.8"', ""),
        ["table[port].column[status].oid: is missing — add the OID to ask for"],
    ),
    "a table without a key": (
        GOOD + PORTS.replace('key = "1.3.6.1.2.1.31.1.1.1.1"', ""),
        ['table[port].key: is missing — add key: an OID in digits, such as "1.3.6.1.2.1.1.3.0"'],
    ),
    "rows whose alarms have one name": (
        (GOOD + PORTS + SECOND).replace(
            'key = "1.3.6.1.2.1.31', 'rows = { x = "a", x-y = "b" }\nkey = "1.3.6.1.2.1.31'
        ),
        [
            (
                "table[port].rows: alarm port-down.port-x-y-z comes of port.x.status and port.x-y.status"
                " — give one of these rows another name"
            )
        ],
    ),
    "a row whose alarm the profile has": (
        GOOD
        + OVERLOAD.replace('type = "overload"', 'type = "port-down"\nqualifier = "port-x"')
        + PORTS.replace('key = "1.3.6.1.2.1.31', 'rows = { x = "a" }\nkey = "1.3.6.1.2.1.31'),
        [
            (
                "table[port].rows: alarm port-down.port-x comes of ups.load and port.x.status"
                " — give one of these rows another name"
            )
        ],
    ),
    "a row whose point the profile has": (
        GOOD
        + LOAD.replace("ups.load", "port.x.status")
        + PORTS.replace('key = "1.3.6.1.2.1.31', 'rows = { x = "a" }\nkey = "1.3.6.1.2.1.31'),
        ["table[port].rows: point port.x.status is made 2 times — give one of these rows another name"],
    ),
    "a row whose index is none": (
        GOOD + PORTS.replace('key = "1.3.6.1.2.1.31', 'rows = { x = "#abc" }\nkey = "1.3.6.1.2.1.31'),
        [f'table[port].rows.x: "#abc" is no index of a row — {INDEX}'],
    ),
    "two tables of one name": (
        GOOD + PORTS + PORTS,
        ["table[port]: stands here 2 times — give each table a name of its own"],
    ),
    "unknown key": (
        GOOD.replace("raise_above", "raise_abve"),
        [
            'alarm[overload].raise_abve: unknown key — did you mean "raise_above"?',
            f"alarm[overload]: has no limit — {ONE_OF}",
            "alarm[overload].clear_below: 85 does not fit raise_above — add raise_above, or remove this",
        ],
    ),
    "unknown kind": (
        GOOD.replace('"snmp"', '"modbus"'),
        ['kind: "modbus" does not fit — write one of "broker", "host", "journal", "megatec", "snmp"'],
    ),
    "missing translation of the kind": (
        GOOD.replace(', zh = "自有设备"', ""),
        ["text.zh: is missing — add zh: one line of text, not empty"],
    ),
    "empty translation": (
        GOOD.replace("拔掉一些负载", " "),
        ['alarm[overload].action.zh: " " does not fit — write one line of text, not empty'],
    ),
    "missing action": (
        GOOD.replace('action = { en = "Unplug something", zh = "拔掉一些负载" }', ""),
        ["alarm[overload].action: is missing — add action: a table"],
    ),
    "unknown severity": (
        GOOD.replace('"major"', '"fatal"'),
        [
            'alarm[overload].severity: "fatal" is not a severity — write one of "warning", "minor", "major", "critical"',
        ],
    ),
    "point without OID": (
        GOOD.replace('oid = "1.3.6.1.4.1.1.1.0"', ""),
        ["point[ups.load].oid: is missing — add the OID to ask for"],
    ),
    "OID that is none": (
        GOOD.replace("1.3.6.1.4.1.1.1.0", "sysUpTime.0"),
        [
            'point[ups.load].oid: "sysUpTime.0" does not fit — write an OID in digits, such as "1.3.6.1.2.1.1.3.0"'
        ],
    ),
    "OID on a serial line": (
        HEAD.replace('"snmp"', '"megatec"') + LOAD,
        ['point[ups.load].oid: has no meaning in a profile of kind "megatec" — remove it'],
    ),
    "point named twice": (
        GOOD + LOAD,
        ["point[ups.load]: stands here 2 times — give each point a name of its own"],
    ),
    "point that every device has": (
        GOOD + LOAD.replace("ups.load", "reachable"),
        ["point[reachable]: every device has this point by itself — use another name"],
    ),
    "point with a bad name": (
        HEAD + LOAD.replace("ups.load", "UPS Load"),
        [
            'point[UPS Load].name: "UPS Load" does not fit — write lower-case words joined by dots, such as "battery.charge"',
        ],
    ),
    "scale that erases": (
        GOOD.replace('unit = "%"', "scale = 0"),
        ["point[ups.load].scale: 0 does not fit — write the multiplier to the unit"],
    ),
    "scale that is no number": (
        GOOD.replace('unit = "%"', "scale = nan"),
        ["point[ups.load].scale: nan does not fit — write a finite number"],
    ),
    "bounds the wrong way round": (
        GOOD.replace('unit = "%"', "minimum = 100\nmaximum = 0"),
        ["point[ups.load].minimum: is not below maximum — write the least value that can be believed"],
    ),
    "enum without table": (
        GOOD.replace('enum = { 1 = "OL", 2 = "OB" }', ""),
        ["point[ups.status].enum: is missing — add the enum table, or another type"],
    ),
    "enum by words": (
        GOOD.replace('2 = "OB"', 'two = "OB"'),
        ["point[ups.status].enum.two: is not a key for this table — write a whole number"],
    ),
    "table for a number": (
        GOOD.replace('type = "enum"\n', ""),
        ['point[ups.status].enum: has no meaning for a point of type "number" — write type = "enum"'],
    ),
    "no single bit": (
        GOOD.replace("32 =", "33 ="),
        ["point[span.1.status].bits.33: is not the value of one bit — write 1, 2, 4, 8 …"],
    ),
    "bit with two words": (
        GOOD.replace('"LOF"', '"loss of frame"'),
        ['point[span.1.status].bits.32: "loss of frame" does not fit — write one word without spaces'],
    ),
    "precedence of no word": (
        GOOD.replace("bits = {", 'precedence = ["LOS", "LOFF"]\nbits = {'),
        ['point[span.1.status].precedence[1]: "LOFF" is no word of its bits — did you mean "LOF"?'],
    ),
    "unit of words": (
        GOOD.replace('type = "enum"', 'type = "enum"\nunit = "V"'),
        ['point[ups.status].unit: has no meaning for a point of type "enum" — remove it'],
    ),
    "alarm of no point": (
        GOOD.replace('point = "ups.load"', 'point = "ups.laod"'),
        ['alarm[overload].point: "ups.laod" is no point of this profile — did you mean "ups.load"?'],
    ),
    "no limit": (GOOD.replace(LIMITS, ""), [f"alarm[overload]: has no limit — {ONE_OF}"]),
    "two limits": (
        GOOD.replace(LIMITS, "raise_above = 90\nraise_below = 5"),
        [f"alarm[overload]: has 2 limits (raise_above, raise_below) — {ONE_OF}"],
    ),
    "clear equals raise": (
        GOOD.replace("clear_below = 85", "clear_below = 90"),
        ["alarm[overload].clear_below: 90 does not fit raise_above — write a value below 90, or remove this"],
    ),
    "clear on the wrong side": (
        GOOD.replace(LIMITS, "raise_below = 10\nclear_above = 5"),
        ["alarm[overload].clear_above: 5 does not fit raise_below — write a value above 10, or remove this"],
    ),
    "clear of the other kind": (
        GOOD.replace("clear_below = 85", "clear_above = 95"),
        ["alarm[overload].clear_above: 95 does not fit raise_below — add raise_below, or remove this"],
    ),
    "number by words": (
        of_point("ups.load", 'in = ["high"]'),
        ['alarm[overload].in: does not fit a point of type "number" — use raise_above or raise_below'],
    ),
    "words by number": (
        of_point("ups.status", "raise_above = 2"),
        ['alarm[overload].raise_above: does not fit a point of type "enum" — use in or has'],
    ),
    "value that the point cannot have": (
        of_point("ups.status", 'in = ["OBB"]'),
        ['alarm[overload].in[0]: "OBB" is no value of ups.status — did you mean "OB"?'],
    ),
    "number in place of the word": (
        of_point("ups.status", "in = [2]"),
        ["alarm[overload].in[0]: 2 does not fit words — write text"],
    ),
    "word that ends it and that the point cannot have": (
        of_point("span.1.status", 'has = ["LOS"]\nclear_has = ["LOX"]'),
        ['alarm[overload].clear_has[0]: "LOX" is no word of span.1.status — did you mean "LOS"?'],
    ),
    "words that end what no words begin": (
        of_point("ups.status", 'in = ["OB"]\nclear_has = ["OL"]'),
        ["alarm[overload].clear_has: goes with has only — add has, or remove this"],
    ),
    "word that both begins and ends it": (
        of_point("span.1.status", 'has = ["LOS"]\nclear_has = ["LOS"]'),
        ['alarm[overload].clear_has: "LOS" raises it too — remove it from one of them'],
    ),
    "word that the point cannot have": (
        of_point("span.1.status", 'has = ["LOX"]'),
        ['alarm[overload].has[0]: "LOX" is no word of span.1.status — did you mean "LOS"?'],
    ),
    "alarm twice": (
        GOOD + OVERLOAD,
        ["alarm[overload]: stands here 2 times without qualifier — give each a qualifier of its own"],
    ),
    "qualifier twice": (
        (HEAD + LOAD + OVERLOAD + OVERLOAD).replace(
            'type = "overload"', 'type = "overload"\nqualifier = "l1"'
        ),
        ['alarm[overload]: stands here 2 times with qualifier "l1" — give each a qualifier of its own'],
    ),
    "alarm that every device has": (
        GOOD.replace('"overload"', '"unreachable"'),
        ["alarm[unreachable]: every device has this alarm by itself — describe it in [unreachable]"],
    ),
    "excuse by a point that is none": (
        GOOD.replace(LIMITS, LIMITS + '\nunless = { point = "ups.statu", in = ["OB"] }'),
        ['alarm[overload].unless.point: "ups.statu" is no point beside it — did you mean "ups.status"?'],
    ),
    "one of two excuses without values": (
        GOOD.replace(
            LIMITS,
            LIMITS + '\nunless = [{ point = "ups.status", in = ["OB"] }, { point = "ups.status" }]',
        ),
        ["alarm[overload].unless[1]: needs one of in and has — write which values excuse it"],
    ),
    "excuse that never ends": (
        GOOD.replace(LIMITS, LIMITS + '\nunless = { point = "ups.status", in = ["OB"], at_most = "2d" }'),
        ['alarm[overload].unless.at_most: 172800 s does not fit — write "1s" to "1d"'],
    ),
    "excuse provided by words": (
        GOOD.replace(
            LIMITS,
            LIMITS + '\nunless = { point = "ups.status", in = ["OB"], provided = { "ups.status" = 1 } }',
        ),
        [
            'alarm[overload].unless.provided: "ups.status" is no number — name a point that is a number',
        ],
    ),
    "brief without a delay": (
        GOOD.replace(LIMITS, LIMITS + '\nbrief = { en = "Peak", zh = "尖峰" }'),
        ["alarm[overload].brief: nothing passes before an on-delay of 0 — add on_delay, or remove this"],
    ),
    "often without a name for it": (
        GOOD + OFTEN,
        ["alarm[overload].brief: is missing — add brief: what a person calls what is counted"],
    ),
    "often that is another alarm": (
        GOOD.replace(LIMITS, LIMITS + '\non_delay = "9s"\nbrief = { en = "Peak", zh = "尖峰" }')
        + OFTEN.replace('"peaks"', '"overload"'),
        ['alarm[overload].often.type: "overload" is another alarm already — give it a type of its own'],
    ),
    "often within too long": (
        GOOD.replace(LIMITS, LIMITS + '\non_delay = "9s"\nbrief = { en = "Peak", zh = "尖峰" }')
        + OFTEN.replace('"1h"', '"8d"'),
        ['alarm[overload].often.within: 691200 s does not fit — write "1m" to "1d"'],
    ),
    "lost after no alarm": (
        GOOD + LOST.replace("overload", "overlaod"),
        ['lost.after[0]: "overlaod" is no alarm of this profile — did you mean "overload"?'],
    ),
    "lost that every device has": (
        GOOD + LOST.replace('"gone"', '"unreachable"'),
        ['lost.type: "unreachable" is another alarm already — give it a type of its own'],
    ),
    "lost within too long": (
        GOOD + LOST + 'within = "1h"\n',
        ['lost.within: 3600 s does not fit — write "1s" to "10m"'],
    ),
    "built-in profile of another kind": (
        GOOD.replace('"own"', '"journal"'),
        ['kind: "snmp" does not fit the built-in profile "journal" — write kind = "journal"'],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_rule_has_its_line(case: str, tmp_path: Path) -> None:
    """A profile with one mistake gives exactly the lines for it."""
    text, expected = CASES[case]
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_profile(path)
    assert str(caught.value).replace(str(path), "own.toml").splitlines() == [
        f"own.toml: {line}" for line in expected
    ]


def test_the_good_profile_has_no_mistake(tmp_path: Path) -> None:
    """The pieces of which the bad profiles are made are right by themselves, also with each fitting limit."""
    path = tmp_path / "own.toml"
    for text in (
        GOOD,
        of_point("ups.status", 'in = ["OB"]'),
        of_point("ups.status", 'has = ["OB"]'),
        of_point("ups.status", 'has = ["OB"]\nclear_has = ["OL"]'),
        of_point("span.1.status", 'has = ["LOS", "LOF"]'),
        of_point("ups.load", "raise_below = 5\nclear_above = 10"),
        of_point("ups.load", LIMITS + '\non_delay = "9s"\nbrief = { en = "Peak", zh = "尖峰" }')
        + OFTEN
        + LOST,
    ):
        path.write_text(text, encoding="utf-8")
        assert load_profile(path).id == "own"


def test_mistakes_of_all_files_come_at_once(tmp_path: Path) -> None:
    """A bad site file and two bad profiles beside it are told together; a broken profile is not called unknown."""
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "own.toml").write_text(GOOD.replace("ups.load", "a.b", 1), encoding="utf-8")
    (tmp_path / "profiles" / "torn.toml").write_text("id = ", encoding="utf-8")
    site = tmp_path / "site.toml"
    site.write_text(
        '[site]\nid = "s"\nname = "S"\ntimezone = "UTC"\nzone = 1\n'
        '[[device]]\nid = "d"\nprofile = "torn"\nlayer = "data"\naddress = "h"\nsnmp = { community = "c" }\n',
        encoding="utf-8",
    )
    places = [(Path(mistake.file).name, mistake.path) for mistake in check(site)]
    assert places == [
        ("site.toml", "site.zone"),
        ("own.toml", "alarm[overload].point"),
        ("torn.toml", "end of document"),
    ]


def test_two_profiles_of_one_folder_with_one_id_are_a_mistake(tmp_path: Path) -> None:
    """Within a folder nobody could say which of the two wins."""
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text(GOOD, encoding="utf-8")
    site = tmp_path / "etc" / "site.toml"
    site.parent.mkdir()
    site.write_text('[site]\nid = "s"\nname = "S"\ntimezone = "UTC"\n', encoding="utf-8")
    assert [str(mistake) for mistake in check(site, [tmp_path])] == [
        f"{tmp_path / 'b.toml'}: id: is also the id of a.toml — give each profile an id of its own"
    ]
