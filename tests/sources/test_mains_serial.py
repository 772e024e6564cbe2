"""What a serial UPS does with its mains, told apart: a real line and pty, the shipped profile, and the core above them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.config.branch import points_of, rules_of
from agent.config.load import SHIPPED, load_profile
from agent.core.branch import Branch
from agent.core.events import ConditionPassed
from agent.core.inputs import Polled, PollFailed
from agent.core.model import Device, Layer, Text
from agent.wiring import reader
from firmware.errors import FirmwareError
from firmware.line import SerialLine
from firmware.simulator.megatec_ups import MegatecUpsSimulator
from firmware.ups.session import MegatecUps
from tests.core.branch import Room, text

PROFILE = load_profile(SHIPPED / "megatec.toml")
RULES = rules_of(PROFILE, Text("UPS", "UPS 主机"), (30.0, 10.0))
UPS = Device("ups-1", Layer.POWER, text("UPS"), RULES, points_of(PROFILE.point), stale_after=30.0)


class Bench(Room):
    """A UPS on its wire, asked each ten seconds of a clock that the test moves; the wire itself is real."""

    def __init__(self, link: Path) -> None:
        super().__init__(Branch("s", {"ups-1": UPS}))
        self.ups = MegatecUpsSimulator(link, clock=lambda: self.mono)
        self.ups.model.test_tells_failure = True
        self.line = SerialLine(str(link))
        self._dialogue = MegatecUps(self.line, deadline=30.0)
        self._read = reader(PROFILE)

    def run(self, seconds: float) -> None:
        """Time passes; each ten seconds the UPS is asked."""
        for _ in range(int(seconds // 10)):
            self.wait(10.0)
            try:
                self.give(Polled("ups-1", self._read(self._dialogue.poll())))
            except FirmwareError as error:
                self.give(PollFailed("ups-1", "lost", type(error).__name__))

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


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A UPS that runs on mains."""
    one = Bench(tmp_path / "ups")
    with one.ups, one.line:
        one.run(20)
        yield one


def test_a_self_test_on_the_wire(bench: Bench) -> None:
    """Ordered at the UPS itself, for a quarter of a minute; this make says "utility fail" meanwhile."""
    bench.ups.test(15.0)
    bench.run(60)
    assert bench.standing() == {}
    assert bench.passed() == ["Self-test"]


def test_a_calibration_on_the_wire(bench: Bench) -> None:
    """Down to the low limit and back to mains: half an hour on battery, and no mains failure."""
    bench.ups.test(None)
    bench.run(1500)
    assert bench.standing() == {}
    assert bench.passed() == ["Self-test"]
    assert bench.ups.model.charge < 25


def test_a_brief_sag_on_the_wire(bench: Bench) -> None:
    """Seen by one poll: noted, not raised; three in an hour are unstable mains."""
    for number in range(1, 4):
        bench.ups.sag(11.0)
        bench.run(120)
        assert bench.passed() == ["Brief mains sag"] * number
        assert bench.standing() == ({"mains-unstable": ()} if number == 3 else {})
    bench.run(3600)
    assert bench.standing() == {}


def test_an_outage_on_the_wire(bench: Bench) -> None:
    """Raised, low in the end, and over with the mains; also when it begins in the middle of a self-test."""
    bench.ups.test(600.0)
    bench.run(30)
    assert bench.standing() == {}
    bench.ups.mains(False)
    bench.run(30)
    assert set(bench.standing()) == {"on-battery"}
    bench.run(1500)
    assert set(bench.standing()) == {"on-battery", "battery-low"}
    bench.ups.mains(True)
    bench.run(120)
    assert bench.standing() == {}
    assert bench.passed() == []


def test_a_link_that_is_lost_with_the_mains_on_the_wire(bench: Bench) -> None:
    """One reading said on battery; then the adapter is gone. It comes back, and the truth with it."""
    bench.ups.mains(False)
    bench.run(10)
    bench.ups.unplug()
    bench.run(60)
    assert bench.standing() == {"lost-on-battery": (), "unreachable": ("ups-1.lost-on-battery",)}
    bench.ups.plug()
    bench.run(30)
    assert bench.standing() == {"on-battery": ()}


def test_an_adapter_that_is_unplugged_on_a_good_day(bench: Bench) -> None:
    """Is only unreachable."""
    bench.ups.unplug()
    bench.run(60)
    assert bench.standing() == {"unreachable": ()}
