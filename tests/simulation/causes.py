"""One fault is one alarm with its consequences: judged where nothing else happened for a while."""

from collections.abc import Sequence

from agent.core.state import State
from tests.simulation.invariants import must
from tests.simulation.plant import Plant
from tests.simulation.scenario import Fault

CLEAN = 900.0
"""Seconds before and after a fault in which nothing else may happen that blurs what is seen of it."""
BLURRING = ("dead", "off", "noise", "mute", "kill", "boot", "stop")


def is_alone(fault: Fault, faults: Sequence[Fault]) -> bool:
    """Whether a fault takes something down, and all that falls with it falls because of it."""
    return fault.kind in ("dead", "off") and not any(
        _blurs(other, fault) for other in faults if other is not fault
    )


def _blurs(other: Fault, fault: Fault) -> bool:
    """Whether something else begins, ends or, where it is of the ways, goes on around a fault."""
    begin, end = fault.begin - CLEAN, fault.begin + CLEAN
    if other.kind not in BLURRING:
        return False
    if other.kind in ("noise", "mute"):
        return other.begin < end and other.end > begin
    return begin < other.begin < end or begin < other.end < end


def check_one_fault(fault: Fault, plant: Plant, state: State) -> None:
    """After a while all that fell with a fault is on the list, and all of it but one stands behind another."""
    if not plant.is_reached(fault.device, fault.begin + 1.0):
        return  # it cut the way to itself: nobody can tell then what is wrong behind the cut
    before, after, now = fault.begin - 1.0, fault.begin + 1.0, fault.begin + CLEAN - 1.0
    fallen = [
        id_
        for id_ in state.watches
        if plant.answers(id_, before) and not plant.answers(id_, after) and not plant.answers(id_, now)
    ]
    alarms = state.durable.alarms.alarms
    standing = {id_ for id_, one in alarms.items() if not one.is_cleared}
    told = {f"{id_}.unreachable" for id_ in fallen}
    must(told <= standing, f"{fault}: nothing is said of {told - standing}")
    if fault.kind == "off":
        told |= {f"{fault.device}.output-off"} & standing
    alone = [id_ for id_ in sorted(told) if not alarms[id_].root_cause]
    must(not told or len(alone) == 1, f"{fault} is told by {alone}, of {sorted(told)}")
