"""What waits to be written: a bounded list in the order of submission. No lock, no thread, no clock."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from agent.store.records import Entry, Position, Record


class Submission(msgspec.Struct, frozen=True):
    """Entries that belong together; `written` are those of them already found on the disk."""

    entries: tuple[Entry, ...]
    token: object = None
    written: tuple[Record, ...] = ()


class SnapshotRequest(msgspec.Struct, frozen=True):
    """State to be stored behind the entries submitted before it."""

    body: bytes


class EpochRequest(msgspec.Struct, frozen=True):
    """A new epoch asked for by the application."""

    reason: str
    above: int


class PruneRequest(msgspec.Struct, frozen=True):
    """The oldest events up to and with a place are to go, at most so many, and none that one of these readers needs."""

    upto: Position
    readers: tuple[str, ...]
    most: int


class Overflow(msgspec.Struct):
    """Where entries were lost: how many of each kind."""

    lost: Counter[str]


Item = Submission | SnapshotRequest | EpochRequest | PruneRequest | Overflow


class Backlog:
    """A bounded queue that counts what it has to refuse.

    Items taken out still count until they are released, so that the bounds hold over all that is not yet durable.

    Args:
        max_entries: bound on entries.
        max_bytes: bound on their bytes and those of snapshots.
        summarise: makes one entry of the counts of what was lost.
    """

    def __init__(
        self, max_entries: int, max_bytes: int, summarise: Callable[[Mapping[str, int]], Entry]
    ) -> None:
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._summarise = summarise
        self._items: deque[Item] = deque()
        self.entries = 0
        self.bytes = 0
        self.lost = 0

    def __bool__(self) -> bool:
        return bool(self._items)

    def put(self, item: Item) -> bool:
        """Queues an item, or counts what it says as lost; a submission is kept or lost as a whole."""
        entries, size = _cost(item)
        fits = self.entries + entries <= self._max_entries and self.bytes + size <= self._max_bytes
        if not fits:
            self._lose(item)
            return False
        self._items.append(item)
        self._count(item, 1)
        return True

    def take(self, most: int) -> list[Item]:
        """The next items, with `most` entries in all but at least one item; what was lost comes as one entry."""
        taken = self._next(most)  # all or nothing: summing up is the application's, and may fail
        for item in taken:
            if isinstance(self._items.popleft(), Overflow):
                self._count(item, 1)
        return taken

    def _next(self, most: int) -> list[Item]:
        found: list[Item] = []
        entries = 0
        for item in self._items:
            if found and entries + _cost(item)[0] > most:
                break
            found.append(
                Submission((self._summarise(dict(item.lost)),)) if isinstance(item, Overflow) else item
            )
            entries += _cost(found[-1])[0]
        return found

    def release(self, items: Iterable[Item]) -> None:
        """Stops counting items that were taken: they are durable now."""
        for item in items:
            self._count(item, -1)

    def put_back(self, items: Sequence[Item], instead_of: Iterable[Item]) -> None:
        """Queues items first of all, in place of those that were taken; never refused."""
        self.release(instead_of)
        for item in items:
            self._count(item, 1)
        self._items.extendleft(reversed(items))

    def _lose(self, item: Item) -> None:
        if not isinstance(item, Submission):
            return  # a snapshot that found no room: the next one says it all again
        self.lost += len(item.entries)
        if not self._items or not isinstance(self._items[-1], Overflow):
            self._items.append(Overflow(Counter()))
        end = self._items[-1]
        if isinstance(end, Overflow):
            end.lost.update(entry.kind for entry in item.entries)

    def _count(self, item: Item, sign: int) -> None:
        entries, size = _cost(item)
        self.entries += sign * entries
        self.bytes += sign * size


def _cost(item: Item) -> tuple[int, int]:
    """Entries and bytes an item counts for."""
    if isinstance(item, Submission):
        return len(item.entries), sum(entry.size for entry in item.entries)
    if isinstance(item, SnapshotRequest):
        return 0, len(item.body)
    return 0, 0
