"""The site graph: who needs whom, by which paths, and what cuts a device off. Pure.

A need is a device, one alarm of a device, or several of them of which any or all must hold. The graph has no loops; the
configuration sees to that.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from graphlib import TopologicalSorter
from typing import TypeVar

from msgspec import Struct

T = TypeVar("T")


class AnyOf(Struct, frozen=True):
    """Redundant paths: one of them is enough."""

    of: tuple["Need", ...]


class AllOf(Struct, frozen=True):
    """A path of several parts: each of them is needed."""

    of: tuple["Need", ...]


Need = str | AnyOf | AllOf
"""What a device cannot work without; a word is the id of a device, or of an alarm that takes a part of it away."""


def words_of(need: Need) -> Iterator[str]:
    """Every device or alarm that a need names."""
    if isinstance(need, str):
        yield need
    else:
        for part in need.of:
            yield from words_of(part)


def device_of(word: str) -> str:
    """The device that a word of a need is about: an alarm's id begins with it."""
    return word.partition(".")[0]


def blame(need: Need, of_word: Callable[[str], tuple[T, ...] | None]) -> tuple[T, ...] | None:
    """Whatever is to blame for a need that does not hold; None where it holds.

    Args:
        need: what is needed.
        of_word: what is to blame for one device or alarm; None where that works, nothing where it does not work but
            explains nothing either: the first of two redundant paths, long ago.
    """
    if isinstance(need, str):
        return of_word(need)
    parts = [blame(part, of_word) for part in need.of]
    failing = [part for part in parts if part is not None]
    if not failing or (isinstance(need, AnyOf) and len(failing) < len(parts)):
        return None
    return tuple(dict.fromkeys(one for part in failing for one in part))


class Graph:
    """Who needs whom, both ways.

    Args:
        needs: device → what it cannot work without.

    Raises:
        graphlib.CycleError: the needs go round in a circle.
    """

    def __init__(self, needs: Mapping[str, AllOf]) -> None:
        self.needs = needs
        self.words = frozenset(word for need in needs.values() for word in words_of(need))
        self._parents = {
            id_: {device_of(word) for word in words_of(need)} & needs.keys() for id_, need in needs.items()
        }
        self.order = {id_: at for at, id_ in enumerate(TopologicalSorter(self._parents).static_order())}
        self._ancestors: dict[str, frozenset[str]] = {}
        for id_ in self.order:
            first = self._parents[id_]
            self._ancestors[id_] = frozenset(first).union(*(self._ancestors[one] for one in first))
        below: dict[str, set[str]] = {id_: set() for id_ in needs}
        for id_, above in self._ancestors.items():
            for one in above:
                below[one].add(id_)
        self._below = {id_: tuple(self._sorted(some)) for id_, some in below.items()}

    def above(self, device: str) -> frozenset[str]:
        """Everything that a device needs, at first or at second hand."""
        return self._ancestors.get(device, frozenset())

    def below(self, device: str) -> tuple[str, ...]:
        """Everything that needs a device, at first or at second hand; who is needed comes before who needs."""
        return self._below.get(device, ())

    def path(self, device: str, above: str) -> tuple[str, ...]:
        """A shortest way from what is needed down to a device, both ends included; empty where there is none."""
        ways: dict[str, tuple[str, ...]] = {device: (device,)}
        waiting = [device]
        for id_ in waiting:
            for parent in sorted(self._parents.get(id_, ())):
                if parent not in ways:
                    ways[parent] = (parent, *ways[id_])
                    waiting.append(parent)
        return ways.get(above, ())

    def _sorted(self, devices: Iterable[str]) -> list[str]:
        return sorted(devices, key=self.order.__getitem__)


def all_below(*graphs: Graph) -> dict[str, frozenset[str]]:
    """By device: everything that needs it at first or at second hand, in any of these graphs or by turns of them."""
    first = {id_: {one for graph in graphs for one in graph.below(id_)} for id_ in graphs[0].order}
    found: dict[str, frozenset[str]] = {}
    for id_ in first:
        seen, waiting = set[str](), [id_]
        while waiting:
            fresh = first[waiting.pop()] - seen
            seen |= fresh
            waiting += fresh
        found[id_] = frozenset(seen)
    return found
