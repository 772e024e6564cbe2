"""A virtual day: the real core and the real store under a clock of their own, and the invariants after each step."""

import heapq
import itertools
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from agent.core import events as core_events
from agent.core.engine import step
from agent.core.events import AnyEvent
from agent.core.inputs import Door, Input, Order, Origin, Polled, PollFailed, Started, Tick, Verb
from agent.core.model import REACHABLE, ClockQuality, Instant
from agent.core.state import encode_snapshot, new_state, next_due, take_asks
from agent.opening import replay
from agent.store import reader
from agent.store.database import Database
from agent.store.engine import Engine
from agent.store.errors import StoreError, StoreFull
from agent.store.records import START, Entry, Record
from tests.simulation.invariants import Ledger, is_abnormal, must
from tests.simulation.plant import Plant
from tests.simulation.scenario import DAY, INTERVAL, Deed, Fault, Scenario

WALL = 1_800_000_000.0
GRAIN = 1e-6
"""Seconds by which a tick is late: what is subtracted and added again is not quite the same."""
YEARS = 10 * 365 * DAY
PEOPLE = (Origin("li.na", Door.PANEL, "192.0.2.7"), Origin("wang", Door.CLI, "uid 1000"))
SNAPSHOT_EVERY = 40


class Killed(Exception):  # noqa: N818  # not an error: the end of a process
    """The power is gone in the middle of a write."""


