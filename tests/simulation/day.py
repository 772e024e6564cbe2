"""A virtual day: the real core and the real store under a clock of their own, and the invariants after each step."""

import heapq
import itertools
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from agent.core import events as core_events
from agent.core.dating import corrected
from agent.core.engine import step
from agent.core.events import AlarmCleared, AlarmRaised, AnyEvent, BoxStopped, OrderRefused
from agent.core.inputs import Door, Input, Order, Origin, Polled, PollFailed, Started, Stopping, Tick, Verb
from agent.core.model import REACHABLE, Instant
from agent.core.state import encode_snapshot, new_state, next_due, take_asks
from agent.core.wall_clock import WallClock
from agent.opening import replay
from agent.store.records import Entry
from tests.simulation.causes import CLEAN, check_one_fault, is_alone
from tests.simulation.clock import Clock
from tests.simulation.disk import Disk, Killed
from tests.simulation.invariants import Ledger, is_abnormal, must
from tests.simulation.people import People
from tests.simulation.plant import Plant
from tests.simulation.scenario import DAY, INTERVAL, Deed, Fault, Scenario
from tests.simulation.times import check_times
from tests.simulation.wan import Publisher, Subscriber
from tests.simulation.witness import Witness

GRAIN = 1e-6
"""Seconds by which a tick is late: what is subtracted and added again is not quite the same."""
TELL = 97.0
"""Seconds between two looks of the publisher at the journal."""
STRIKES = ("kill", "boot", "stop", "clock", "sync", "lose")
"""Kinds of faults that happen at one moment, and not from one to another."""
PEOPLE = (Origin("li.na", Door.PANEL, "192.0.2.7"), Origin("wang", Door.CLI, "uid 1000"))


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
        self._plant = Plant(scenario)
        self._clock = Clock(steady=steady, battery=scenario.battery)
        self._disk = Disk(folder, lambda: self._plant.during("disk", self.now))
        self._subscriber = Subscriber()
        self._publisher = Publisher(self._disk, self._subscriber, scenario.seed)
        self._ledger = Ledger()
        self._people = People(scenario.branch)
        self._witness = Witness(scenario.branch)
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._last_answer: dict[str, float] = {}
        self._running = self._stopped_in_order = False

    def run(self) -> None:
        """Live through the day, then look at what is left."""
        self._start()
        for at, id_ in enumerate(self.scenario.branch.devices):
            self._at(at * 4.7, lambda id_=id_: self._poll_for_ever(id_))  # type: ignore[misc]  # bound by default
        for fault in self.scenario.faults:
            if fault.kind in STRIKES:
                self._at(fault.begin, lambda fault=fault: self._strike(fault))  # type: ignore[misc]
            if is_alone(fault, self.scenario.faults):
                self._at(fault.begin + CLEAN, lambda fault=fault: self._check_fault(fault))  # type: ignore[misc]
        for deed in self.scenario.deeds:
            self._at(deed.at, lambda deed=deed: self._do(deed))  # type: ignore[misc]
        self._at(TELL, self._tell_for_ever)
        while self._queue and self._queue[0][0] <= DAY:
            if not self._tick_before(self._queue[0][0]):
                when, _, act = heapq.heappop(self._queue)
                self.now = max(self.now, when)
                act()
        self._finish()

    # --- time ----------------------------------------------------------------------------------------------------

    def _at(self, when: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._queue, (when, next(self._order), act))

    def _tick_before(self, act: float) -> bool:
        """Whether the core wants to look at something before the next act; what follows may itself come before that."""
        due = next_due(self._state) if self._running else None
        when = None if due is None else self._clock.second(due)
        if when is None or when > act + GRAIN:
            return False
        self.now = max(self.now, when + GRAIN)
        self._give(Tick())
        return True

    # --- the box -------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        """The agent starts on what the disk has."""
        durable = self._disk.open(in_order=self._stopped_in_order)
        self._state = new_state(self.scenario.branch, durable)
        self._ledger.forget(self._state)
        latest = durable.latest
        if latest is not None:
            self._clock.start(corrected(latest, durable.clock.offsets), latest)
        idle = 0.0 if latest is None else self.now - self._clock.second_of(latest)
        self._people.forget(self._state, self._clock.boot, idle)
        self._witness.begin(self.now)
        self._publisher.begin()
        self._running, self._stopped_in_order = True, False
        self._last_answer.clear()
        self._give(Started("simulation", "0"))

    def _strike(self, fault: Fault) -> None:
        match fault.kind:
            case "clock":
                self._clock.step(fault.size)
            case "sync":
                self._clock.sync()
            case "lose":
                self._clock.lose()
            case "kill" if fault.size > 0 and self._running:
                self._disk.dies = "before" if fault.size > 0.5 else "after"
            case "kill":
                self._die(fault.end, reboot=False)
            case "boot":
                self._die(fault.end, reboot=True)
            case "stop":
                self._stop(fault)

    def _stop(self, fault: Fault) -> None:
        """In good order: the core says so, and the journal has everything where the disk takes it."""
        if not self._running:
            return
        events = self._give(Stopping())
        if self._running:
            must(isinstance(events[-1], BoxStopped), f"the last word is {events[-1]}")
            self._stopped_in_order = not self._disk.waits
            self._die(fault.end, reboot=fault.size > 0)

    def _die(self, until: float, *, reboot: bool) -> None:
        self._running = False
        self._disk.close()

        def begin() -> None:
            if reboot:
                self._clock.reboot(self.now)
            if not self._running:
                self._start()
            elif reboot:
                self._die(self.now, reboot=False)

        self._at(max(until, self.now + 1.0), begin)

    def _give(self, given: Input) -> list[AnyEvent]:
        if not self._running:
            return []
        now = self._clock.instant(self.now)
        order = given if isinstance(given, Order) else None
        before = self._remembered() if order else b""
        events = step(self._state, given, now)
        if events or order:
            self._judge(events, order, now)
        if order and _is_refusal(events):
            must(self._remembered() == before, f"{order} was refused and changed something")
        if events:
            self.told += events
            self._write(events, encode_snapshot(self._state.durable), ends=isinstance(given, Stopping))
        for device in sorted(take_asks(self._state)):
            self._at(self.now + 1.0, lambda device=device: self._poll(device))  # type: ignore[misc]
        return events

    def _judge(self, events: list[AnyEvent], order: Order | None, now: Instant) -> None:
        for event in events:
            self._ledger.take(event, self._last_answer, self._clock.boot, now)
            if isinstance(event, AlarmRaised | AlarmCleared):
                self._witness.judge(event, self.now)
        self._people.take_all(events, order, self.now, self._clock.boot)
        self._ledger.check(self._state, now.mono)
        self._people.check(self._state)

    def _remembered(self) -> bytes:
        """What is durable, but for when the last event was and what that says of the clock."""
        return encode_snapshot(replace(self._state.durable, latest=None, clock=WallClock()))

    def _write(self, events: list[AnyEvent], state: bytes, *, ends: bool) -> None:
        try:
            self._disk.write([_entry(event) for event in events], state, snapshot=ends)
        except Killed:
            self._die(self.now + 5.0, reboot=False)

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
            self._witness.failed(device, self.now)
            self._give(PollFailed(device, "timeout"))
        else:
            self._last_answer[device] = self._clock.mono(self.now)
            values = self._plant.says(device, self.now)
            self._witness.answered(device, values, self.now)
            self._give(Polled(device, values))
        if self._running:
            self._witness.check(device, self._ledger.standing, self.now)
            self._ledger.check_causes(self._state)

    def _do(self, deed: Deed) -> None:
        if not self._running:
            return
        listed = sorted(self._state.durable.alarms.alarms)
        at = int(deed.pick * len(listed)) if listed else 0
        alarm = listed[at] if at < len(listed) else "nobody.knows"
        number = self._state.durable.alarms.occurrences.get(alarm, 1)
        occurrence = max(1, number - 1) if deed.late else 0
        mine, other = PEOPLE[:: 1 if int(deed.at) % 2 else -1]
        devices = [*self.scenario.branch.devices, "nobody"]
        device = devices[int(deed.pick * len(devices)) % len(devices)]
        order = Order(
            f"{deed.at:.0f}", deed.verb, mine, alarm, occurrence, deed.note, device, seconds=deed.seconds
        )
        if deed.denied:
            order = replace(order, denied="not allowed")
        orders = [order] * (1 + deed.twice)
        if deed.rival is not None:
            orders.append(replace(order, verb=deed.rival, by=other, denied=""))
        for n, one in enumerate(orders):
            self._give(replace(one, id=f"{one.id}-{n}"))

    def _tell_for_ever(self) -> None:
        if self._running and not self._plant.during("wan", self.now):
            try:
                self._publisher.turn()
            except Killed:
                self._die(self.now + 5.0, reboot=False)
        self._at(self.now + TELL, self._tell_for_ever)

    # --- the end ---------------------------------------------------------------------------------------------------

    def _finish(self) -> None:
        must(self._running, "the box did not come back")
        self._check_truth()
        self._disk.dies = ""
        self._give(Order("last", Verb.SILENCE, PEOPLE[0]))
        must(not self._disk.waits, "events wait though the disk has room")
        while self._publisher.turn():
            pass
        self._disk.close()
        self._check_journal()

    def _check_fault(self, fault: Fault) -> None:
        if self._running:
            check_one_fault(fault, self._plant, self._state)

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
                        stands == is_abnormal(rule.limit, value),  # type: ignore[arg-type]
                        f"{alarm}: stands is {stands}, it reads {value}",
                    )

    def _check_journal(self) -> None:
        """What reached the disk, once and in order; numbers without gaps; and a replay that gives the same state."""
        records = self._disk.records()
        must(
            [record.entry.body for record in records] == self._disk.kept, "the journal lost or doubled events"
        )
        must(self._disk.is_sound(), "the chain is broken")
        for before, record in itertools.pairwise(records):
            following = (record.epoch, record.seq) == (before.epoch, before.seq + 1)
            must(following or (record.epoch > before.epoch and record.seq == 1), f"a gap after {before.id}")
        heard = list(self._subscriber.known)
        must(heard == [record.id for record in records], "the subscriber heard another story")
        check_times(records, self._clock)
        durable, _ = replay(None, records)
        must(
            encode_snapshot(durable) == encode_snapshot(self._state.durable),
            "the journal tells another story",
        )


def _is_refusal(events: list[AnyEvent]) -> bool:
    return len(events) == 1 and isinstance(events[0], OrderRefused)


def _entry(event: AnyEvent) -> Entry:
    return Entry(
        core_events.kind(event), core_events.subject(event), event.at.wall, core_events.encode(event)
    )
