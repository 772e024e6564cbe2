"""What is physically so: who has power, who is reached, what each device says when it is asked. The truth of a day.

Between two moments at which a fault begins or ends nothing changes but what flaps, so each is worked out once.
"""

from bisect import bisect_right
from collections.abc import Mapping

from msgspec import Struct

from agent.core.graph import blame, device_of
from agent.core.model import Bad, Value
from tests.simulation.scenario import Fault, Scenario

FLAP = 20.0
"""Seconds of each position of a flapping value …"""
FLAPS = (60.0, 45.0, 20.0, 45.0)
"""… and its positions: over the limit, in the deadband, below it."""


class Lull(Struct):
    """What is so of one device until the next fault begins or ends."""

    answers: bool
    says: Mapping[str, Value | Bad]
    flaps: bool


class Plant:
    """The devices of a day.

    Args:
        scenario: the day.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._branch = scenario.branch
        self._faults = scenario.faults
        self._turns = sorted({turn for fault in scenario.faults for turn in (fault.begin, fault.end)})
        self._lulls: dict[tuple[str, int], Lull] = {}
        self._during: dict[tuple[str, str, int], Fault | None] = {}

    def during(self, kind: str, now: float, device: str = "") -> Fault | None:
        """The fault of a kind that is in force; of a device, where one is named."""
        place = (kind, device, bisect_right(self._turns, now))
        if place not in self._during:
            self._during[place] = self._find(kind, now, device)
        return self._during[place]

    def works(self, device: str, now: float) -> bool:
        """Whether it has what it needs and is not broken itself."""
        if self.during("dead", now, device):
            return False
        needs = self._branch.devices[device].depends_on
        return blame(needs, lambda word: None if self._serves(device_of(word), now) else (word,)) is None

    def _serves(self, device: str, now: float) -> bool:
        """Whether who needs it has it: a UPS may work, and its output be off."""
        return self.works(device, now) and not self.during("off", now, device)

    def answers(self, device: str, now: float) -> bool:
        """Whether an answer of it would reach the box."""
        return self._lull(device, now).answers

    def is_reached(self, device: str, now: float) -> bool:
        """Whether the way from the box to it holds."""
        way = self._branch.devices[device].reached_through
        return blame(way, lambda word: None if self.works(device_of(word), now) else (word,)) is None

    def says(self, device: str, now: float) -> Mapping[str, Value | Bad]:
        """Its answer; a new mapping each time, as a driver gives it."""
        lull = self._lull(device, now)
        level: dict[str, Value | Bad] = {"level": FLAPS[int(now / FLAP) % len(FLAPS)]} if lull.flaps else {}
        return {**lull.says, **level}

    def _find(self, kind: str, now: float, device: str) -> Fault | None:
        for fault in self._faults:
            if fault.kind == kind and fault.begin <= now < fault.end and device in ("", fault.device):
                return fault
        return None

    def _lull(self, device: str, now: float) -> Lull:
        place = (device, bisect_right(self._turns, now))
        if place not in self._lulls:
            reached = self.is_reached(device, now)
            garbled = self.during("garble", now, device) is not None
            flaps = self.during("flap", now, device) is not None and not garbled
            self._lulls[place] = Lull(self.works(device, now) and reached, self._values(device, now), flaps)
        return self._lulls[place]

    def _level(self, device: str, now: float) -> float | Bad:
        if self.during("garble", now, device):
            return Bad("implausible")
        if self.during("high", now, device):
            return 90.0
        return 45.0 if self.during("middle", now, device) else 20.0

    def _status(self, device: str, now: float, *, test: bool) -> str:
        if self.during("off", now, device):
            return "OFF"
        return "OB" if self.during("mains", now) or test else "OL"

    def _values(self, device: str, now: float) -> Mapping[str, Value | Bad]:
        """What it says while nothing of it flaps."""
        test = self.during("test", now, device) is not None
        values: dict[str, Value | Bad] = {
            "level": self._level(device, now),
            "heater": self.during("heat", now, device) is not None,
            "peer": "lost" if self.during("peer", now, device) else "ok",
            "test": test,
            "status": self._status(device, now, test=test),
        }
        known = {rule.point for rule in self._branch.devices[device].rules} | {"test"}
        return {name: value for name, value in values.items() if name in known}
