"""The corridor with a real journal: lamps before the commit, everything else after it, and what a bad disk changes."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from agent import api
from agent.clock import Clock
from agent.core import events
from agent.core.annunciator import Indication, Show
from agent.core.events import JournalOverflowed
from agent.core.inputs import Order, Polled, Started, Stopping, Verb
from agent.core.model import Bad, ClockQuality, Instant, Value
from agent.core.state import encode_snapshot, new_state
from agent.corridor import Corridor
from agent.inbox import Inbox
from agent.ledger import Ledger
from agent.opening import remember
from agent.store.database import Database
from agent.store.engine import Engine
from agent.store.epochs import random_suffix
from agent.store.errors import StoreFull
from agent.store.records import Entry
from agent.store.state import Health, Limits
from agent.store.writer import Writer
from tests.core.branch import BRANCH, EPOCH, GOOD, LI

ON_BATTERY = "ups-1.on-battery"
HOT = "ups-1.temperature-high"


class Disk:
    """A commit that can be held up, or made to fail, while the corridor runs."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.free.set()
        self.full = False

    def commit(self, db: Database) -> None:
        """Commit once the disk lets us."""
        assert self.free.wait(60)
        if self.full:
            raise StoreFull("the disk is full")
        db.commit()


class Bench:
    """A corridor on a real journal; remembers what lamps and publisher were told, with the ledger's word for it."""

    def __init__(self, path: Path, limits: Limits) -> None:
        loop = asyncio.get_running_loop()
        self.disk = Disk()
        self.path = path
        self.shown: list[Indication] = []
        self.alarms: list[tuple[str, tuple[str, int] | None, bool]] = []
        self.events = 0
        self.states: list[Health] = []
        self.devices: list[str] = []
        self.inbox = Inbox(loop)
        self.ledger = Ledger({})
        self.show: Callable[[Indication], None] = self.shown.append
        clock = Clock(lambda: ClockQuality.NTP)
        self.corridor = Corridor(new_state(BRANCH), clock, self.inbox, self.ledger, self._show)
        self.writer = Writer(
            path,
            self._open,
            lambda done: _post(loop, self.corridor.committed, done),
            lambda state: _post(loop, self.corridor.store_changed, state),
            _summarise,
            engine=self._open(""),
            limits=limits,
        )
        self.corridor.connect(self.writer, self)

    def _open(self, reason: str) -> Engine:
        if self.disk.full:
            raise StoreFull("the disk is full")
        return Engine(self.path, suffix=random_suffix, reason=reason, commit=self.disk.commit)

    def _show(self, indication: Indication) -> None:
        self.show(indication)

    # --- the publisher ---------------------------------------------------------------------------------------------

    def alarms_changed(self, alarms: Iterable[str]) -> None:
        """Note each alarm with its place in the journal and whether it is durable."""
        self.alarms += [(a, self.ledger.reference(a), self.ledger.durable(a)) for a in alarms]

    def events_committed(self, count: int) -> None:
        """Count the events."""
        self.events += count

    def state_changed(self) -> None:
        """Note the journal's health."""
        self.states.append(self.corridor.health.health)

    def device_changed(self, device: str) -> None:
        """Note the device."""
        self.devices.append(device)

    # --- what a test does --------------------------------------------------------------------------------------------

    def polled(self, **values: Value | Bad) -> list[str]:
        """The UPS answers."""
        changed = {name.replace("_", "."): value for name, value in values.items()}
        return [events.kind(one) for one in self.corridor.give(Polled("ups-1", {**GOOD, **changed}))]

    async def ordered(self, verb: Verb, alarm: str = "", order: str = "o-1") -> api.Done | api.Failed:
        """Li Na orders something and waits for the answer."""
        return await self.corridor.order(Order(order, verb, LI, alarm))

    async def degrade(self) -> None:
        """The disk is full from now on, and the corridor knows."""
        self.disk.full = True
        self.corridor.give(Order("degrade", Verb.LAMP_TEST, LI))
        await until(lambda: self.corridor.health.health is Health.DEGRADED)

    async def recover(self) -> None:
        """The disk has room again, and the corridor knows."""
        self.disk.full = False
        await until(lambda: self.corridor.health.health is Health.HEALTHY)
        await until(lambda: not self.writer.waiting)


def _post(loop: asyncio.AbstractEventLoop, call: Callable[[Any], None], what: object) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(call, what)


