"""The corridor's one loop: inputs in, the core's two functions, lamps at once, the journal, and only then the rest.

Knows no device, no library of the outside and no reason why anything is decided.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from agent import api
from agent.clock import Clock
from agent.core import events as core_events
from agent.core.annunciator import Indication
from agent.core.engine import step
from agent.core.events import AnyEvent, OrderRefused
from agent.core.inputs import Input, Order, Polled, PollFailed, Stopping, Tick
from agent.core.model import Bad, Instant, Value
from agent.core.state import (
    State,
    encode_snapshot,
    indication,
    is_fresh,
    next_due,
    take_asks,
)
from agent.inbox import Inbox
from agent.ledger import Ledger
from agent.store.batch import Committed
from agent.store.records import Entry
from agent.store.state import Health, StoreState
from agent.tasks import Told, surviving, untold

log = logging.getLogger(__name__)

SNAPSHOT_EVERY = 500
"""Events between two snapshots: bounds how long a start replays."""

PATIENCE = 5.0
"""Seconds an answer waits for the disk: a card that hangs fails no commit, it just never comes back."""

HUNG_AFTER = 10.0
"""Seconds without any commit, while one is owed, after which the disk counts as hung and the store as degraded."""

HUNG = "hung"
"""The reason of a degraded state that the store itself does not know of: its thread sits in the kernel."""


Record = Callable[[str, Mapping[str, Value | Bad], Instant], None]
"""Takes each answer of a device for its trends."""


class Journal(Protocol):
    """What the corridor needs of the store."""

    def submit(self, entries: Sequence[Entry], token: object = None) -> bool:
        """Queue entries; False if they could only be counted."""

    def submit_snapshot(self, body: bytes) -> bool:
        """Queue the state as it is after everything submitted before."""

    @property
    def lost(self) -> int:
        """Entries that could only be counted, since the start."""


class Publisher(Protocol):
    """Who tells the outside what is on the disk."""

    def alarms_changed(self, alarms: Iterable[str]) -> None:
        """These alarms are to be published as they are now."""

    def papers_changed(self) -> None:
        """What is told of the site as a whole is to be published as it is now."""

    def events_committed(self, count: int) -> None:
        """There are so many new events on the disk."""

    def state_changed(self) -> None:
        """Journal or clock are not what they were."""

    def device_changed(self, device: str) -> None:
        """This device is to be told at once: an alarm condition changed, or whether it answers."""


class _Token(Struct, frozen=True):
    """What a submission is remembered by: the order that asked for it, and what became of it."""

    order: str
    answer: api.Done | api.Failed
    also: frozenset[str] = frozenset()
    """Alarms that look different afterwards though no event is about them."""
    papers: bool = False
    """Whether what is told of the site as a whole looks different."""


class Corridor:
    """Runs the core.

    Args:
        state: the core's state as the journal left it.
        clock: tells the instant of each input.
        inbox: where inputs wait.
        ledger: what the disk knows.
        show: sets lamps and horn.
        ask: has a device asked out of turn.
        noted: is told of each input and what came of it.
        told: is told of an input over which the core stumbled.
    """

    def __init__(
        self,
        state: State,
        clock: Clock,
        inbox: Inbox,
        ledger: Ledger,
        show: Callable[[Indication], None],
        *,
        ask: Callable[[str], None] = lambda _device: None,
        noted: Callable[[Input, Sequence[AnyEvent]], None] = lambda _given, _events: None,
        told: Told = untold,
    ) -> None:
        self.state = state
        self.health = StoreState(Health.OPENING)
        self._clock = clock
        self._inbox = inbox
        self._taken: deque[Input] = deque()
        self._ledger = ledger
        self._show = show
        self._ask = ask
        self._noted, self._told = noted, told
        self._journal: Journal | None = None
        self._publisher: Publisher | None = None
        self._record: Record = lambda _device, _values, _now: None
        self._replies: dict[str, asyncio.Future[api.Done | api.Failed]] = {}
        self._decided: dict[str, api.Done | api.Failed] = {}
        # The first commit takes a snapshot: a box whose power is always cut must not replay ever more.
        self._since_snapshot = SNAPSHOT_EVERY
        self._lost = 0
        self._owed = 0
        """Submissions whose commit is yet to come."""
        self._owed_since = 0.0
        """Monotonic seconds of the oldest of them, or of the last sign of life of the store."""
        self._ending = False
        self.last_seq = 0
        """Number of the last event on the disk in the present epoch."""

    def connect(self, journal: Journal, publisher: Publisher | None, record: Record | None = None) -> None:
        """Say where events and answers go; before the first input."""
        self._journal = journal
        self._publisher = publisher
        self._record = record or self._record

    async def run(self) -> None:
        """Take inputs as they come and ticks when they are due, until cancelled."""
        while True:
            while self._taken:
                with surviving("an input", self._told):
                    self._give_waiting()
                self._told("an input", "")
            due = next_due(self.state)
            within = None if due is None else max(0.0, due - self._clock.mono())
            self._taken.extend(await self._inbox.take(within) or [Tick()])

    def _give_waiting(self) -> None:
        """Take what waits through the core. What changes without an event, as time passes, is shown at the end."""
        while self._taken:
            given = self._taken.popleft()
            try:
                self.give(given)
            except Exception:
                log.error("left out, since the core stumbled over it: %.500r", given)  # noqa: TRY400  # raised on
                raise
        self._show(indication(self.state, self._clock.mono()))

    def give(self, given: Input) -> list[AnyEvent]:
        """Take one input through the core: lamps at once, events to the journal."""
        now = self._clock.now()
        told = self._told_at_once(given, now)
        events = step(self.state, given, now)
        if events:
            self._ending = isinstance(given, Stopping)
            try:
                self._show(indication(self.state, now.mono))
            finally:
                # The state has moved already: whatever the lamps raise, the journal must learn of it.
                self._write(events, given.id if isinstance(given, Order) else "")
        for device in take_asks(self.state):
            self._ask(device)
        self._noted(given, events)
        if isinstance(given, Polled | PollFailed) and told != self._told_at_once(given, now):
            self._device_changed(given.device)
        if isinstance(given, Polled):
            self._record(given.device, given.values, now)
        return events

    def _told_at_once(self, given: Input, now: Instant) -> object:
        """What of a device its subscribers need not wait for: whether it answers, and a dry contact's position."""
        if not isinstance(given, Polled | PollFailed):
            return None
        watch = self.state.watches.get(given.device)
        if watch is None:
            return None
        answers = not watch.cause and is_fresh(watch, now.mono)
        return (answers, watch.values) if watch.device.prompt else answers

    def _device_changed(self, device: str) -> None:
        if self._publisher is not None:
            self._publisher.device_changed(device)

    async def order(self, order: Order) -> api.Done | api.Failed:
        """Carry out an order; the answer comes when it is on the disk.

        While the store is degraded it comes at once, and on a disk that hangs after a while, as not durable.
        """
        reply: asyncio.Future[api.Done | api.Failed] = asyncio.get_running_loop().create_future()
        self._replies[order.id] = reply
        try:
            self._inbox.post(order)
            async with asyncio.timeout(PATIENCE):
                return await reply
        except TimeoutError:
            return self._decided.get(order.id) or api.Failed(
                "late", "the agent is too busy to say what came of it"
            )
        finally:
            del self._replies[order.id]
            self._decided.pop(order.id, None)

    def snapshot(self) -> bool:
        """Have the state stored, so that the next start need not replay; False if there was no room for it."""
        if self._journal is None or not self._journal.submit_snapshot(encode_snapshot(self.state.durable)):
            return False
        self._since_snapshot = 0
        return True

    # --- the store's side, called on the loop --------------------------------------------------------------------

    def committed(self, done: Sequence[Committed]) -> None:
        """These submissions are on the disk: tell those who waited for it."""
        self._owed -= sum(isinstance(one.token, _Token) for one in done)
        self._owed_since = self._clock.mono()
        if self.health.reason == HUNG:
            self._be(StoreState(Health.HEALTHY, self.health.epoch))
        records = [record for one in done for record in one.records]
        places = [(record.entry.subject, (str(record.epoch), record.seq)) for record in records]
        self._since_snapshot += len(records)
        changed = self._ledger.committed(places) | self._snapshot_if_due()
        self.last_seq = records[-1].seq if records else self.last_seq
        for one in done:
            if isinstance(one.token, _Token):
                self._reply(one.token.order, one.token.answer)
                changed |= one.token.also
        if self._publisher is not None:
            self._publisher.alarms_changed(changed)
            if any(isinstance(one.token, _Token) and one.token.papers for one in done):
                self._publisher.papers_changed()
            self._publisher.events_committed(len(records))

    def store_changed(self, state: StoreState) -> None:
        """The store failed or came back, or has ended as it was told to."""
        if self._ending and state.health is Health.STOPPED:
            return
        self._owed_since = self._clock.mono()
        self._be(state)

    def watch_disk(self, mono: float) -> None:
        """A commit that hangs is degraded too, until the next one comes; to be asked each second or so."""
        waited = mono - self._owed_since
        if self._owed and waited > HUNG_AFTER and not self._ledger.degraded:
            self._be(StoreState(Health.DEGRADED, self.health.epoch, HUNG, f"no commit for {waited:.0f} s"))

    def _be(self, state: StoreState) -> None:
        was_degraded, self.health = self._ledger.degraded, state
        degraded = state.health is not Health.HEALTHY
        changed = self._ledger.health(degraded=degraded)
        if degraded:
            log.error("journal %s: %s %s", state.health.value, state.reason, state.detail)
            self._release_replies()
        elif was_degraded:
            log.warning("journal healthy again, epoch %s", state.epoch)
            self._since_snapshot = SNAPSHOT_EVERY
            changed = self._snapshot_if_due()
        if self._publisher is not None:
            self._publisher.alarms_changed(changed)
            self._publisher.state_changed()

    def _snapshot_if_due(self) -> set[str]:
        """A snapshot also holds what events did that overflowed; they themselves will never be on the disk."""
        lost = self._journal.lost if self._journal is not None else 0
        overflowed = lost > self._lost
        due = overflowed or self._since_snapshot >= SNAPSHOT_EVERY
        # At the end whoever stops the store takes the last snapshot; one more would come too late for it.
        if self._ending or self._ledger.degraded or not due or not self.snapshot():
            return set()
        self._lost = lost
        return self._ledger.snapshot_covers() if overflowed else set()

    def _write(self, events: list[AnyEvent], order: str) -> None:
        answer = _answer(events, durable=True)
        also = frozenset[str]().union(*map(core_events.also_about, events))
        papers = any(map(core_events.is_of_the_site, events))
        if papers:  # a shelf may have got another end
            listed = self.state.durable.alarms.alarms
            also |= {id_ for id_, alarm in listed.items() if alarm.suppressed}
        kept = self._journal is not None and self._journal.submit(
            [_entry(event) for event in events], _Token(order, answer, also, papers)
        )
        if kept:
            self._owed_since = self._owed_since if self._owed else self._clock.mono()
            self._owed += 1
        publish = self._ledger.decided(core_events.subject(event) for event in events)
        if self._publisher is not None:
            self._publisher.alarms_changed(publish | also if self._ledger.degraded else publish)
            if papers and self._ledger.degraded:
                self._publisher.papers_changed()
            for event in events:
                if isinstance(event, core_events.AlarmRaised | core_events.AlarmCleared):
                    self._publisher.device_changed(event.alarm.resource)
        if order in self._replies:
            self._decided[order] = _answer(events, durable=False)
        if self._ledger.degraded or not kept:
            self._release_replies()

    def _reply(self, order: str, answer: api.Done | api.Failed) -> None:
        reply = self._replies.get(order)
        if reply is not None and not reply.done():
            reply.set_result(answer)

    def _release_replies(self) -> None:
        """Whoever waits for the disk is told that it is done, but not kept yet."""
        for order, answer in self._decided.items():
            self._reply(order, answer)


def _answer(events: list[AnyEvent], *, durable: bool) -> api.Done | api.Failed:
    refused = [event for event in events if isinstance(event, OrderRefused)]
    if refused:
        return api.Failed("refused", refused[0].reason)
    return api.Done(durable, [core_events.kind(event) for event in events])


def _entry(event: AnyEvent) -> Entry:
    return Entry(
        core_events.kind(event), core_events.subject(event), event.at.wall, core_events.encode(event)
    )
