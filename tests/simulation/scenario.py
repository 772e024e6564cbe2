"""One seed makes one branch and one day of it: devices, who needs whom, faults, people. Pure data."""

import random
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from agent.core.branch import Branch, Chatter
from agent.core.graph import AllOf, AnyOf, Need
from agent.core.inputs import Verb
from agent.core.model import Device, Layer, Limit, Point, Rule, Severity, Unless
from agent.core.sequences import Reset, Scheme
from tests.core.branch import UNREACHABLE_RULE, text

DAY = 86_400.0
QUIET = 7_200.0
"""Seconds at the end in which no new fault begins."""
INTERVAL = 60.0
UPSES = ("ups-1", "ups-2")

STATUS_OB = Rule(
    "on-battery",
    "status",
    Severity.MAJOR,
    Limit(tokens=("OB",)),
    text("on battery"),
    on_delay=5.0,
    off_delay=10.0,
    unless=(Unless("test", Limit(among=(True,))),),
)
OUTPUT_OFF = Rule(
    "output-off",
    "status",
    Severity.CRITICAL,
    Limit(tokens=("OFF",)),
    text("output off"),
    on_delay=10.0,
    takes_down=True,
)
LEVEL = Rule(
    "level-high",
    "level",
    Severity.MINOR,
    Limit(raise_above=50.0, clear_below=40.0),
    text("level"),
    on_delay=30.0,
    off_delay=60.0,
)
LEVEL_WORSE = Rule(
    "level-extreme",
    "level",
    Severity.CRITICAL,
    Limit(raise_above=80.0, clear_below=70.0),
    text("level extreme"),
    confirm=(2, 3),
    explained_by=("heater-on",),
)
HEATER = Rule("heater-on", "heater", Severity.WARNING, Limit(among=(True,)), text("heater"), on_delay=20.0)
PEER = Rule(
    "peer-lost",
    "peer",
    Severity.MAJOR,
    Limit(among=("lost",)),
    text("peer"),
    on_delay=10.0,
    explained_by_dependencies=True,
)


class Fault(Struct, frozen=True):
    """Something that is wrong from one second to another."""

    kind: str
    """One of `_KINDS`."""
    begin: float
    end: float
    device: str = ""
    size: float = 0.0


ORDERED = tuple(verb for verb in Verb if verb not in (Verb.PURGE, Verb.COMPRESS))
"""What people order here; what clears up the list is tried by tests of its own."""


class Deed(Struct, frozen=True):
    """Something that somebody orders."""

    at: float
    verb: Verb
    pick: float
    """Which of the alarms, as a share of the list; beyond 1 is one that is not there."""
    late: bool
    """Whether it is about an occurrence that is gone."""
    twice: bool
    rival: Verb | None
    """What somebody else orders of the same alarm at the same instant."""
    denied: bool
    """Whether the desk does not allow it."""
    note: str
    seconds: float
    """For how long, where it has an end."""


class Scenario(Struct, frozen=True):
    """A branch and its day."""

    seed: int
    branch: Branch
    faults: tuple[Fault, ...]
    deeds: tuple[Deed, ...]
    battery: float | None = None
    """Years by which the battery clock of the box is wrong; None where it has none and wakes up in 1970."""


def scenario(seed: int) -> Scenario:
    """The branch and the day of a seed."""
    dice = random.Random(seed)  # the same each time is what is wanted
    devices = {one.id: one for one in _devices(dice)}
    chatter = Chatter(count=4, within=900.0, quiet=300.0)
    branch = Branch("sim", devices, chatter=chatter, acknowledges=dice.random() < 0.3)
    scheme = Scheme(dice.choice(list(Reset)), first_out=dice.random() < 0.3)
    branch = replace(branch, scheme=scheme)
    faults, deeds = tuple(_faults(dice, list(devices))), tuple(_deeds(dice))
    battery = random.Random(seed).choice((None, None, 0.0, -1.0))
    return Scenario(seed, branch, faults, deeds, battery)