class Day:
    """One day of one branch.

    Args:
        scenario: what happens.
        folder: for the journal.
        steady: whether the wall clock keeps still, for comparison.
    """

    def __init__(self, scenario: Scenario, folder: Path, *, steady: bool = False) -> None:
        self.scenario = scenario
        self.now = 0.0
        self.told: list[AnyEvent] = []
        self._folder = folder
        self._steady = steady
        self._plant = Plant(scenario)
        self._ledger = Ledger()
        self._suffixes = (f"e{n}" for n in itertools.count())
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._offset = WALL
        self._boot, self._booted = 0, 0.0
        self._dies_at_commit = False
        self._engine: Engine | None = None
        self._pending: list[Entry] = []
        self._unsaved = 0
        self._last_answer: dict[str, float] = {}
        self._running = False

    def run(self) -> None:
        """Live through the day, then look at what is left."""
        self._start()
        for at, id_ in enumerate(self.scenario.branch.devices):
            self._at(at * 4.7, lambda id_=id_: self._poll_for_ever(id_))  # type: ignore[misc]  # bound by default
        for fault in self.scenario.faults:
            if fault.kind in ("kill", "boot", "clock", "disk"):
                self._at(fault.begin, lambda fault=fault: self._strike(fault))  # type: ignore[misc]
        for deed in self.scenario.deeds:
            self._at(deed.at, lambda deed=deed: self._do(deed))  # type: ignore[misc]
        while self._queue and self._queue[0][0] <= DAY:
            self.now, _, act = heapq.heappop(self._queue)
            self._tick_until(self.now)
            act()
        self._finish()

    # --- time ----------------------------------------------------------------------------------------------------

    def _at(self, when: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._queue, (when, next(self._order), act))

    @property
    def _mono(self) -> float:
        return 1000.0 + self.now - self._booted

    def _instant(self) -> Instant:
        return Instant(self._mono, self._offset + self.now, ClockQuality.RTC, f"boot-{self._boot}")

    def _tick_until(self, until: float) -> None:
        """Whatever the core wants to look at before the next act."""
        while self._running:
            due = next_due(self._state)
            when = None if due is None else due - 1000.0 + self._booted
            if when is None or when > until:
                break
            self.now = when + GRAIN
            self._give(Tick())
        self.now = until

    # --- the box -------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        """The agent starts on what the disk has."""
        try:
            self._engine = Engine(self._folder, suffix=lambda: next(self._suffixes), commit=self._commit)
            durable, _ = replay(*self._engine.load())
        except StoreError:
            # The disk takes nothing: what is on it can be read all the same.
            self._engine = None
            with reader.view(self._folder) as view:
                durable, _ = replay(*view.load())
        self._state = new_state(self.scenario.branch, durable)
        self._ledger.forget(self._state)
        self._pending, self._running = [], True
        self._last_answer.clear()
        self._give(Started("simulation", "0"))

    def _commit(self, database: Database) -> None:
        if self._dies_at_commit:
            raise Killed
        if self._plant.during("disk", self.now):
            raise StoreFull("the disk is full")
        database.commit()

    def _strike(self, fault: Fault) -> None:
        match fault.kind:
            case "clock" if not self._steady:
                self._offset += YEARS * fault.size
            case "kill":
                # Half of them at the next write, half between two.
                self._dies_at_commit = fault.size > 0
                if not self._dies_at_commit:
                    self._die(fault.end, reboot=False)
            case "boot":
                self._die(fault.end, reboot=True)

    def _die(self, until: float, *, reboot: bool) -> None:
        self._running = self._dies_at_commit = False
        if self._engine is not None:
            with suppress(StoreError, Killed):
                self._engine.close()
        self._engine = None

        def begin() -> None:
            if reboot:
                self._boot, self._booted = self._boot + 1, self.now
            if not self._running:
                self._start()

        self._at(max(until, self.now + 1.0), begin)

    def _give(self, given: Input) -> None:
        if not self._running:
            return
        events = step(self._state, given, self._instant())
        for event in events:
            self._ledger.take(event, self._last_answer, self._mono)
        self.told += events
        if events:
            self._ledger.check(self._state, self._mono)
            self._write(events)
        for device in sorted(take_asks(self._state)):
            self._at(self.now + 1.0, lambda device=device: self._poll(device))  # type: ignore[misc]

    def _write(self, events: list[AnyEvent]) -> None:
        self._pending += [_entry(event) for event in events]
        try:
            if self._engine is None:
                self._engine = Engine(
                    self._folder,
                    suffix=lambda: next(self._suffixes),
                    reason="store failure",
                    commit=self._commit,
                )
            self._engine.append(self._pending)
            self._unsaved += len(self._pending)
            if self._unsaved >= SNAPSHOT_EVERY:
                self._engine.snapshot(encode_snapshot(self._state.durable))
                self._unsaved = 0
            self._engine.commit()
            self._pending = []
        except Killed:
            self._die(self.now + 5.0, reboot=False)
        except StoreError:
            if self._engine is not None:
                with suppress(StoreError):
                    self._engine.close()
            self._engine, self._unsaved = None, SNAPSHOT_EVERY

    # --- the world -------------------------------------------------------------------------------------------------

    def _poll_for_ever(self, device: str) -> None:
        self._poll(device)
        self._at(self.now + INTERVAL, lambda: self._poll_for_ever(device))

    def _poll(self, device: str) -> None:
        if not self._running or self._plant.during("mute", self.now, device):
            return
        noise = self._plant.during("noise", self.now, device)
        lost = noise is not None and int(self.now / INTERVAL) % 3 != 0
        if lost or not self._plant.answers(device, self.now):
            self._give(PollFailed(device, "timeout"))
            return
        self._last_answer[device] = self._mono
        self._give(Polled(device, self._plant.says(device, self.now)))
        self._ledger.check_causes(self._state, self._mono)

    def _do(self, deed: Deed) -> None:
        if not self._running:
            return
        listed = sorted(self._state.durable.alarms.alarms)
        at = int(deed.pick * len(listed)) if listed else 0
        alarm = listed[at] if at < len(listed) else "nobody.knows"
        number = self._state.durable.alarms.occurrences.get(alarm, 1)
        occurrence = max(1, number - 1) if deed.late else 0
        by = PEOPLE[int(deed.at) % len(PEOPLE)]
        for n in range(1 + deed.twice):
            self._give(Order(f"{deed.at:.0f}-{n}", deed.verb, by, alarm, occurrence))

    # --- the end ---------------------------------------------------------------------------------------------------

    def _finish(self) -> None:
        must(self._running, "the box did not come back")
        self._check_truth()
        self._give(Order("last", Verb.SILENCE, PEOPLE[0]))
        must(not self._pending, "events wait though the disk has room")
        must(self._engine is not None, "the store did not come back")
        self._check_journal()

    def _check_truth(self) -> None:
        """After two quiet hours what stands is what is wrong, and nothing else."""
        for id_, watch in self._state.watches.items():
            answers, says = self._plant.answers(id_, self.now), self._plant.says(id_, self.now)
            for rule in watch.device.rules:
                alarm = f"{id_}.{rule.type}"
                stands = alarm in self._ledger.standing
                if rule.point == REACHABLE:
                    must(stands != answers, f"{alarm} {'stands' if stands else 'does not stand'}")
                elif answers:
                    value = says[rule.point]
                    must(
                        stands == is_abnormal(rule.limit, value),
                        f"{alarm}: stands is {stands}, it reads {value}",
                    )  # type: ignore[arg-type]

    def _check_journal(self) -> None:
        """Numbers without gaps, and a replay that gives the same state."""
        engine = self._engine
        assert engine is not None
        records: list[Record] = []
        place = START
        while page := engine.after(*place, 1000):
            records += page
            place = page[-1].position
        for before, record in itertools.pairwise(records):
            following = (record.epoch, record.seq) == (before.epoch, before.seq + 1)
            must(following or (record.epoch > before.epoch and record.seq == 1), f"a gap after {before.id}")
        durable, _ = replay(None, records)
        must(
            encode_snapshot(durable) == encode_snapshot(self._state.durable),
            "the journal tells another story",
        )
        engine.close()


def _entry(event: AnyEvent) -> Entry:
    return Entry(
        core_events.kind(event), core_events.subject(event), event.at.wall, core_events.encode(event)
    )
