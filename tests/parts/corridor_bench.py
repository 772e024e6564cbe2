"""A corridor on a real journal whose disk can be held up or filled, with a publisher that only remembers."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from agent import api
from agent.clock import Clock
from agent.core import events
from agent.core.annunciator import Indication
from agent.core.branch import Branch
from agent.core.events import JournalOverflowed
from agent.core.inputs import Order, Polled, Verb
from agent.core.model import Bad, ClockQuality, Instant, Value
from agent.core.state import new_state
from agent.corridor import Corridor
from agent.inbox import Inbox
from agent.ledger import Ledger
from agent.store.database import Database
from agent.store.engine import Engine
from agent.store.epochs import random_suffix
from agent.store.errors import StoreFull
from agent.store.records import Entry
from agent.store.state import Health, Limits
from agent.store.writer import Writer
from agent.tasks import supervise
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

    def __init__(self, path: Path, limits: Limits, branch: Branch) -> None:
        loop = asyncio.get_running_loop()
        self.disk = Disk()
        self.path = path
        self.shown: list[Indication] = []
        self.alarms: list[tuple[str, tuple[str, int] | None, bool]] = []
        self.events = 0
        self.states: list[Health] = []
        self.devices: list[str] = []
        self.limits: list[list[str]] = []
        self.died: list[tuple[str, str]] = []
        self.inbox = Inbox(loop)
        self.ledger = Ledger({})
        self.show: Callable[[Indication], None] = self.shown.append
        clock = Clock(lambda: ClockQuality.NTP)
        self.corridor = Corridor(
            new_state(branch), clock, self.inbox, self.ledger, self._show, told=self._told
        )
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

    def _told(self, part: str, error: str) -> None:
        if error:
            self.died.append((part, error))

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

    def papers_changed(self) -> None:
        """Note what is changed on site then."""
        self.limits.append(sorted(self.corridor.state.durable.overrides))

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

    async def set_limit(self, alarm: str, **numbers: float) -> api.Done | api.Failed:
        """Li Na changes a limit and waits for the answer."""
        given = Order(f"o-{numbers}", Verb.SET_LIMIT, LI, alarm, note="summer", numbers=numbers)
        return await self.corridor.order(given)

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
async def bench(path: Path, limits: Limits | None = None, branch: Branch = BRANCH) -> AsyncIterator[Bench]:
    """A running corridor whose journal is open."""
    one = Bench(path, limits or Limits(retry_first=0.01, retry_most=0.05), branch)
    running = asyncio.create_task(supervise("corridor", one.corridor.run))
    try:
        await until(lambda: one.corridor.health.health is Health.HEALTHY)
        yield one
    finally:
        one.disk.free.set()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await asyncio.to_thread(one.writer.stop, 60)
