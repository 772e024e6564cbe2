"""The shipped profiles over recordings of real devices.

Found for this: idle UPS-MIB agents (Eaton 93E, two of another monitoring project's), interface tables, and dumps of
serial UPSs by NUT. Not found: an SNMP walk of an APC UPS, of any UPS in an alarmed state, of a DS1-MIB or a
NETWORK-SERVICES-MIB agent; those states are covered by answers made from the MIBs in `test_shipped_profiles.py`.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from agent.config.convert import RawValue, by_point, convert, convert_all
from agent.config.load import SHIPPED, load_profile
from agent.config.profile import Profile, ProfilePoint
from agent.config.tables import with_rows
from agent.core.limits import Verdict, judge
from agent.core.model import Bad, Value

DEVICES = Path(os.environ.get("LINEWARDEN_DEVICES", Path(__file__).parents[3] / "shared" / "devices"))
pytestmark = pytest.mark.skipif(not DEVICES.is_dir(), reason="no recordings: set LINEWARDEN_DEVICES")

TEXTUAL = {"INTEGER", "Gauge32", "Counter32", "Counter64", "Timeticks"}
SERIAL_DRIVERS = re.compile(r"megatec|blazer|nutdrv_qx")


def snmprec(path: Path) -> dict[str, RawValue]:
    """The answers of a `.snmprec`: `OID|tag|value`, octets in hex where the tag ends in x."""
    answers: dict[str, RawValue] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        oid, tag, value = [*line.split("|", 2), "", ""][:3]
        if tag in {"2", "65", "66", "67", "70"}:
            answers[oid] = int(value)
        elif tag in {"4", "4x"}:
            answers[oid] = bytes.fromhex(value) if tag == "4x" else value.encode()
    return answers


def snmpwalk(path: Path) -> dict[str, RawValue]:
    """The answers of the output of snmpwalk: `.OID = TYPE: value`."""
    answers: dict[str, RawValue] = {}
    for oid, kind, value in re.findall(
        r"^\.([\d.]+) = ([A-Za-z0-9]+): ?(.*)$", path.read_text(encoding="utf-8"), re.MULTILINE
    ):
        if kind in TEXTUAL:
            answers[oid] = int(re.search(r"-?\d+", value)[0])
        elif kind == "STRING":
            answers[oid] = value.strip('"').encode()
    return answers


def shipped(name: str) -> Profile:
    """A shipped profile, with the rows it has where a site names none."""
    return with_rows(load_profile(SHIPPED / f"{name}.toml"), {})


def values_of(name: str, answers: dict[str, RawValue]) -> dict[str, Value | Bad]:
    """What a shipped profile makes of an agent."""
    profile = shipped(name)
    return convert_all(profile.point, by_point(profile.point, answers))


def raised(profile: Profile, values: dict[str, Value | Bad]) -> set[str]:
    """The alarms whose limits hold, delays apart."""
    return {
        a.type
        for a in profile.alarm
        if a.point in values and judge(a.limit, values[a.point]) is Verdict.ABNORMAL
    }


def test_an_eaton_93e_by_the_standard_mib() -> None:
    """All points of an idle three-phase UPS; its "unknown" runtime of 1092 minutes is not believed."""
    values = values_of("ups-mib", snmprec(DEVICES / "snmp/snmpsim-data/eaton-93e-80.snmprec"))
    assert values == {
        "device.mfr": "EATON",
        "device.model": "EATON 93E 80",
        "ups.status": "OL",
        "battery.status": "normal",
        "battery.time_on": 0,
        "battery.runtime": Bad("unknown"),
        "battery.charge": 100,
        "battery.voltage": 521.0,
        "battery.current": 0.0,
        "battery.temperature": 25,
        "input.frequency": 50.0,
        "input.voltage": 227,
        "output.frequency": 49.0,
        "output.voltage": 220,
        "output.current": 27.0,
        "ups.realpower": 5100,
        "ups.load": 21,
        "ups.alarms": 0,
        "ups.test.result": "passed",
    }
    assert raised(shipped("ups-mib"), values) == set()


def test_the_same_ups_says_the_same_in_its_own_mib() -> None:
    """Scales are checked against the maker's MIB in the same walk, which has volts where UPS-MIB has tenths."""
    answers = snmprec(DEVICES / "snmp/snmpsim-data/eaton-93e-80.snmprec")
    values = values_of("ups-mib", answers)
    xups = "1.3.6.1.4.1.534.1."
    assert values["battery.voltage"] == answers[xups + "2.2.0"]
    assert values["battery.charge"] == answers[xups + "2.4.0"]


