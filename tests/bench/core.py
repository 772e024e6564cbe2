"""What the core alone costs: one process, one core, no I/O. Prints figures; holds them to no bar."""

import time
from collections.abc import Callable

from agent.core.branch import Branch, Chatter
from agent.core.engine import step
from agent.core.events import AlarmCauseChanged, AlarmRaised
from agent.core.graph import AllOf
from agent.core.inputs import Input, Polled, PollFailed, Started, Tick
from agent.core.model import (
    REACHABLE,
    UNREACHABLE,
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
from agent.core.state import State, new_state, take_asks

POINTS = 10
WALL = 1_800_000_000.0
NEVER = Chatter(within=-1.0)
"""No alarm is held: each crossing is to have its event."""
_TEXT = Text("a bench", "测试")


def _unreachable(on_delay: float) -> Rule:
    return Rule(
        UNREACHABLE,
        REACHABLE,
        Severity.MAJOR,
        Limit(among=(False,)),
        _TEXT,
        on_delay=on_delay,
        explained_by_dependencies=True,
        takes_down=True,
    )


def _device(id_: str, needs: tuple[str, ...] = (), *, rules: int = POINTS, on_delay: float = 0.0) -> Device:
    points = {f"point-{n}": Point(f"point-{n}") for n in range(POINTS)}
    limits = tuple(
        Rule(f"high-{n}", f"point-{n}", Severity.MINOR, Limit(raise_above=50.0, clear_below=40.0), _TEXT)
        for n in range(rules)
    )
    return Device(
        id_, Layer.NETWORK, _TEXT, (_unreachable(on_delay), *limits), points, depends_on=AllOf(needs)
    )


class Run:
    """A core under virtual time; counts events."""

    def __init__(self, devices: list[Device]) -> None:
        self.state: State = new_state(Branch("bench", {one.id: one for one in devices}, chatter=NEVER))
        self.mono = 1000.0
        self.raised = self.explained = 0
        self.give(Started("bench", "0"))

    def give(self, given: Input) -> None:
        """One input at the present instant."""
        for event in step(self.state, given, Instant(self.mono, WALL + self.mono)):
            self.raised += isinstance(event, AlarmRaised)
            self.explained += isinstance(event, AlarmCauseChanged)


def readings(level: float, same: int = POINTS) -> dict[str, Value]:
    """All points of a device; from number `same` on they are at `level`."""
    return {f"point-{n}": 1.0 + n if n < same else level + n for n in range(POINTS)}


def cpu(what: Callable[[], None]) -> float:
    """CPU seconds that it takes."""
    began = time.process_time()
    what()
    return time.process_time() - began


def row(name: str, value: str) -> None:
    """Print one figure."""
    print(f"  {name:<72}{value}")


def unchanged(rounds: int = 2000) -> None:
    """Answers that are like the last: the same mapping, and an equal one."""
    run = Run([_device(f"device-{n}") for n in range(60)])
    known = {id_: readings(0.0) for id_ in run.state.watches}
    for id_, values in known.items():
        run.give(Polled(id_, values))

    def poll(*, copied: bool) -> None:
        for _ in range(rounds):
            run.mono += 1.0
            for id_, values in known.items():
                run.give(Polled(id_, dict(values) if copied else values))

    count = rounds * len(known) * POINTS
    row("unchanged readings a second, the same mapping", f"{count / cpu(lambda: poll(copied=False)):,.0f}")
    row("unchanged readings a second, an equal mapping", f"{count / cpu(lambda: poll(copied=True)):,.0f}")


def crossing(rounds: int = 40) -> None:
    """Every reading of every answer crosses its limit, and back with the next."""
    run = Run([_device(f"device-{n}") for n in range(60)])

    def poll() -> None:
        for n in range(rounds):
            run.mono += 60.0
            for id_ in run.state.watches:
                run.give(Polled(id_, readings(0.0 if n % 2 else 90.0, same=0)))

    count = rounds * len(run.state.watches) * POINTS
    row("readings a second that cross a limit, each with its event", f"{count / cpu(poll):,.0f}")


def causes() -> None:
    """A branch of 200 resources in five layers, all of which need two of the layer above, falls within a second."""
    layers = 5
    names = [[f"layer-{layer}-{n}" for n in range(40)] for layer in range(layers)]
    devices = []
    for layer in range(layers):
        for n, name in enumerate(names[layer]):
            needs = (names[layer - 1][n], names[layer - 1][(n + 1) % 40]) if layer else ()
            devices.append(_device(name, needs, rules=4, on_delay=0.0))
    run = Run(devices)
    for one in devices:
        run.give(Polled(one.id, readings(0.0)))

    def fall() -> None:
        run.mono += 1.0
        for one in reversed(devices):
            run.give(Polled(one.id, readings(90.0, same=0)))
        for one in reversed(devices):
            run.give(PollFailed(one.id, "timeout"))
        take_asks(run.state)
        run.mono += 16.0
        run.give(Tick())

    took = cpu(fall)
    row(
        f"{run.raised} conditions over a graph of {len(devices)} resources, their causes found: CPU",
        f"{took * 1000:.0f} ms",
    )
    unexplained = [
        alarm.id
        for alarm in run.state.durable.alarms.alarms.values()
        if alarm.key.type == UNREACHABLE and not alarm.root_cause
    ]
    row("root causes among them", f"{len(unexplained)} (40 are right)")


def week() -> None:
    """A branch-week of 60 devices x 10 points every 60 s, one in a hundred answers with a changed value."""
    run = Run([_device(f"device-{n}") for n in range(60)])
    values = {id_: readings(0.0) for id_ in run.state.watches}
    rounds = 7 * 24 * 60

    def poll() -> None:
        for n in range(rounds):
            run.mono += 60.0
            for at, id_ in enumerate(values):
                if (n + at) % 100 == 0:
                    values[id_] = readings(90.0 if n % 1000 < 10 else float(n % 7))
                run.give(Polled(id_, values[id_]))

    row(f"a branch-week: {rounds * 60 * POINTS:,} readings, CPU", f"{cpu(poll):.1f} s")


def main() -> None:
    """Measure and print."""
    print("the core alone, one process on one core:")
    unchanged()
    crossing()
    causes()
    week()


if __name__ == "__main__":
    main()
