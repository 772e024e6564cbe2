"""Every shipped profile: loads, speaks both languages, and raises the right alarms in alarmed states."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

import pytest

from agent.config.branch import rules_of
from agent.config.convert import RawValue, by_point, convert_all
from agent.config.load import SHIPPED, load_profile
from agent.config.profile import Profile
from agent.config.tables import with_rows
from agent.config.words import Wording
from agent.core.excuses import excuse_of
from agent.core.limits import Condition, Verdict, judge
from agent.core.model import Severity, Text

NAMES = sorted(path.stem for path in SHIPPED.glob("*.toml"))
EXPECTED = {
    "apc-ups", "broker", "generic-switch", "journal", "kamailio", "megatec", "raspberry-pi", "sip-pbx", "trunk-gateway", "ups-mib",
}  # fmt: skip
UCUM = {None, "%", "A", "By", "Cel", "Hz", "KiBy", "MBy/d", "Mbit/s", "V", "W", "s"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def profile(name: str) -> Profile:
    """A shipped profile, with the rows it has where a site names none."""
    return with_rows(load_profile(SHIPPED / f"{name}.toml"), {})


def wordings(given: Profile) -> Iterator[tuple[str, Wording]]:
    """Every text of a profile with its place."""
    yield "text", given.text
    unreachable = given.unreachable
    yield from (("unreachable", text) for text in (unreachable.text, unreachable.causes, unreachable.action))
    yield from ((point.name, point.text) for point in given.point)
    if given.lost is not None:
        yield from (("lost", text) for text in (given.lost.text, given.lost.causes, given.lost.action))
    for alarm in given.alarm:
        own = (alarm.text, alarm.causes, alarm.action, alarm.brief, *(one.text for one in alarm.excuses))
        often = (alarm.often.text, alarm.often.causes, alarm.often.action) if alarm.often else ()
        yield from ((alarm.type, text) for text in (*own, *often) if text is not None)


def test_all_expected_profiles_are_shipped() -> None:
    """No profile got lost, and each stands in the file of its name."""
    assert set(NAMES) == EXPECTED
    assert [profile(name).id for name in NAMES] == NAMES


AMOUNT = re.compile(
    r"\b(\d+|two|three|four|five|ten|quarter)\b[^,;]{0,12}(second|minute|hour|day|%|degree)"
    r"|[\d一二三四五十半]+ ?(%|秒|分钟|小时|天|度)"
)


@pytest.mark.parametrize("name", NAMES)
def test_a_text_does_not_tell_a_limit_that_may_be_changed_on_site(name: str) -> None:
    """It would go on telling the old one; what the interface itself counts by the quarter of an hour stays so."""
    told = [
        text
        for alarm in profile(name).alarm
        if alarm.adjustable.given
        for text in (alarm.text.en, alarm.text.zh)
        if AMOUNT.search(text) and "quarter of an hour" not in text and "15 分钟" not in text
    ]
    assert told == []


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_are_complete_and_distinct(name: str) -> None:
    """English texts have no Chinese, Chinese ones have some, and neither stands in for the other."""
    for place, text in wordings(profile(name)):
        assert not CHINESE.search(text.en), (place, text.en)
        assert CHINESE.search(text.zh), (place, text.zh)
        assert text.en != text.zh


@pytest.mark.parametrize("name", NAMES)
def test_texts_tell_alarms_and_points_apart(name: str) -> None:
    """Two alarms of one device never read the same, in either language; neither do two points."""
    given = profile(name)
    for texts in ([alarm.text for alarm in given.alarm], [point.text for point in given.point]):
        for language in ("en", "zh"):
            counts = Counter(text.in_language(language) for text in texts)
            assert [text for text, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_profile_is_usable(name: str) -> None:
    """Each has points and, with number limits, a deadband unless it counts; units are of UCUM."""
    given = profile(name)
    assert given.point
    assert given.alarm
    assert {point.unit for point in given.point} <= UCUM
    for alarm in given.alarm:
        limit = alarm.limit
        counts = limit.raise_above == 0
        assert counts or limit.raise_above is None or limit.clear_below is not None, alarm.type
        assert limit.raise_below is None or limit.clear_above is not None, alarm.type


def test_the_worst_alarms_confirm_before_they_are_raised() -> None:
    """UPSs say "battery low" and "off" for a moment during tests: neither is believed at once."""
    for name in ("apc-ups", "ups-mib", "megatec"):
        for alarm in profile(name).alarm:
            if alarm.severity is Severity.CRITICAL:
                assert alarm.on_delay > 0, (name, alarm.type)


APC = "1.3.6.1.4.1.318.1.1.1."
UPS = "1.3.6.1.2.1.33.1."
DS1 = "1.3.6.1.2.1.10.18."
APC_IDLE: dict[str, RawValue] = {
    APC + "4.1.1.0": 2, APC + "2.1.1.0": 2, APC + "2.2.4.0": 1, APC + "2.2.1.0": 100, APC + "2.2.2.0": 27,
    APC + "2.2.3.0": 360000, APC + "3.2.1.0": 231, APC + "4.2.1.0": 230, APC + "4.2.3.0": 35, APC + "8.1.0": 1,
    APC + "1.1.1.0": b"Smart-UPS 1500", APC + "7.2.3.0": 1, APC + "3.2.4.0": 50, APC + "4.2.2.0": 50,
}  # fmt: skip
UPS_IDLE: dict[str, RawValue] = {
    UPS + "4.1.0": 3, UPS + "2.1.0": 2, UPS + "2.2.0": 0, UPS + "2.3.0": 45, UPS + "2.4.0": 100, UPS + "2.5.0": 546,
    UPS + "3.3.1.2.1": 500, UPS + "3.3.1.3.1": 228, UPS + "4.2.0": 500, UPS + "4.4.1.2.1": 230, UPS + "4.4.1.5.1": 21,
    UPS + "6.1.0": 0, UPS + "7.3.0": 1,
}  # fmt: skip
TRUNK_IDLE: dict[str, RawValue] = {
    DS1 + "6.1.10.1": 1, DS1 + "6.1.10.2": 1, DS1 + "7.1.5.1": 0, DS1 + "7.1.6.1": 0, DS1 + "7.1.5.2": 0,
    DS1 + "7.1.6.2": 0,
}  # fmt: skip
PBX = "1.3.6.1.2.1.27.1.1.6.1"
SWITCH_IDLE: dict[str, RawValue] = {
    "1.3.6.1.2.1.1.3.0": 8640000,
    "1.3.6.1.2.1.2.2.1.8.1": 1,
    "1.3.6.1.2.1.2.2.1.7.1": 1,
}
KAMAILIO = "1.3.6.1.4.1.34352.3.1."
PROCESSES = "1.3.6.1.4.1.2021.2.1.5.1"
KAMAILIO_IDLE: dict[str, RawValue] = {
    PROCESSES: 9, KAMAILIO + "3.1.3.2.1.0": 0, KAMAILIO + "3.1.3.3.1.0": 0, KAMAILIO + "3.1.3.4.2.0": 0,
    KAMAILIO + "3.1.3.4.3.0": 0, KAMAILIO + "3.1.2.4.3.0": 0, KAMAILIO + "2.1.5.4.0": 12,
    KAMAILIO + "3.1.1.1.2.0": 13900064, KAMAILIO + "3.1.1.2.3.0": b"5.6.3",
}  # fmt: skip

STATES = [
    ("apc-ups", APC_IDLE, {}, []),
    ("apc-ups", APC_IDLE, {APC + "4.1.1.0": 3, APC + "3.2.1.0": 0, APC + "3.2.4.0": 0}, ["on-battery"]),
    ("apc-ups", APC_IDLE, {APC + "4.1.1.0": 3, APC + "2.1.1.0": 3, APC + "2.2.3.0": 12000},
     ["on-battery", "battery-low", "runtime-short"]),
    ("apc-ups", APC_IDLE, {APC + "4.1.1.0": 15}, []),
    ("apc-ups", APC_IDLE, {APC + "4.1.1.0": 28}, []),
    ("apc-ups", APC_IDLE, {APC + "4.1.1.0": 15, APC + "3.2.1.0": 0}, ["on-battery"]),
    ("apc-ups", APC_IDLE, {APC + "4.1.1.0": 3, APC + "7.2.3.0": 4}, []),
    ("apc-ups", APC_IDLE, {APC + "4.1.1.0": 7, APC + "7.2.3.0": 4, APC + "2.1.1.0": 3}, []),
    ("apc-ups", APC_IDLE, {APC + "4.1.1.0": 3, APC + "7.2.6.0": 3}, []),
    ("apc-ups", APC_IDLE, {APC + "4.1.1.0": 3, APC + "7.2.6.0": 3, APC + "2.1.1.0": 3}, ["battery-low"]),
    ("apc-ups", APC_IDLE, {APC + "4.1.1.0": 3, APC + "7.2.6.0": 1}, ["on-battery"]),
    ("apc-ups", APC_IDLE, {APC + "4.1.1.0": 10}, ["bypass"]),
    ("apc-ups", APC_IDLE, {APC + "4.1.1.0": 4}, ["voltage-regulation"]),
    ("apc-ups", APC_IDLE, {APC + "4.1.1.0": 11}, ["output-off"]),
    ("apc-ups", APC_IDLE, {APC + "2.2.4.0": 2, APC + "7.2.3.0": 2}, ["replace-battery", "test-failed"]),
    ("apc-ups", APC_IDLE, {APC + "2.1.1.0": 5}, ["battery-fault"]),
    ("apc-ups", APC_IDLE, {APC + "8.1.0": 2, APC + "4.1.1.0": 1}, ["communication-lost"]),
    ("apc-ups", APC_IDLE, {APC + "4.2.3.0": 97, APC + "2.2.2.0": 255}, ["overload"]),
    ("ups-mib", UPS_IDLE, {}, []),
    ("ups-mib", UPS_IDLE, {UPS + "4.1.0": 5, UPS + "2.2.0": 61, UPS + "6.1.0": 1, UPS + "3.3.1.3.1": 0},
     ["on-battery", "ups-alarm"]),
    ("ups-mib", UPS_IDLE, {UPS + "4.1.0": 5, UPS + "2.1.0": 4, UPS + "2.3.0": 0},
     ["on-battery", "battery-low", "runtime-short"]),
    ("ups-mib", UPS_IDLE, {UPS + "4.1.0": 1, UPS + "2.1.0": 1, UPS + "2.3.0": 1092}, []),
    ("ups-mib", UPS_IDLE, {UPS + "4.1.0": 2}, ["output-off"]),
    ("ups-mib", UPS_IDLE, {UPS + "4.1.0": 2, UPS + "7.3.0": 5}, []),
    ("ups-mib", UPS_IDLE, {UPS + "4.1.0": 5, UPS + "6.1.0": 2, UPS + "7.3.0": 5}, []),
    ("ups-mib", UPS_IDLE, {UPS + "4.1.0": 5, UPS + "7.3.0": 5, UPS + "3.3.1.3.1": 0}, ["on-battery"]),
    ("ups-mib", UPS_IDLE, {UPS + "4.1.0": 4, UPS + "7.3.0": 3}, ["bypass", "test-failed"]),
    ("trunk-gateway", TRUNK_IDLE, {}, []),
    ("trunk-gateway", TRUNK_IDLE, {DS1 + "6.1.10.1": 64 + 32 + 4 + 8192}, ["los.span-1"]),
    ("trunk-gateway", TRUNK_IDLE, {DS1 + "6.1.10.2": 32 + 4}, ["lof.span-2"]),
    ("trunk-gateway", TRUNK_IDLE, {DS1 + "6.1.10.2": 8 + 4}, ["ais.span-2"]),
    ("trunk-gateway", TRUNK_IDLE, {DS1 + "6.1.10.1": 2, DS1 + "6.1.10.2": 64}, ["rai.span-1", "los.span-2"]),
    ("trunk-gateway", TRUNK_IDLE, {DS1 + "6.1.10.1": 128 + 2}, ["span-under-test.span-1"]),
    ("trunk-gateway", TRUNK_IDLE, {DS1 + "7.1.6.2": 3}, ["slips.span-2"]),
    ("trunk-gateway", TRUNK_IDLE, {DS1 + "7.1.5.1": 12}, ["span-unstable.span-1"]),
    ("sip-pbx", {PBX: 1}, {}, []),
    ("sip-pbx", {PBX: 1}, {PBX: 2}, ["service-down"]),
    ("sip-pbx", {PBX: 1}, {PBX: 4}, ["service-congested"]),
    ("sip-pbx", {PBX: 1}, {PBX: 5, "1.3.6.1.2.1.25.1.1.0": 1000}, ["service-restarting", "host-restarted"]),
    ("kamailio", KAMAILIO_IDLE, {}, []),
    ("kamailio", {}, {PROCESSES: 0}, ["service-down", "service-silent"]),
    ("kamailio", KAMAILIO_IDLE, {KAMAILIO + "3.1.2.4.3.0": 2}, ["sip-stalled"]),
    ("kamailio", KAMAILIO_IDLE, {KAMAILIO + "3.1.3.4.2.0": 3, KAMAILIO + "3.1.3.4.3.0": 2},
     ["dialogs-full", "dialogs-many"]),
    ("kamailio", KAMAILIO_IDLE, {KAMAILIO + "2.1.5.4.0": 0}, ["phones-unregistered"]),
    ("kamailio", KAMAILIO_IDLE, {KAMAILIO + "3.1.1.1.2.0": 1_000_000}, ["memory-low"]),
    ("generic-switch", SWITCH_IDLE, {}, []),
    ("generic-switch", SWITCH_IDLE, {"1.3.6.1.2.1.2.2.1.8.1": 2}, ["uplink-down.uplink-1"]),
    ("generic-switch", SWITCH_IDLE, {"1.3.6.1.2.1.2.2.1.8.2": 7}, ["pbx-port-down.pbx-port-1"]),
]  # fmt: skip


def raised(given: Profile, raw: Mapping[str, RawValue]) -> list[str]:
    """The alarms whose limits hold for these answers, delays apart."""
    values = convert_all(given.point, raw)
    rules = rules_of(given, Text("-", "-"), (30.0, 10.0))
    return [
        f"{rule.type}.{rule.qualifier}" if rule.qualifier else rule.type
        for rule in rules
        if rule.point in values
        and judge(rule.limit, values[rule.point]) is Verdict.ABNORMAL
        and excuse_of(Condition(), rule, values, 0.0) is None
    ]


@pytest.mark.parametrize(("name", "idle", "changed", "expected"), STATES)
def test_an_alarmed_state_raises_its_alarms_and_no_other(
    name: str, idle: dict[str, RawValue], changed: dict[str, RawValue], expected: list[str]
) -> None:
    """Answers as the MIB has them, idle and alarmed: exactly these alarms, and of a trunk's bits only the root."""
    given = profile(name)
    assert raised(given, by_point(given.point, idle | changed)) == expected


