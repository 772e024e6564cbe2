"""The journal kept within its bounds: looks now and then what may go, notes it in the journal, and has it deleted."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from agent.clock import Clock
from agent.core import events
from agent.core.events import JournalPruned
from agent.core.model import ClockQuality, Instant
from agent.core.retention import Needs, needs_of
from agent.core.state import Durable
from agent.store.errors import StoreError
from agent.store.pruning import STEP, Keep, Plan, Planned, plan
from agent.store.records import Entry, Position, Record

log = logging.getLogger(__name__)

FIRST = 600.0
"""Seconds after the start: it must not stand in the way of anything."""
EVERY = 86_400.0
BREATH = 1.0
"""Seconds between two steps, in which others may write and the card may rest."""


class Journal(Protocol):
    """What pruning needs of the store."""

    def submit(self, entries: Sequence[Entry], token: object = None) -> bool:
        """Queue entries; False if they could only be counted."""

    def prune(self, upto: Position, readers: Sequence[str], most: int) -> None:
        """Ask for the deletion of the oldest events."""


class Retention:
    """Prunes the journal once a day.

    Args:
        data_dir: where it lives.
        keep: how much is kept; may be replaced at any time.
        journal: the store's writer.
        clock: tells now.
        durable: what stands now.
        is_healthy: whether the store takes what it is given.
        breath: seconds between two steps.
    """

    def __init__(
        self,
        data_dir: Path,
        keep: Keep,
        journal: Journal,
        clock: Clock,
        *,
        durable: Callable[[], Durable],
        is_healthy: Callable[[], bool],
        breath: float = BREATH,
    ) -> None:
        self._dir, self.keep, self._journal, self._clock = data_dir, keep, journal, clock
        self._durable, self._is_healthy, self._breath = durable, is_healthy, breath
        self._held = ""

    async def run(self) -> None:
        """Prune now and then, until cancelled."""
        await asyncio.sleep(FIRST)
        while True:
            await self.prune()
            await asyncio.sleep(EVERY)

    async def prune(self) -> Plan | None:
        """Prune once; returns what was asked for, None where nothing is to go."""
        if not self._is_healthy():
            return None
        now, needs = self._clock.now(), needs_of(self._durable())
        wall = None if now.quality is ClockQuality.UNSYNCED else now.wall
        try:
            found = await asyncio.to_thread(
                plan, self._dir, self.keep, wall, lambda record: _is_needed(record, needs)
            )
        except StoreError as error:
            log.warning("the journal cannot be looked through for what may go: %s", error)
            return None
        self._tell(found)
        if found.plan is None or not self._journal.submit([_entry(found.plan, self._clock.now())]):
            return None
        for upto in found.plan.steps:
            self._journal.prune(upto, self.keep.readers, 2 * STEP)
            await asyncio.sleep(self._breath)
        return found.plan

    def _tell(self, found: Planned) -> None:
        """Say what keeps the journal from being pruned, once."""
        if found.held and found.held != self._held:
            log.warning(
                "the journal is beyond its bounds, but from event %s on it is still needed", found.held
            )
        self._held = found.held


def _entry(what: Plan, now: Instant) -> Entry:
    event = JournalPruned(
        at=now, upto=what.last.id, hash=what.last.hash.hex(), count=what.count, reason=what.reason
    )
    return Entry(events.kind(event), "", now.wall, events.encode(event))


def _is_needed(record: Record, needs: Needs) -> bool:
    try:
        return needs.include(events.decode(record.entry.body))
    except ValueError:  # of another version: a replay leaves it out too
        return False