def _summarise(counts: Mapping[str, int]) -> Entry:
    event = JournalOverflowed(at=Instant(0.0, EPOCH), lost=dict(counts))
    return Entry(events.kind(event), "", EPOCH, events.encode(event))


async def until(condition: Callable[[], object]) -> None:
    """Let the loop run until a condition holds."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  # conditions are of many parts, and some have no event
            await asyncio.sleep(0.005)


@asynccontextmanager
async def bench(path: Path, limits: Limits | None = None) -> AsyncIterator[Bench]:
    """A running corridor whose journal is open."""
    one = Bench(path, limits or Limits(retry_first=0.01, retry_most=0.05))
    running = asyncio.create_task(one.corridor.run())
    try:
        await until(lambda: one.corridor.health.health is Health.HEALTHY)
        yield one
    finally:
        one.disk.free.set()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await asyncio.to_thread(one.writer.stop, 60)


def run(story: Coroutine[Any, Any, None]) -> None:
    """Let a story happen."""
    asyncio.run(story)


def test_lamps_are_first_and_the_publisher_waits_for_the_commit(tmp_path: Path) -> None:
    """While the commit hangs the lamp flashes already; then the alarm goes out with its place in the journal."""

    async def story() -> None:
        async with bench(tmp_path) as b:
            b.disk.free.clear()
            assert b.polled(ups_status="OB") == ["alarm.raised"]
            assert (b.shown[-1].red, b.shown[-1].horn) == (Show.FLASH, True)
            assert b.devices == ["ups-1"]
            assert (b.alarms, b.events) == ([], 0)
            b.disk.free.set()
            await until(lambda: b.alarms)
            epoch = str(b.corridor.health.epoch)
            assert b.alarms == [(ON_BATTERY, (epoch, 1), True)]
            assert (b.events, b.corridor.last_seq) == (1, 1)

    run(story())


def test_an_order_is_answered_after_its_commit(tmp_path: Path) -> None:
    """Done means kept; a refusal is kept as well before it is told."""

    async def story() -> None:
        async with bench(tmp_path) as b:
            b.polled(ups_status="OB")
            await until(lambda: b.events == 1)
            b.disk.free.clear()
            answer = asyncio.create_task(b.ordered(Verb.ACKNOWLEDGE, ON_BATTERY))
            await until(lambda: b.shown[-1].red is Show.STEADY)
            assert not answer.done()
            b.disk.free.set()
            assert await answer == api.Done(True, ["alarm.acknowledged"])
            refused = await b.ordered(Verb.ACKNOWLEDGE, ON_BATTERY)
            assert refused == api.Failed("refused", "this occurrence is acknowledged already")
            assert b.events == 3

    run(story())


def test_an_order_on_a_disk_that_hangs_is_answered_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A card that hangs fails no commit: whoever ordered is told that it is done, and not kept yet."""
    monkeypatch.setattr("agent.corridor.PATIENCE", 0.1)

    async def story() -> None:
        async with bench(tmp_path) as b:
            b.disk.free.clear()
            assert await b.ordered(Verb.LAMP_TEST) == api.Done(False, ["annunciation.tested"])

    run(story())


def test_whoever_waits_when_the_disk_fails_is_told(tmp_path: Path) -> None:
    """And whoever orders while it is away has the answer at once, not durable."""

    async def story() -> None:
        async with bench(tmp_path) as b:
            b.disk.full = True
            assert await b.ordered(Verb.LAMP_TEST) == api.Done(False, ["annunciation.tested"])
            await until(lambda: b.states[-1] is Health.DEGRADED)
            assert await b.ordered(Verb.SILENCE) == api.Done(False, ["annunciation.silenced"])
            answer = await b.ordered(Verb.CLOSE, ON_BATTERY)
            assert isinstance(answer, api.Failed)
            await b.recover()

    run(story())


def test_while_degraded_alarms_go_out_at_once_and_again_with_a_number(tmp_path: Path) -> None:
    """First not durable and without a place, then in the new epoch with one; nothing is lost on the disk."""

    async def story() -> None:
        async with bench(tmp_path) as b:
            before = b.corridor.health.epoch
            await b.degrade()
            b.alarms.clear()
            b.polled(ups_status="OB")
            assert b.alarms == [(ON_BATTERY, None, False)]
            await b.recover()
            await until(lambda: len(b.alarms) == 2)
            alarm, place, durable = b.alarms[-1]
            assert (alarm, durable) == (ON_BATTERY, True)
            assert place is not None
            assert place[0] == str(b.corridor.health.epoch) != str(before)

    run(story())
    found = remember(tmp_path)
    assert found.engine is not None
    assert [record.entry.kind for record in found.engine.after(0, 0, 10)] == [
        "annunciation.tested",
        "alarm.raised",
    ]
    found.engine.close()
    assert list(found.durable.alarms.alarms) == [ON_BATTERY]


