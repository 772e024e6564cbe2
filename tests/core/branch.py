"""A small branch for the tests of the core, and a driver that gives it inputs under virtual time."""

from collections.abc import Mapping

from agent.core.branch import Branch
from agent.core.engine import step
from agent.core.events import AnyEvent, kind
from agent.core.inputs import Door, Input, Order, Origin, Polled, PollFailed, Started, Tick, Verb
from agent.core.model import (
    REACHABLE,
    UNREACHABLE,
    Bad,
    ClockQuality,
    Device,
    Instant,
    Layer,
    Limit,
    Point,
    Rule,
    Severity,
    Text,
    Value,
)
from agent.core.state import Durable, State, new_state

EPOCH = 1_800_000_000.0
LI = Origin("li.na", Door.PANEL, "192.0.2.7")


def text(word: str) -> Text:
    """A text of which only the language matters."""
    return Text(word, f"{word}（中文）")


UNREACHABLE_RULE = Rule(
    UNREACHABLE,
    REACHABLE,
    Severity.MAJOR,
    Limit(among=(False,)),
    text("does not answer"),
    on_delay=30.0,
    off_delay=5.0,
    explained_by_dependencies=True,
    takes_down=True,
)
CHARGE = Rule(
    "battery.low",
    "battery.charge",
    Severity.CRITICAL,
    Limit(raise_below=20.0, clear_above=30.0),
    text("battery low"),
    on_delay=10.0,
    off_delay=20.0,
)
ON_BATTERY = Rule("on-battery", "ups.status", Severity.MAJOR, Limit(tokens=("OB",)), text("mains lost"))
TEMPERATURE = Rule(
    "temperature.high",
    "ups.temperature",
    Severity.MINOR,
    Limit(raise_above=40.0, clear_below=35.0),
    text("hot"),
)

UPS = Device(
    "ups-1",
    Layer.POWER,
    "UPS",
    (UNREACHABLE_RULE, CHARGE, ON_BATTERY, TEMPERATURE),
    {"battery.charge": Point("battery.charge", "%"), "ups.status": Point("ups.status")},
    stale_after=60.0,
)
PBX = Device("pbx-1", Layer.APPLICATION, "PBX", (UNREACHABLE_RULE,), stale_after=60.0)
BRANCH = Branch("sh-0042", {"ups-1": UPS, "pbx-1": PBX})

GOOD: dict[str, Value | Bad] = {"battery.charge": 100.0, "ups.status": "OL", "ups.temperature": 25.0}


class Room:
    """The core of one branch under virtual time; remembers every event."""

    def __init__(
        self,
        branch: Branch = BRANCH,
        durable: Durable | None = None,
        mono: float = 1000.0,
        *,
        wall: float | None = None,
        quality: ClockQuality = ClockQuality.UNSYNCED,
        boot: str = "",
    ) -> None:
        self.state: State = new_state(branch, durable)
        self.mono, self.quality, self.boot = mono, quality, boot
        self.offset = EPOCH if wall is None else wall - mono
        self.events: list[AnyEvent] = []
        self.give(Started("test", "0"))

    @property
    def now(self) -> Instant:
        """The present instant; wall time runs along with the monotonic one."""
        return Instant(self.mono, self.offset + self.mono, self.quality, self.boot)

    def give(self, given: Input) -> list[str]:
        """Give one input; returns the kinds of the events that follow."""
        events = step(self.state, given, self.now)
        self.events += events
        return [kind(event) for event in events]

    def polled(self, device: str = "ups-1", **values: Value | Bad) -> list[str]:
        """The device answers; `battery_charge=5` overrides one point."""
        changed: Mapping[str, Value | Bad] = {name.replace("_", "."): value for name, value in values.items()}
        return self.give(Polled(device, {**GOOD, **changed}))

    def failed(self, device: str = "ups-1") -> list[str]:
        """The device does not answer."""
        return self.give(PollFailed(device, "timeout"))

    def wait(self, seconds: float) -> list[str]:
        """Time passes."""
        self.mono += seconds
        return self.give(Tick())

    def order(self, verb: Verb, alarm: str = "", occurrence: int = 0) -> list[str]:
        """Li Na orders something."""
        return self.give(Order("o-1", verb, LI, alarm, occurrence))

    def shelve(self, alarm: str, seconds: float, note: str = "the card is being replaced") -> list[str]:
        """Li Na puts an alarm aside."""
        return self.give(Order("o-1", Verb.SHELVE, LI, alarm, note=note, seconds=seconds))

    def take_out(self, device: str, seconds: float, note: str = "batteries are being replaced") -> list[str]:
        """Li Na takes a device out of service."""
        return self.give(Order("o-1", Verb.TAKE_OUT, LI, device=device, note=note, seconds=seconds))
