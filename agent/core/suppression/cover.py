"""Which alarms a suppression concerns: those it names, those of its devices, and what may follow from these.

Windows and out of service are inherited down the site graph by what may be a consequence: a server behind a UPS that
is being worked on may fall silent, but its disk must still not fill up. Who has another path inherits nothing unless
all of its paths are suppressed.
"""

from collections.abc import Callable, Iterable, Mapping

from agent.core.graph import AllOf, Graph, blame, device_of
from agent.core.model import REACHABLE
from agent.core.state import State, Watch
from agent.core.suppression.held import Held
from agent.core.suppression.nouns import OF_DEVICES, Suppressed

Cover = Mapping[str, tuple[Suppressed, ...]]
"""By alarm what suppresses it; what is not in it is not suppressed."""


def cover_of(state: State) -> Cover:
    """What is suppressed now, by alarm."""
    held = state.durable.suppressions.values()
    if not held:
        return {}
    alarms = _by_subject(one for one in held if one.suppression.kind not in OF_DEVICES)
    devices = _by_subject(one for one in held if one.suppression.kind in OF_DEVICES)
    powered = _inherited(state.graph, devices, {})
    reached = _inherited(state.ways, devices, powered)
    cover = dict(alarms)
    for id_, watch in state.watches.items():
        cover.update(_of_device(watch, alarms, devices.get(id_, ()), powered[id_], reached[id_]))
    return cover


def _of_device(
    watch: Watch,
    alarms: Cover,
    own: tuple[Suppressed, ...],
    powered: tuple[Suppressed, ...],
    reached: tuple[Suppressed, ...],
) -> Cover:
    found = {}
    for id_, rule in zip(watch.links.ids, watch.device.rules, strict=True):
        inherited = powered if rule.explained_by_dependencies else ()
        if rule.explained_by_dependencies and rule.point == REACHABLE:
            inherited += reached
        if by := tuple(dict.fromkeys((*alarms.get(id_, ()), *own, *inherited))):
            found[id_] = by
    return found


def _by_subject(held: Iterable[Held]) -> dict[str, tuple[Suppressed, ...]]:
    found: dict[str, tuple[Suppressed, ...]] = {}
    for one in held:
        given = one.suppression
        for subject in given.subjects:
            found[subject] = (*found.get(subject, ()), Suppressed(given.kind, given.id))
    return found


def _inherited(graph: Graph, devices: Cover, besides: Cover) -> dict[str, tuple[Suppressed, ...]]:
    """By device what it inherits along one graph, its own and what it has by another way included."""
    found: dict[str, tuple[Suppressed, ...]] = {}
    of_word: Callable[[str], tuple[Suppressed, ...] | None] = lambda word: found.get(device_of(word)) or None  # noqa: E731
    for id_ in graph.order:
        needs = graph.needs.get(id_, AllOf(()))
        own = (*devices.get(id_, ()), *besides.get(id_, ()), *(blame(needs, of_word) or ()))
        found[id_] = tuple(dict.fromkeys(own))
    return found
