"""A branch whose limits may be changed on site, for the tests of management of change."""

from collections.abc import Mapping

from msgspec.structs import replace

from agent.core.branch import Branch
from agent.core.events import LimitChanged, LimitEvent, OrderRefused
from agent.core.inputs import Order, Verb
from agent.core.model import Bounds, Device, Limit, Rule
from agent.core.state import Durable
from tests.core.branch import CHARGE, GOOD, LI, ON_BATTERY, TEMPERATURE, UNREACHABLE_RULE, UPS, Room

HOT = "ups-1.temperature-high"
LOW = "ups-1.battery-low"
MAINS = "ups-1.on-battery"
BOUNDS = {
    "raise_above": Bounds(30.0, 60.0),
    "clear_below": Bounds(25.0, 58.0),
    "on_delay": Bounds(0.0, 600.0),
    "off_delay": Bounds(0.0, 600.0),
}
HOT_RULE = replace(TEMPERATURE, adjustable=BOUNDS)
LOW_RULE = replace(CHARGE, adjustable={"raise_below": Bounds(10.0, 40.0), "clear_above": Bounds(15.0, 60.0)})
RISING = replace(
    TEMPERATURE,
    type="rising",
    point="ups.temperature",
    limit=Limit(raise_above=5.0, per=600.0),
    adjustable={"raise_above": Bounds(1.0, 10.0)},
)


def ups(*rules: Rule) -> Device:
    """The UPS with other rules."""
    return replace(UPS, rules=(UNREACHABLE_RULE, *rules))


SITE = Branch("sh-0042", {"ups-1": ups(HOT_RULE, LOW_RULE, ON_BATTERY)})


class Site(Room):
    """A room in which somebody changes limits."""

    def __init__(self, branch: Branch = SITE, durable: Durable | None = None, mono: float = 1000.0) -> None:
        super().__init__(branch, durable, mono)

    def set(self, alarm: str = HOT, reason: str = "summer", **numbers: float) -> str:
        """Li Na changes a limit; returns why not, empty where it was done."""
        return self._ordered(Verb.SET_LIMIT, alarm, reason, numbers)

    def revert(self, alarm: str = HOT, reason: str = "autumn") -> str:
        """Li Na takes it back; returns why not, empty where it was done."""
        return self._ordered(Verb.REVERT_LIMIT, alarm, reason, {})

    def _ordered(self, verb: Verb, alarm: str, reason: str, numbers: Mapping[str, float]) -> str:
        self.give(Order("o-1", verb, LI, alarm, note=reason, numbers=numbers))
        last = self.events[-1]
        if isinstance(last, OrderRefused):
            return last.reason
        assert isinstance(last, LimitEvent)
        return ""

    def hot(self, degrees: float) -> list[str]:
        """The UPS tells its temperature."""
        return self.polled(ups_temperature=degrees)

    def hold(self, degrees: float, seconds: int) -> list[str]:
        """It tells the same again and again for some time."""
        told = []
        for _ in range(seconds // 10):
            told += [*self.wait(10), *self.hot(degrees)]
        return told

    def numbers(self, alarm: str = HOT) -> dict[str, float]:
        """What is in force of a rule."""
        watch = self.state.watches["ups-1"]
        rule = watch.device.rules[watch.links.ids.index(alarm)]
        told = {
            "raise_above": rule.limit.raise_above,
            "clear_below": rule.limit.clear_below,
            "raise_below": rule.limit.raise_below,
            "clear_above": rule.limit.clear_above,
            "on_delay": rule.on_delay,
            "off_delay": rule.off_delay,
        }
        return {name: value for name, value in told.items() if value is not None}

    def changed(self) -> LimitChanged:
        """The last change."""
        return [event for event in self.events if isinstance(event, LimitChanged)][-1]


__all__ = ["BOUNDS", "GOOD", "HOT", "HOT_RULE", "LOW", "LOW_RULE", "MAINS", "RISING", "SITE", "Site", "ups"]
