"""What is physically so: who has power, who is reached, what each device says when it is asked. The truth of a day."""

from collections.abc import Mapping

from agent.core.graph import blame, device_of
from agent.core.model import Bad, Value
from tests.simulation.scenario import Fault, Scenario

FLAP = 20.0
"""Seconds of each position of a flapping value."""


class Plant:
    """The devices of a day.

    Args:
        scenario: the day.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._branch = scenario.branch
        self._faults = scenario.faults

    def during(self, kind: str, now: float, device: str = "") -> Fault | None:
        """The fault of a kind that is in force; of a device, where one is named."""
        for fault in self._faults:
            if fault.kind == kind and fault.begin <= now < fault.end and device in ("", fault.device):
                return fault
        return None

    def works(self, device: str, now: float) -> bool:
        """Whether it has what it needs and is not broken itself."""
        if self.during("dead", now, device):
            return False
        needs = self._branch.devices[device].depends_on
        return not blame(needs, lambda word: () if self.works(device_of(word), now) else (word,))

    def answers(self, device: str, now: float) -> bool:
        """Whether an answer of it would reach the box."""
        way = self._branch.devices[device].reached_through
        reached = not blame(way, lambda word: () if self.works(device_of(word), now) else (word,))
        return self.works(device, now) and reached

    def says(self, device: str, now: float) -> Mapping[str, Value | Bad]:
        """Its answer."""
        level = 90.0 if self.during("high", now, device) else 20.0
        if self.during("flap", now, device):
            level = 60.0 if int(now / FLAP) % 2 else 20.0
        test = self.during("test", now, device) is not None
        values: dict[str, Value | Bad] = {
            "level": level,
            "heater": self.during("heat", now, device) is not None,
            "peer": "ok",
            "test": test,
            "status": "OB" if self.during("mains", now) or test else "OL",
        }
        if self.during("garble", now, device):
            values["level"] = Bad("implausible")
        known = {rule.point for rule in self._branch.devices[device].rules} | {"test"}
        return {name: value for name, value in values.items() if name in known}
