"""What devices depend on: from the words of the site file to the graph of the core, and what may be wrong with them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from agent.config.device_entries import DeviceEntry, Paths
from agent.config.errors import Report
from agent.config.words import show, suggest
from agent.core.graph import AllOf, AnyOf, Need, device_of
from agent.core.model import Device, alarm_key

Entry = str | Paths


def need_of(entries: Sequence[Entry]) -> AllOf:
    """What a device needs, as the core knows it."""
    return AllOf(tuple(map(_need, entries)))


def _need(entry: Entry) -> Need:
    if isinstance(entry, str):
        return entry
    return AnyOf(tuple(map(_need, entry.any_of))) if entry.any_of else AllOf(tuple(map(_need, entry.all_of)))


KEYS = ("depends_on", "reached_through")


def check_dependencies(devices: tuple[DeviceEntry, ...], known: Collection[str], report: Report) -> None:
    """Note every dependency on what is not there, on itself by whatever way round, and every odd set of paths.

    Args:
        devices: the devices of the site file.
        known: ids of all devices, also of those with mistakes of their own.
        report: takes the mistakes.
    """
    for key in KEYS:
        leaves: dict[str, dict[str, str]] = {}
        for device in devices:
            named = leaves[device.id] = {}
            for place, entry in _entries(getattr(device, key), f"device[{device.id}].{key}"):
                if isinstance(entry, Paths):
                    _check_paths(entry, place, report)
                    continue
                named.setdefault(device_of(entry), place)
                if device_of(entry) not in known:
                    problem = f"{show(entry)} is no device of this site"
                    report.add(place, problem, suggest(device_of(entry), known))
        _check_loops(leaves, report)


def check_alarms(devices: tuple[DeviceEntry, ...], branch: Mapping[str, Device], report: Report) -> None:
    """Note every dependency on an alarm that its device does not have.

    Args:
        devices: the devices of the site file.
        branch: the devices as the core will watch them.
        report: takes the mistakes.
    """
    alarms = {id_: {alarm_key(device, rule).id for rule in device.rules} for id_, device in branch.items()}
    for device in devices:
        for key in KEYS:
            for place, entry in _entries(getattr(device, key), f"device[{device.id}].{key}"):
                own = alarms.get(device_of(entry), set()) if isinstance(entry, str) else set()
                if isinstance(entry, str) and "." in entry and entry not in own:
                    problem = f"{show(entry)} is no alarm of {device_of(entry)}"
                    report.add(place, problem, suggest(entry, own))
        _check_witnesses(device, branch, alarms, report)


def _check_witnesses(
    device: DeviceEntry, branch: Mapping[str, Device], alarms: Mapping[str, set[str]], report: Report
) -> None:
    """Note every alarm beside which a lost link is to say more, but cannot."""
    path = f"device[{device.id}].lost_with"
    if device.lost_with and not any(rule.lost for rule in branch[device.id].rules):
        report.add(path, f"has no meaning for profile {show(device.profile)}", "remove it")
        return
    for at, alarm in enumerate(device.lost_with):
        place, own = f"{path}[{at}]", alarms.get(device_of(alarm), set())
        if device_of(alarm) == device.id:
            report.add(
                place, "is an alarm of the device itself", "remove it: [lost] of its profile sees to it"
            )
        elif alarm not in own:
            known = own or {one for some in alarms.values() for one in some}
            report.add(place, f"{show(alarm)} is no alarm of this site", suggest(alarm, known))


def _entries(entries: Sequence[Entry], path: str) -> Iterator[tuple[str, Entry]]:
    for at, entry in enumerate(entries):
        place = f"{path}[{at}]"
        yield place, entry
        if isinstance(entry, Paths):
            for key, parts in (("any_of", entry.any_of), ("all_of", entry.all_of)):
                yield from _entries(parts, f"{place}.{key}")


def _check_paths(paths: Paths, place: str, report: Report) -> None:
    if bool(paths.any_of) == bool(paths.all_of):
        problem = "has both any_of and all_of" if paths.any_of else "names nothing"
        report.add(place, problem, "write either any_of or all_of, with what is needed")
    elif len(paths.any_of) == 1:
        report.add(
            f"{place}.any_of", "one path is not redundant", "write its name alone, or add the other path"
        )


def _check_loops(graph: dict[str, dict[str, str]], report: Report) -> None:
    """Note every loop: each time one is found, its last link is left out and the rest searched again."""
    links = {id_: list(others) for id_, others in graph.items()}
    while True:
        try:
            TopologicalSorter(links).prepare()
        except CycleError as error:
            loop: list[str] = error.args[1]
            device, other = loop[1], loop[0]
            report.add(
                graph[device][other],
                f"is a loop: {' → '.join(_turned(loop))}",
                "remove one of these dependencies",
            )
            links[device].remove(other)
        else:
            return


def _turned(loop: list[str]) -> list[str]:
    """A loop in reading order (who depends on whom), beginning with its alphabetically first device."""
    ring = loop[:0:-1]
    first = ring.index(min(ring))
    ring = ring[first:] + ring[:first]
    return [*ring, ring[0]]