def test_after_an_overflow_the_snapshot_holds_what_the_lost_events_did(tmp_path: Path) -> None:
    """The journal says how many were lost, and a start after it knows the alarms all the same."""

    async def story() -> None:
        async with bench(tmp_path, Limits(entries=2, retry_first=0.01, retry_most=0.05)) as b:
            await b.degrade()
            b.polled(ups_status="OB")
            b.polled(ups_status="OB", ups_temperature=50)
            assert b.writer.lost == 1
            assert b.alarms[-1] == (HOT, None, False)
            await b.recover()
            await until(lambda: (HOT, None, True) in b.alarms)
            states.append(encode_snapshot(b.corridor.state.durable))

    states: list[bytes] = []
    run(story())
    found = remember(tmp_path)
    assert found.engine is not None
    kinds = [record.entry.kind for record in found.engine.after(0, 0, 10)]
    found.engine.close()
    assert kinds == ["annunciation.tested", "alarm.raised", "journal.overflowed"]
    assert encode_snapshot(found.durable) == states[0]


def test_an_overflow_on_a_slow_disk_leaves_no_alarm_untold(tmp_path: Path) -> None:
    """The store never failed, only its list was full: the alarm that was counted only is published nevertheless."""

    async def story() -> None:
        async with bench(tmp_path, Limits(entries=1)) as b:
            b.disk.free.clear()
            b.polled(ups_status="OB")
            b.polled(ups_status="OB", ups_temperature=50)
            assert b.writer.lost == 1
            b.disk.free.set()
            await until(lambda: HOT in [alarm for alarm, _, _ in b.alarms])
            await until(lambda: not b.writer.waiting)
            states.append(encode_snapshot(b.corridor.state.durable))

    states: list[bytes] = []
    run(story())
    found = remember(tmp_path)
    assert found.engine is not None
    found.engine.close()
    assert encode_snapshot(found.durable) == states[0]


def test_orders_that_nobody_waits_for_leave_nothing_behind(tmp_path: Path) -> None:
    """A button in the room waits for no answer; a client may go away before it comes."""

    async def story() -> None:
        async with bench(tmp_path) as b:
            b.corridor.give(Order("button", Verb.SILENCE, LI))
            gone = asyncio.create_task(b.ordered(Verb.SILENCE))
            await asyncio.sleep(0)
            gone.cancel()
            await asyncio.gather(gone, return_exceptions=True)
            await until(lambda: b.events == 2)
            assert (b.corridor._decided, b.corridor._replies) == ({}, {})  # nothing else shows a leak

    run(story())


def test_a_lamp_that_fails_loses_no_event(tmp_path: Path) -> None:
    """Whatever the lamps raise, what the core has decided reaches the journal."""

    def broken(_: Indication) -> None:
        raise RuntimeError("a driver nobody knew")

    async def story() -> None:
        async with bench(tmp_path) as b:
            b.show = broken
            with pytest.raises(RuntimeError):
                b.polled(ups_status="OB")
            await until(lambda: b.alarms)

    run(story())


def test_a_start_need_not_replay_what_the_last_one_did(tmp_path: Path) -> None:
    """A box whose power is always cut never reaches its next snapshot: each start takes one."""

    async def story() -> None:
        async with bench(tmp_path) as b:
            b.corridor.give(Started("test", "0"))
            await until(lambda: b.events == 1)

    run(story())
    engine = Engine(tmp_path, suffix=random_suffix)
    snapshot, tail = engine.load()
    assert snapshot is not None
    assert list(tail) == []
    engine.close()


def test_a_clean_end_is_no_trouble_of_the_journal(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The store stops because it was told to: the last word to the outside is not `degraded`."""

    async def story() -> None:
        async with bench(tmp_path) as b:
            b.corridor.give(Stopping())
            assert await asyncio.to_thread(b.writer.stop, 60)
            await until(lambda: b.events == 1)
            await asyncio.sleep(0)
            assert b.corridor.health.health is Health.HEALTHY
            assert set(b.states) == {Health.HEALTHY}

    run(story())
    assert not caplog.records