@pytest.mark.parametrize(
    ("name", "hertz", "volts"), [("ups-standard", 49.9, 233), ("ups-standard-null-val", 0.0, 0)]
)
def test_input_lines_as_another_project_expects_them(name: str, hertz: float, volts: int) -> None:
    """Frequency in tenths and voltage in volts, also when both are 0; what the agent lacks is left out or missing."""
    folder = DEVICES / "snmp/centreon"
    values = values_of("ups-mib", snmpwalk(folder / f"hardware__ups__standard__snmp__{name}.snmpwalk"))
    expected = (folder / "hardware__ups__standard__snmp__hardware-ups-standard-snmp.robot").read_text(
        encoding="utf-8"
    )
    assert f"'1#line.input.frequence.hertz'={hertz:g}Hz" in expected
    assert f"'1#line.input.voltage.volt'={volts}V" in expected
    assert values == {
        "input.frequency": hertz,
        "input.voltage": volts,
        "ups.status": Bad("missing"),
        "battery.status": Bad("missing"),
    }


SWITCHES = [
    ("snmp/snmpsim-data/unknown-008.snmprec", 2579255.0, "up", "down"),
    ("snmp/snmpsim-data/apc-8932.snmprec", 1653286.8, "up", "up"),
    ("snmp/librenms/gaia.snmprec", 9.45, "up", "up"),
    ("snmp/centreon/snmp_standard__network-mellanox.snmpwalk", 5595825.83, "up", None),
]


@pytest.mark.parametrize(("file", "uptime", "first", "second"), SWITCHES)
def test_interfaces_of_real_agents(file: str, uptime: float, first: str, second: str | None) -> None:
    """Uptime and port states of four makes; a port that is down raises the alarm of its port only."""
    path = DEVICES / file
    values = values_of("generic-switch", snmprec(path) if path.suffix == ".snmprec" else snmpwalk(path))
    assert values["device.uptime"] == uptime
    assert (values["uplink.1.status"], values.get("pbx-port.1.status")) == (first, second)
    expected = {"pbx-port-down"} if second == "down" else set()
    assert raised(shipped("generic-switch"), values) == expected


def test_a_server_without_the_service_table_still_tells_its_uptime() -> None:
    """HOST-RESOURCES alone: host points are good, the state of the call service is missing, nothing is raised."""
    values = values_of("sip-pbx", snmprec(DEVICES / "snmp/snmpsim-data/server-2003-5-2.snmprec"))
    assert values["host.uptime"] == 8650465.46
    assert values["host.processes"] == 60
    assert values["service.status"] == Bad("missing")
    assert raised(shipped("sip-pbx"), values) == set()


def identities() -> Iterator[tuple[str, str]]:
    """Kind and sysObjectID of every device whose identity was recorded."""
    lines = (DEVICES / "snmp/librenms/IDENTITY.jsonl").read_text(encoding="utf-8").splitlines()
    return ((row["os"], row["sysObjectID"] or "") for row in map(json.loads, lines))


def test_no_other_device_is_taken_for_an_apc_ups() -> None:
    """Of 350 recorded identities, among them APC power strips, none is an APC UPS."""
    profile = shipped("apc-ups")
    rows = list(identities())
    assert len(rows) > 300
    assert [row for row in rows if profile.recognises(row[1])] == []


def dump(path: Path) -> dict[str, str]:
    """The variables of a NUT dump, without its comments."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    pairs = (re.match(r"([a-z0-9.]+): ?([^#]*)", line) for line in lines)
    return {pair[1]: pair[2].strip() for pair in pairs if pair}


def test_serial_ups_dumps_give_their_alarms() -> None:
    """Some ninety real UPSs of the Megatec family: every value that physics allows is good, and alarms follow status."""
    profile = shipped("megatec")
    listed = json.loads((DEVICES / "nut-ddl/IMPLAUSIBLE.json").read_text(encoding="utf-8"))
    distrusted = {
        (row[0], row[1]) for group in ("implausible", "marked_bad_by_reporter") for row in listed[group]
    }
    paths = [
        path
        for path in sorted((DEVICES / "nut-ddl").glob("*.dev"))
        if SERIAL_DRIVERS.match(path.name.split("__")[2])
    ]
    assert len(paths) > 80
    on_battery = 0
    for path in paths:
        told = dump(path)
        values = {p.name: convert(p, told[p.name]) for p in profile.point if told.get(p.name)}
        bad = {name for name, value in values.items() if isinstance(value, Bad)}
        assert {name for name in bad if (path.name, name) not in distrusted} == set(), path.name
        words = told.get("ups.status", "").split()
        on_battery += "OB" in words
        assert ("on-battery" in raised(profile, values)) == ("OB" in words), path.name
    assert on_battery > 0


def test_what_is_outside_physics_is_not_believed() -> None:
    """Every listed implausible value of a point of ours is bad, whichever UPS profile reads it."""
    points: list[ProfilePoint] = [
        replace(point, scale=1.0)
        for name in ("apc-ups", "ups-mib", "megatec")
        for point in shipped(name).point
    ]
    rows = json.loads((DEVICES / "nut-ddl/IMPLAUSIBLE.json").read_text(encoding="utf-8"))["implausible"]
    tried = [(row, convert(point, row[2])) for row in rows for point in points if point.name == row[1]]
    assert len(tried) > 30
    assert [row for row, value in tried if not isinstance(value, Bad)] == []
