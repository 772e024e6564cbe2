"""A branch whose devices need each other: UPS → two switches → PBX → gateway with a trunk, under virtual time."""

from collections.abc import Collection

from agent.core.branch import Branch
from agent.core.graph import AllOf, AnyOf
from agent.core.inputs import Polled
from agent.core.model import Device, Layer, Limit, Rule, Severity
from agent.core.state import take_asks
from tests.core.branch import UNREACHABLE_RULE, Room, text

OUTPUT_OFF = Rule(
    "output-off",
    "ups.status",
    Severity.MAJOR,
    Limit(tokens=("OFF",)),
    text("output off"),
    on_delay=2.0,
    takes_down=True,
)
PORT_DOWN = Rule("pbx-port-down", "port.pbx", Severity.MAJOR, Limit(among=("down",)), text("port down"))
TRUNK = Rule(
    "los",
    "trunk",
    Severity.CRITICAL,
    Limit(among=("LOS",)),
    text("trunk down"),
    on_delay=5.0,
    explained_by_dependencies=True,
)
SILENT = Rule(
    "service-silent",
    "heard",
    Severity.CRITICAL,
    Limit(among=(False,)),
    text("nothing heard"),
    on_delay=20.0,
    explained_by=("service-down",),
)
DOWN = Rule("service-down", "processes", Severity.MAJOR, Limit(raise_below=1), text("stopped"), on_delay=2.0)


def device(
    id_: str,
    layer: Layer,
    *needs: str | AnyOf | AllOf,
    rules: tuple[Rule, ...] = (),
    way: tuple[str, ...] = (),
) -> Device:
    """A device with its needs; every one is asked about every ten seconds by these tests."""
    return Device(
        id_,
        layer,
        text(id_),
        (UNREACHABLE_RULE, *rules),
        stale_after=60.0,
        depends_on=AllOf(needs),
        reached_through=AllOf(way),
        recovery_time=120.0,
    )


CHAIN = Branch(
    "sh-0042",
    {
        one.id: one
        for one in (
            device("ups-1", Layer.POWER, rules=(OUTPUT_OFF,)),
            device("switch-1", Layer.NETWORK, "ups-1", rules=(PORT_DOWN,)),
            device("switch-2", Layer.NETWORK),
            device("pbx-1", Layer.APPLICATION, "switch-1.pbx-port-down", rules=(SILENT, DOWN)),
            device("gw-1", Layer.ACCESS, "pbx-1", rules=(TRUNK,)),
            device("card-1", Layer.POWER, rules=(OUTPUT_OFF,), way=("switch-3",)),
            device("switch-3", Layer.NETWORK, "card-1"),
            device("acd-1", Layer.APPLICATION, AnyOf(("switch-1", "switch-2"))),
            device("box-1", Layer.ENVIRONMENT, "card-1"),
            device("twin-1", Layer.NETWORK, AnyOf(("ups-1", "card-1"))),
        )
    },
    hold=15.0,
)
WELL = {
    "ups-1": {"ups.status": "OL"},
    "switch-1": {"port.pbx": "up"},
    "switch-2": {},
    "pbx-1": {"heard": True, "processes": 5},
    "gw-1": {"trunk": "ok"},
    "acd-1": {},
    "card-1": {"ups.status": "OL"},
    "switch-3": {},
    "twin-1": {},
    "box-1": {},
}


class Chain(Room):
    """The branch, all of whose devices are polled whenever time passes; who is `dead` does not answer."""

    def __init__(self, branch: Branch = CHAIN, dead: Collection[str] = (), **given: object) -> None:
        self.dead = set(dead)
        self.says: dict[str, dict[str, object]] = {}
        super().__init__(branch, **given)  # type: ignore[arg-type]  # durable and mono, as the room takes them
        self.round()

    def poll(self, device: str) -> list[str]:
        """One device is asked."""
        if device in self.dead:
            return self.failed(device)
        return self.give(Polled(device, {**WELL.get(device, {}), **self.says.get(device, {})}))  # type: ignore[arg-type]

    def round(self) -> None:
        """Every device is asked, in the order in which they stand in the branch."""
        for id_ in self.state.branch.devices:
            self.poll(id_)
            self.obey()

    def obey(self) -> None:
        """Ask those out of turn that the core wants to hear."""
        for id_ in sorted(take_asks(self.state)):
            self.poll(id_)

    def run(self, seconds: float) -> None:
        """Time passes in steps of a second; every ten seconds all are asked."""
        for _ in range(int(seconds)):
            self.wait(1.0)
            self.obey()
            if int(self.mono) % 10 == 0:
                self.round()

    def causes(self) -> dict[str, tuple[str, ...]]:
        """The standing alarms, each with the alarms that are its root cause."""
        return {
            id_: tuple(cause.alarm for cause in alarm.root_cause)
            for id_, alarm in self.state.durable.alarms.alarms.items()
            if not alarm.is_cleared
        }
