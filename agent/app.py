"""The composition root of the agent: every part is named here once, and nowhere else do parts meet."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from agent import __version__, api, logs, opening, wiring
from agent.changes import Changes
from agent.clock import Clock
from agent.clock_watch import ClockWatch
from agent.config.load import Loaded
from agent.control import ControlServer
from agent.core import events as core_events
from agent.core.events import AnyEvent, JournalOverflowed
from agent.core.inputs import Input, Order, Origin, Polled, Started, Stopping, Tick
from agent.core.state import new_state
from agent.corridor import Corridor
from agent.desk import Desk
from agent.inbox import Inbox
from agent.ledger import Ledger
from agent.outlook import Outlook
from agent.outputs.lamps import LampOutput
from agent.outputs.mqtt import MqttOutput
from agent.reception import Reception
from agent.sources import room
from agent.sources.box import box, wall_clock_quality
from agent.sources.serial_ups import serial_ups
from agent.sources.snmp.libraries import Libraries
from agent.sources.worker import Worker
from agent.store.engine import Engine
from agent.store.epochs import random_suffix
from agent.store.records import Entry
from agent.store.state import StoreState
from agent.store.writer import Writer
from agent.tally import Tally
from agent.tasks import supervise
from agent.trends import Trends
from firmware.errors import FirmwareError
from firmware.inputs import Buttons
from firmware.lamps import StackLight
from firmware.line import SerialLine
from firmware.pins import PinFactory

log = logging.getLogger(__name__)

T = TypeVar("T")

OWN_HEALTH_EVERY = 1.0
FLUSH_SECONDS = 5.0
WIRE_SECONDS = 1.0
"""How long the end waits for all wires together."""


class Agent:
    """The agent of one branch.

    Args:
        loaded: the checked configuration.
        pin_factory: gpiozero's factory; None for the Pi's own pins.
        root: what stands before /sys and /proc.
        clock: of the machine; None for its own.

    Raises:
        StoreBusy: another agent runs on the same data.
        StoreNewer: a later version of the software wrote the journal.
    """

    def __init__(
        self,
        loaded: Loaded,
        pin_factory: PinFactory = None,
        root: Path = Path("/"),
        clock: Clock | None = None,
    ) -> None:
        self._loaded = loaded
        self._factory = pin_factory
        self._root = root
        self._clock = clock or Clock(lambda: wall_clock_quality(root), root)
        self._data_dir = Path(str(loaded.site.agent.data_dir))
        self._remembered = opening.remember(self._data_dir)

    async def run(self, stop: asyncio.Event, ready: Callable[[], None] = lambda: None) -> None:
        """Watch the branch until told to stop; `ready` is called once everything runs."""
        loop = asyncio.get_running_loop()
        self._build(loop)
        tasks: list[asyncio.Task[None]] = []
        try:
            await self._control.start()
            self._corridor.give(Started(__version__, self._loaded.config_hash))
            self._tell_times()  # only now is it counted what a reboot left of them
            self._start_wires()
            tasks += [loop.create_task(supervise(name, run), name=name) for name, run in self._parts()]
            ready()
            log.info("watching %s: %d devices", self._loaded.site.site.id, len(self._loaded.branch.devices))
            await stop.wait()
        finally:
            await self._end(tasks)

    def _build(self, loop: asyncio.AbstractEventLoop) -> None:
        remembered, site = self._remembered, self._loaded.site
        self._clock.not_before(remembered.wall, remembered.durable.latest)
        self._inbox = Inbox(loop)
        self._ledger = Ledger(remembered.references)
        self._lamps = _open_lamps(self._loaded, self._factory)
        state = new_state(self._loaded.branch, remembered.durable)
        show = self._lamps.show if self._lamps else lambda _: None
        self._changes, self._tally = Changes(uuid4().hex[:8]), Tally()
        self._corridor = Corridor(
            state,
            self._clock,
            self._inbox,
            self._ledger,
            self._changes.showing(show),
            ask=self._hurry,
            noted=self._noted,
        )
        self._outlook = Outlook(self._loaded, self._corridor, self._ledger, self._clock)
        self._desk = Desk(site.rights)
        self._writer = Writer(
            self._data_dir,
            lambda reason: Engine(self._data_dir, suffix=random_suffix, reason=reason),
            lambda done: _post(loop, self._corridor.committed, done),
            lambda state: _post(loop, self._store_changed, state),
            self._summarise,
            engine=remembered.engine,
        )
        self._clock_watch, self._times_moved = ClockWatch(self._clock.now()), False
        self._mqtt = self._build_mqtt()
        self._trends = Trends(
            self._loaded.branch,
            self._data_dir,
            wiring.keep(site),
            self._clock,
            in_force=lambda device: state.watches[device.id].device,
        )
        self._corridor.connect(self._writer, self._mqtt, self._trends.take)
        reception = Reception(
            self._outlook,
            self._desk,
            self._corridor,
            self._clock,
            site.panel.user,
            trend=self._trends.answer,
            figures=self._figures,
        )
        self._control = ControlServer(Path(str(site.agent.socket)), reception.answer, self._changes)
        self._libraries = Libraries()
        self._wires: list[Worker] = []
        self._hurries: dict[str, Callable[[], None]] = {}
        """How to have a device asked out of turn."""
        self._buttons: Buttons | None = None

    def _build_mqtt(self) -> MqttOutput | None:
        broker = self._loaded.site.broker
        if broker is None:
            return None
        output = MqttOutput(
            broker,
            self._loaded.site.client_id,
            self._loaded.site.site.id,
            self._outlook,
            self._writer,
            self._remembered.cursor,
            self._remembered.backlog,
            self._link_changed,
            wall=lambda: self._clock.now().wall,
            memory=self._data_dir,
        )
        self._outlook.uplink = lambda: output.state
        return output

    def _parts(self) -> Sequence[tuple[str, Callable[[], Awaitable[None]]]]:
        parts: list[tuple[str, Callable[[], Awaitable[None]]]] = [
            ("corridor", self._corridor.run),
            ("own health", self._tell_own_health),
            ("trends", self._trends.run),
        ]
        if self._mqtt is not None:
            parts.append(("mqtt", self._mqtt.run))
        for entry, profile in wiring.snmp_devices(self._loaded):
            poller = wiring.snmp_poller(entry, profile, self._libraries, self._inbox.post)
            self._hurries[entry.id] = poller.hurry
            parts.append((f"snmp {entry.id}", poller.run))
        return parts

    # --- wires ---------------------------------------------------------------------------------------------------

    def _start_wires(self) -> None:
        profiles = self._loaded.profiles
        post = self._inbox.post
        self._wires.append(box(wiring.reader(profiles["raspberry-pi"]), self._data_dir, self._root, post))
        for entry, profile in wiring.serial_upses(self._loaded):
            line = SerialLine(entry.serial or "")
            worker = serial_ups(entry.id, line, wiring.reader(profile), entry.interval, post)
            self._hurries[entry.id] = worker.hurry
            self._wires.append(worker)
        self._start_room()
        for wire in self._wires:
            wire.start()

    def _start_room(self) -> None:
        board = wiring.board(self._loaded.site)
        try:
            if board.inputs:
                self._wires.append(room.contacts(board, self._factory, self._inbox.post))
            if board.buttons:
                self._buttons = room.buttons(board, self._factory, self._pressed)
        except FirmwareError as error:
            log.error("the wires of the room cannot be opened: %s", error)  # noqa: TRY400

    def _pressed(self, order: Order) -> None:
        self._inbox.post(self._desk.authorise(order))

    def _hurry(self, device: str) -> None:
        if device in self._hurries:
            self._hurries[device]()

    # --- the box's own health --------------------------------------------------------------------------------------

    async def _tell_own_health(self) -> None:
        while True:
            self._corridor.watch_disk(self._clock.mono())
            self._tell_parts()
            self._tell_clock()
            await asyncio.sleep(OWN_HEALTH_EVERY)

    def _tell_parts(self) -> None:
        self._inbox.post(Polled("journal", {"journal.state": self._outlook.journal}))
        if self._mqtt is not None:
            self._outlook.backlog = self._mqtt.backlog
            self._inbox.post(Polled("broker", self._mqtt.state.readings()))

    def _tell_clock(self) -> None:
        """Where the clock was set the core looks at it, and what tells of times is told again, after the commit."""
        if self._clock_watch.moved(self._clock.now()):
            self._inbox.post(Tick())
            self._times_moved = True
        elif self._times_moved and (self._ledger.degraded or not self._writer.waiting):
            self._times_moved = False
            self._tell_times()

    def _tell_times(self) -> None:
        if self._mqtt is not None:
            self._mqtt.papers_changed()
            self._mqtt.alarms_changed(self._outlook.listed())

    def _link_changed(self, connected: bool) -> None:  # noqa: FBT001  # a callback's one word
        self._outlook.link = "connected" if connected else "lost"
        self._changes.touched()
        self._tell_parts()

    def _store_changed(self, state: StoreState) -> None:
        self._corridor.store_changed(state)
        self._changes.touched()
        self._tell_parts()

    def _summarise(self, counts: Mapping[str, int]) -> Entry:
        event = JournalOverflowed(at=self._clock.now(), lost=dict(counts))
        return Entry(core_events.kind(event), "", event.at.wall, core_events.encode(event))

    def _noted(self, given: Input, events: Sequence[AnyEvent]) -> None:
        self._tally.noted(given)
        self._changes.noted(given, events)
        for event in events:
            log.info("%s", core_events.kind(event), extra=_told(event))

    def _figures(self) -> api.Figures:
        control = self._control
        return api.Figures(
            polls=self._tally.polls,
            dropped=self._inbox.dropped,
            lost=self._writer.lost,
            held_back=logs.held_back(),
            connections=control.connections,
            followers=control.followers,
        )

    # --- the end ---------------------------------------------------------------------------------------------------

    async def _end(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        """Say so while it can be said: journal, broker, lamps, in this order."""
        await self._control.close()
        mqtt = [task for task in tasks if task.get_name() == "mqtt"]
        await _cancel([task for task in tasks if task not in mqtt])
        self._libraries.close()
        for wire in self._wires:
            wire.stop()
        await asyncio.to_thread(_join, self._wires)
        if self._buttons is not None:
            self._buttons.close()
        self._corridor.give(Stopping())
        self._corridor.snapshot()
        await self._trends.close()
        flushed = await asyncio.to_thread(self._writer.stop, FLUSH_SECONDS)
        if not flushed:
            log.error("the journal did not take everything before the end")
        await _cancel(mqtt)
        if self._mqtt is not None:
            await self._mqtt.close()
        if self._lamps is not None:
            self._lamps.close()


def _told(event: AnyEvent) -> dict[str, str]:
    """What a line of the log says of an event beside its kind."""
    extra = {}
    if isinstance(event, core_events.AlarmEvent | core_events.LimitEvent):
        extra = {"alarm": event.alarm.id, "device": event.alarm.resource}
    by = getattr(event, "by", None)
    if isinstance(by, Origin):
        extra |= {"by": by.name, "door": by.door.value}
    if isinstance(event, core_events.OrderRefused):
        extra |= {"verb": event.verb.value, "reason": event.reason}
    return extra


def _open_lamps(loaded: Loaded, factory: PinFactory) -> LampOutput | None:
    board = wiring.board(loaded.site)
    if not board.lamps:
        return None
    try:
        return LampOutput(StackLight(board, factory))
    except FirmwareError as error:
        log.error("the lamps cannot be opened: %s", error)  # noqa: TRY400  # the trace helps nobody on site
        return None


def _join(wires: Sequence[Worker]) -> None:
    end = time.monotonic() + WIRE_SECONDS
    for wire in wires:
        wire.join(max(0.0, end - time.monotonic()))


def _post(loop: asyncio.AbstractEventLoop, call: Callable[[T], None], what: T) -> None:
    """Have the loop do something, from the writer's thread; at the very end there is no loop any more."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(call, what)


async def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