SERIAL = {
    "input.voltage": 230.0, "input.voltage.fault": 230.0, "output.voltage": 230.0, "ups.load": 30.0,
    "input.frequency": 50.0, "battery.voltage": 27.3, "ups.temperature": None, "ups.status": "OL", "ups.alarm": "",
    "ups.test": False, "ups.type": "online", "ups.beeper.status": "enabled",
}  # fmt: skip
HOST = {
    "cpu.temperature": 51.1, "under_voltage": False, "cpu.load": 12.0, "memory.available": 61.0, "disk.free": 72.0,
    "clock.quality": "ntp", "parts.state": "fine", "wires.state": "fine",
}  # fmt: skip
NAMED = [
    ("megatec", SERIAL, {}, []),
    ("megatec", SERIAL, {"ups.status": "OB", "input.voltage": 0.0, "input.frequency": 0.0}, ["on-battery"]),
    ("megatec", SERIAL, {"ups.status": "OB LB", "ups.test": True}, []),
    ("megatec", SERIAL, {"ups.status": "OB", "ups.test": True, "input.voltage": 3.0}, ["on-battery"]),
    ("megatec", SERIAL, {"ups.status": "OB LB FSD"}, ["on-battery", "battery-low", "shutdown-pending"]),
    ("megatec", SERIAL, {"ups.status": "OL BYPASS ALARM"}, ["bypass", "ups-fault"]),
    ("megatec", SERIAL, {"ups.status": "OL BOOST"}, ["voltage-regulation"]),
    ("megatec", SERIAL, {"ups.load": 108.0, "ups.temperature": 55.0}, ["overload", "temperature-high"]),
    ("raspberry-pi", HOST, {}, []),
    ("raspberry-pi", HOST, {"under_voltage": True, "cpu.temperature": 84.0}, ["temperature-high", "under-voltage"]),
    ("raspberry-pi", HOST, {"disk.free": 2.0, "clock.quality": "unsynced"}, ["disk-full", "disk-low", "clock-unsynced"]),
    ("raspberry-pi", HOST, {"parts.state": "failed trends: OSError in trends.py:99"}, ["part-failed"]),
    ("raspberry-pi", HOST, {"wires.state": "failed lamps: lamp red on GPIO 17: busy"}, ["wires-failed"]),
    ("raspberry-pi", HOST, {"run.ended": "ordered"}, []),
    ("raspberry-pi", HOST, {"run.ended": "power-lost the power was cut"}, []),
    ("raspberry-pi", HOST, {"run.ended": "agent-hung watchdog killed ABRT"}, ["agent-hung"]),
    ("raspberry-pi", HOST, {"run.ended": "agent-crashed signal killed SEGV"}, ["agent-crashed"]),
    ("raspberry-pi", HOST, {"run.ended": "agent-out-of-memory oom-kill killed KILL"}, ["agent-out-of-memory"]),
    ("raspberry-pi", HOST, {"run.ended": "machine-watchdog the hardware watchdog reset the machine"}, ["machine-watchdog"]),
    ("raspberry-pi", HOST, {"run.ended": "kernel-panic Kernel panic - not syncing: sysrq"}, ["kernel-panic"]),
    ("raspberry-pi", HOST, {"run.ended": "overheated"}, ["overheated"]),
    ("broker", {"broker.connected": True}, {}, []),
    ("broker", {"broker.connected": True}, {"broker.connected": False}, ["broker-lost"]),
    ("journal", {"journal.state": "healthy"}, {}, []),
    ("journal", {"journal.state": "healthy"}, {"journal.state": "degraded"}, ["journal-degraded"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "idle", "changed", "expected"), NAMED)
def test_named_values_raise_their_alarms(
    name: str, idle: dict[str, RawValue], changed: dict[str, RawValue], expected: list[str]
) -> None:
    """The same for the serial UPS and the box's own devices, whose sources speak by the names of the points."""
    given = profile(name)
    assert set(idle) <= {point.name for point in given.point}
    assert raised(given, idle | changed) == expected


def test_every_excuse_of_a_ups_is_bounded_and_named() -> None:
    """A test that never ends hides nothing for ever, and what is noted says what it was."""
    for name in ("apc-ups", "ups-mib", "megatec"):
        excuses = [(alarm.type, excuse) for alarm in profile(name).alarm for excuse in alarm.excuses]
        assert {"on-battery", "battery-low"} <= {type_ for type_, _ in excuses}
        for type_, excuse in excuses:
            assert excuse.text is not None, (name, type_)
            assert 0 < excuse.at_most <= (300 if type_ in {"battery-low", "output-off"} else 8 * 3600)
        assert next(alarm for alarm in profile(name).alarm if alarm.type == "on-battery").brief is not None


def test_an_agent_is_recognised_by_its_longest_prefix() -> None:
    """Prefixes end at a dot: an APC UPS is one, an APC power strip or a neighbour in the tree is not."""
    apc = profile("apc-ups")
    assert apc.recognises("1.3.6.1.4.1.318.1.3.2.11") == len("1.3.6.1.4.1.318.1.3.2")
    assert apc.recognises(".1.3.6.1.4.1.318.1.3.27") > 0
    assert apc.recognises("1.3.6.1.4.1.318.1.3.4.5") == 0
    assert apc.recognises("1.3.6.1.4.1.318.1.3.20") == 0
