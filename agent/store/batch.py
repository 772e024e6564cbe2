"""One transaction of the writer: what went into it, and what became of it if its commit failed."""

from collections.abc import Mapping, Sequence

import msgspec

from agent.store.backlog import EpochRequest, Item, Overflow, PruneRequest, SnapshotRequest, Submission
from agent.store.engine import Engine
from agent.store.records import Position, Record


class Committed(msgspec.Struct, frozen=True):
    """One submission that is durable now: its token and its records, in order."""

    token: object
    records: tuple[Record, ...]


class Batch:
    """The items of one transaction, in order, and the records they became."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = items
        self._records: list[tuple[Record, ...]] = []

    def write(self, engine: Engine, cursors: Mapping[str, Position]) -> None:
        """Writes everything and commits.

        Raises:
            StoreError: the batch is in doubt; `settle` tells once an engine is open again.
        """
        for item in self.items:
            self._records.append(_write(engine, item))
        for name, place in cursors.items():
            engine.set_cursor(name, *place)
        engine.commit()

    def committed(self) -> list[Committed]:
        """What to tell once the commit came back."""
        pairs = zip(self.items, self._records, strict=True)
        return [
            Committed(item.token, item.written + records)
            for item, records in pairs
            if isinstance(item, Submission)
        ]

    def settle(self, engine: Engine) -> tuple[list[Committed], list[Item]]:
        """Compares a batch whose commit failed with the disk: what is there, and what must be written again.

        Snapshots and prunings fall out: the application asks again when the store is healthy again.
        """
        records = [record for part in self._records for record in part]
        there = engine.held(records)
        committed: list[Committed] = []
        again: list[Item] = []
        for index, item in enumerate(self.items):
            if not isinstance(item, Submission):
                again += [item] if isinstance(item, EpochRequest) else []
                continue
            written = self._records[index][:there] if index < len(self._records) else ()
            there -= len(written)
            rest = Submission(item.entries[len(written) :], item.token, item.written + written)
            if rest.entries or again:
                again.append(rest)
            else:
                committed.append(Committed(rest.token, rest.written))
        return committed, again


def _write(engine: Engine, item: Item) -> tuple[Record, ...]:
    if isinstance(item, Submission):
        return tuple(engine.append(item.entries))
    if isinstance(item, SnapshotRequest):
        engine.snapshot(item.body)
    elif isinstance(item, EpochRequest):
        engine.open_epoch(item.reason, item.above)
    elif isinstance(item, PruneRequest):
        engine.prune(item.upto, item.readers, item.most)
    elif isinstance(item, Overflow):
        raise TypeError("an overflow is summed up when it is taken")
    return ()
