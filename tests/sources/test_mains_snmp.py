"""The same five things over SNMP: a real `snmpd` with the answers of two MIBs, the shipped profiles, and the core above."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.config.branch import points_of, rules_of
from agent.config.convert import Conversion
from agent.config.load import SHIPPED, load_profile
from agent.core.branch import Branch
from agent.core.events import ConditionPassed
from agent.core.inputs import Polled, PollFailed
from agent.core.model import Device, Layer, Text
from agent.sources.errors import PollError
from agent.sources.snmp.asking import Asker
from agent.sources.snmp.reading import Reader
from tests.core.branch import Room, text
from tests.parts import snmp_users
from tests.parts.snmp_users import access
from tests.parts.snmpd import Snmpd, free_udp_port

APC, UPS = "1.3.6.1.4.1.318.1.1.1.", "1.3.6.1.2.1.33.1."
IDLE: dict[str, dict[str, int | str]] = {
    "apc-ups": {
        APC + "1.1.1.0": "Smart-UPS 1500", APC + "2.1.1.0": 2, APC + "2.2.1.0": 100, APC + "2.2.3.0": 360000,
        APC + "2.2.4.0": 1, APC + "3.2.1.0": 231, APC + "4.1.1.0": 2, APC + "4.2.1.0": 230, APC + "4.2.3.0": 35,
        APC + "7.2.3.0": 1, APC + "7.2.6.0": 1,
    },
    "ups-mib": {
        UPS + "2.1.0": 2, UPS + "3.3.1.3.1": 228, UPS + "4.1.0": 3, UPS + "6.1.0": 0, UPS + "7.3.0": 1,
    },
}  # fmt: skip
STATES: dict[str, dict[str, dict[str, int | str]]] = {
    "apc-ups": {
        "idle": {},
        "test": {APC + "4.1.1.0": 3, APC + "7.2.3.0": 4},
        "off in a test": {APC + "4.1.1.0": 7, APC + "7.2.3.0": 4},
        "test failed": {APC + "7.2.3.0": 2},
        "calibration": {APC + "4.1.1.0": 3, APC + "7.2.6.0": 3},
        "calibrated to low": {APC + "4.1.1.0": 3, APC + "7.2.6.0": 3, APC + "2.1.1.0": 3},
        "outage": {APC + "4.1.1.0": 3, APC + "3.2.1.0": 0},
        "outage in a test": {APC + "4.1.1.0": 3, APC + "3.2.1.0": 0, APC + "7.2.3.0": 4},
    },
    "ups-mib": {
        "idle": {},
        "test": {UPS + "4.1.0": 5, UPS + "6.1.0": 2, UPS + "7.3.0": 5},
        "off in a test": {UPS + "4.1.0": 2, UPS + "7.3.0": 5},
        "test failed": {UPS + "7.3.0": 3},
        "calibration": {UPS + "4.1.0": 5, UPS + "7.3.0": 5},
        "calibrated to low": {UPS + "4.1.0": 5, UPS + "2.1.0": 3, UPS + "7.3.0": 5},
        "outage": {UPS + "4.1.0": 5, UPS + "3.3.1.3.1": 0},
        "outage in a test": {UPS + "4.1.0": 5, UPS + "3.3.1.3.1": 0, UPS + "7.3.0": 5},
    },
}
KINDS = list(IDLE)


class Card(Room):
    """A UPS with a network card, asked each ten seconds of a clock that the test moves; the agent is real."""

    def __init__(self, kind: str, folder: Path) -> None:
        profile = load_profile(SHIPPED / f"{kind}.toml")
        rules = rules_of(profile, Text("UPS", "UPS 主机"), (30.0, 10.0))
        device = Device("ups-1", Layer.POWER, text("UPS"), rules, points_of(profile.point), stale_after=30.0)
        super().__init__(Branch("s", {"ups-1": device}))
        self.kind = kind
        tree = (APC if kind == "apc-ups" else UPS).rstrip(".")
        self.snmpd = Snmpd(folder, ["127.0.1.1"], free_udp_port(), dict(IDLE[kind]), (tree,))
        self._oids = tuple(point.oid for point in profile.point if point.oid)
        self._convert = Conversion(profile.point)

    def run(self, state: str, seconds: float) -> None:
        """The UPS is in a state for so long."""
        self.snmpd.set(IDLE[self.kind] | STATES[self.kind][state])
        for _ in range(int(seconds // 10)):
            self.wait(10.0)
            self.ask()

    def ask(self) -> None:
        """One poll."""
        try:
            raw = asyncio.run(self._get())
        except PollError as error:
            self.give(PollFailed("ups-1", error.cause, str(error)))
        else:
            self.give(Polled("ups-1", self._convert(raw)))

    async def _get(self):
        with snmp_users.client("gufo-snmp", access("2c", "127.0.1.1", self.snmpd.port)) as client:
            return await Reader(Asker(client), self._oids).read()

    def standing(self) -> dict[str, tuple[str, ...]]:
        """The types of the alarms that stand, each with the root causes."""
        return {
            one.key.type: tuple(cause.alarm for cause in one.root_cause)
            for one in self.state.durable.alarms.alarms.values()
            if not one.is_cleared
        }

    def passed(self) -> list[str]:
        """What was noted as passed."""
        return [one.text.en for one in self.events if isinstance(one, ConditionPassed)]


@pytest.fixture(params=KINDS)
def card(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Card]:
    """A UPS of each MIB that runs on mains."""
    one = Card(request.param, tmp_path)
    with one.snmpd:
        one.run("idle", 20)
        assert one.standing() == {}
        yield one


def test_a_self_test_over_snmp(card: Card) -> None:
    """On battery, and off for a moment: nothing is raised; that it failed is."""
    card.run("test", 40)
    card.run("off in a test", 20)
    card.run("idle", 30)
    assert card.standing() == {}
    assert len(card.passed()) == 1
    assert card.passed()[0].startswith("Self-test")
    card.run("test failed", 70)
    assert card.standing() == {"test-failed": ()}


def test_a_calibration_over_snmp(card: Card) -> None:
    """Half an hour on battery is no mains failure; that the battery is low in the end is told."""
    card.run("calibration", 1800)
    assert card.standing() == {}
    card.run("calibrated to low", 130)
    assert card.standing() == {"battery-low": ()}
    card.run("idle", 60)
    assert card.standing() == {}
    assert "alibration" in card.passed()[0]


def test_a_brief_sag_over_snmp(card: Card) -> None:
    """One poll saw it."""
    card.run("outage", 10)
    card.run("idle", 20)
    assert card.standing() == {}
    assert card.passed() == ["Brief mains sag"]


def test_an_outage_over_snmp(card: Card) -> None:
    """Raised and cleared; also when it comes in the middle of a test."""
    for state in ("outage", "outage in a test"):
        card.run("test", 30)
        card.run(state, 30)
        assert card.standing() == {"on-battery": ()}
        card.run("idle", 30)
        assert card.standing() == {}


def test_a_link_that_is_lost_with_the_mains_over_snmp(card: Card) -> None:
    """The agent is gone after one reading on battery: its switch hung on the mains."""
    card.run("outage", 10)
    card.snmpd.stop()
    card.run("outage", 60)
    assert card.standing() == {"lost-on-battery": (), "unreachable": ("ups-1.lost-on-battery",)}
    card.snmpd.start()
    card.run("idle", 30)
    assert card.standing() == {}
