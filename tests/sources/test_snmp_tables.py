"""Rows of SNMP tables found by name, against a real `snmpd` whose rows move while it is read."""

import asyncio
from collections.abc import Iterator, Mapping

import pytest

from agent.config.branch import rules_of
from agent.config.convert import Conversion
from agent.config.profile import Profile, ProfilePoint, TableEntry
from agent.config.tables import cell, with_rows
from agent.config.words import Wording
from agent.core.branch import Branch
from agent.core.inputs import Polled
from agent.core.model import Device, Layer, Text
from agent.sources.snmp.asking import Asker
from agent.sources.snmp.client import Raw
from agent.sources.snmp.reading import Reader
from agent.sources.snmp.tables import SEARCH_EVERY, Rows, Table
from tests.core.branch import Room, text
from tests.parts import snmp_users
from tests.parts.snmp_users import HOWS, access
from tests.parts.snmpd import Snmpd, free_udp_port

TREE = "1.3.6.1.4.1.8072.9999.8"
NAMES = f"{TREE}.1"
STATES = f"{TREE}.2"
SPEEDS = f"{TREE}.3"
FIXED = f"{TREE}.9.0"
UPLINK, PBX = "Gi0/24", "Gi0/1"
TABLE = Table(NAMES, {"uplink": UPLINK, "pbx": PBX}, (STATES, SPEEDS), cell, repetitions=3)

each_how = pytest.mark.parametrize(("library", "version"), HOWS)


def rows(**order: int) -> dict[str, int | str]:
    """What the agent serves: ports by name at these indexes, each with a state and a speed that tell it apart."""
    names = {"pbx": PBX, "uplink": UPLINK, "spare": "Gi0/7"}
    values: dict[str, int | str] = {FIXED: 9}
    for row, index in order.items():
        values |= {
            f"{NAMES}.{index}": names[row],
            f"{STATES}.{index}": len(row),
            f"{SPEEDS}.{index}": 10 * len(row),
        }
    return values


def told(*known: str) -> dict[str, Raw]:
    """What a reading says when these rows are there."""
    cells = {cell(STATES, row): len(row) for row in known} | {
        cell(SPEEDS, row): 10 * len(row) for row in known
    }
    return {FIXED: 9, **{cell("present", row): row in known for row in TABLE.rows}, **cells}


@pytest.fixture
def snmpd(tmp_path) -> Iterator[Snmpd]:
    """An agent with three ports."""
    port = free_udp_port()
    values = rows(pbx=1, spare=7, uplink=24)
    with Snmpd(tmp_path, ["127.0.1.1"], port, values, (TREE,), snmp_users.config()) as agent:
        yield agent


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


def read_between(
    snmpd: Snmpd, library: str, version: str, changes: list[tuple[dict[str, int | str], float]]
) -> list[Mapping[str, Raw]]:
    """The readings before, between and after changes, each of which takes some seconds."""

    async def run() -> list[Mapping[str, Raw]]:
        clock = Clock()
        with snmp_users.client(library, access(version, "127.0.1.1", snmpd.port)) as one:
            reader = Reader(Asker(one, spoils=version == "1"), [FIXED], [Rows(TABLE, one, clock)])
            readings = [await reader.read()]
            for values, seconds in changes:
                snmpd.set(values)
                clock.now += seconds
                readings.append(await reader.read())
        return readings

    return asyncio.run(run())


@each_how
def test_rows_are_found_by_name_wherever_they_stand(snmpd: Snmpd, library: str, version: str) -> None:
    """The agent numbers its ports anew, even such that each has the other's number: no value is taken for another's."""
    moves = [(rows(pbx=3, uplink=4), 1.0), (rows(pbx=4, uplink=3), 1.0), (rows(uplink=1, pbx=24), 1.0)]
    readings = read_between(snmpd, library, version, moves)
    assert readings == [told("uplink", "pbx")] * 4


def test_a_row_that_is_gone_says_nothing_and_is_found_when_it_returns(snmpd: Snmpd) -> None:
    """The other row goes on; the lost one is looked for again after a while, not with every poll."""
    without, whole = rows(uplink=24), rows(uplink=24, pbx=5)
    changes = [(without, 1.0), (whole, 1.0), (whole, SEARCH_EVERY)]
    readings = read_between(snmpd, "gufo-snmp", "2c", changes)
    assert readings[1:] == [told("uplink"), told("uplink"), told("uplink", "pbx")]


def test_a_row_that_is_not_there_has_an_alarm_of_its_own(snmpd: Snmpd) -> None:
    """Raised once the table was seen whole without it for the on-delay; gone when the row comes; the other row goes on."""
    table = TableEntry(
        "port",
        Wording("Port", "端口"),
        NAMES,
        column=(ProfilePoint("state", Wording("s", "态"), oid=STATES),),
    )
    profile = with_rows(
        Profile("own", Wording("own", "自有"), "snmp", table=(table,)),
        {"port": {"uplink": UPLINK, "gone": "Gi0/99"}},
    )
    rules = rules_of(profile, Text("x", "x"), (30.0, 10.0))
    room = Room(Branch("s", {"x": Device("x", Layer.NETWORK, text("x"), rules, stale_after=1000.0)}))
    named = {"port.uplink": UPLINK, "port.gone": "Gi0/99"}

    async def run() -> None:
        with snmp_users.client("gufo-snmp", access("2c", "127.0.1.1", snmpd.port)) as one:
            wanted = Rows(Table(NAMES, named, (STATES,), cell), one, lambda: room.mono)
            reader, read = Reader(Asker(one), [FIXED], [wanted]), Conversion(profile.point)

            async def live(seconds: float) -> None:
                for _ in range(int(seconds // 10)):
                    room.wait(10.0)
                    room.give(Polled("x", read(await reader.read())))

            await live(120)
            assert standing(room) == set()
            await live(20)
            assert standing(room) == {"x.not-present.port-gone"}
            assert room.state.watches["x"].values["port.uplink.present"] is True
            snmpd.set(rows(uplink=24) | {f"{NAMES}.9": "Gi0/99", f"{STATES}.9": 1})
            await live(90)
            assert standing(room) == set()

    asyncio.run(run())


def standing(room: Room) -> set[str]:
    """The alarms that stand."""
    return {id_ for id_, alarm in room.state.durable.alarms.alarms.items() if not alarm.is_cleared}


def test_a_name_that_stands_twice_finds_neither(snmpd: Snmpd) -> None:
    """A guess could show a live port for a dead one."""
    double = rows(uplink=24, pbx=5) | {f"{NAMES}.6": PBX, f"{STATES}.6": 1, f"{SPEEDS}.6": 1}
    readings = read_between(snmpd, "gufo-snmp", "2c", [(rows(uplink=24), 1.0), (double, SEARCH_EVERY)])
    assert readings[2] == told("uplink")