def _devices(dice: random.Random) -> Iterator[Device]:
    for id_ in UPSES:
        way = AllOf(("switch-1",)) if id_ == "ups-2" else AllOf(())
        yield _device(id_, Layer.POWER, AllOf(()), way, (STATUS_OB, OUTPUT_OFF, LEVEL))
    switches = ["switch-1", "switch-2", "switch-3"]
    for id_ in switches:
        yield _device(id_, Layer.NETWORK, AllOf((_some(dice, UPSES),)), AllOf(()), (LEVEL,))
    others = [f"server-{n}" for n in range(1, 8)]
    for at, id_ in enumerate(others):
        needs: list[Need] = [_some(dice, switches)]
        if at and dice.random() < 0.5:
            needs.append(dice.choice(others[:at]))
        rules = (LEVEL, LEVEL_WORSE, HEATER, PEER)
        yield _device(id_, Layer.APPLICATION, AllOf(tuple(needs)), AllOf(()), rules)


def _some(dice: random.Random, among: Sequence[str]) -> Need:
    if dice.random() < 0.4:
        return AnyOf(tuple(dice.sample(among, 2)))
    return dice.choice(among)


def _device(id_: str, layer: Layer, needs: AllOf, way: AllOf, rules: tuple[Rule, ...]) -> Device:
    points = {rule.point: Point(rule.point) for rule in rules}
    return Device(
        id_,
        layer,
        text(id_),
        (UNREACHABLE_RULE, *rules),
        points,
        stale_after=180.0,
        depends_on=needs,
        reached_through=way,
        recovery_time=120.0,
    )


_KINDS = {
    # of the world
    "mains": (3, 60.0, 7_200.0),
    "dead": (8, 30.0, 20_000.0),
    "high": (12, 20.0, 10_000.0),
    "middle": (4, 60.0, 5_000.0),
    "flap": (4, 600.0, 3_600.0),
    "heat": (4, 60.0, 5_000.0),
    "test": (3, 30.0, 900.0),
    "peer": (4, 60.0, 5_000.0),
    "off": (3, 60.0, 10_000.0),
    # of the ways to the devices and out of the branch
    "noise": (4, 300.0, 7_200.0),
    "garble": (3, 300.0, 7_200.0),
    "mute": (2, 100.0, 2_000.0),
    "wan": (3, 60.0, 10_000.0),
    # of the box
    "disk": (2, 10.0, 3_600.0),
    "kill": (6, 1.0, 60.0),
    "boot": (2, 20.0, 300.0),
    "stop": (2, 20.0, 300.0),
    "clock": (3, 1.0, 1.0),
    "sync": (3, 1.0, 1.0),
    "lose": (2, 1.0, 1.0),
}
"""By kind of fault: how many at most, and how long at least and at most."""


def _faults(dice: random.Random, devices: list[str]) -> Iterator[Fault]:
    for kind, (most, least, longest) in _KINDS.items():
        for _ in range(dice.randint(0, most)):
            begin = dice.uniform(300.0, DAY - QUIET)
            end = begin + dice.uniform(least, longest)
            if dice.random() < 0.15 and kind in ("dead", "high", "heat"):
                end = 10 * DAY  # nobody mends it today
            elif end > DAY - QUIET:
                end = DAY - QUIET
            among = UPSES if kind == "off" else devices
            yield Fault(kind, begin, end, dice.choice(among), dice.uniform(-1.0, 1.0))


def _deeds(dice: random.Random) -> Iterator[Deed]:
    for _ in range(dice.randint(5, 80)):
        yield Deed(
            dice.uniform(0.0, DAY),
            dice.choice(ORDERED),
            dice.uniform(0.0, 1.2),
            dice.random() < 0.2,
            dice.random() < 0.2,
            dice.choice((Verb.ACKNOWLEDGE, Verb.CLOSE)) if dice.random() < 0.3 else None,
            dice.random() < 0.1,
            "work" if dice.random() < 0.9 else " ",
            dice.choice((30.0, 900.0, 9_000.0, 90_000.0)),
        )
