"""The composition root of the agent: every part is named here once, and nowhere else do parts meet."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from agent import __version__, api, logs, opening, wiring
from agent.box import box_reader
from agent.changes import Changes
from agent.clock import Clock
from agent.config.load import Loaded
from agent.control import ControlServer
from agent.core import events as core_events
from agent.core.events import AnyEvent, JournalOverflowed
from agent.core.inputs import Input, Order, Reconfigured, Started, Stopping
from agent.core.model import ClockQuality
from agent.core.state import new_state
from agent.corridor import Corridor
from agent.desk import Desk
from agent.endings import Step, cancel, end_all
from agent.inbox import Inbox
from agent.last_run import last_run
from agent.ledger import Ledger
from agent.outlook import Outlook
from agent.outputs.lamps import LampOutput
from agent.outputs.mqtt import MqttOutput
from agent.own_health import OwnHealth
from agent.parts import CORRIDOR, ESSENTIAL_SECONDS, MQTT, OWN_HEALTH, Parts, patience
from agent.reception import Reception
from agent.reloading import Reloading
from agent.retention import Retention
from agent.sources.box import wall_clock_quality
from agent.sources.snmp.libraries import Libraries
from agent.store.engine import Engine
from agent.store.epochs import random_suffix
from agent.store.records import Entry
from agent.store.state import StoreState
from agent.store.writer import Writer
from agent.tally import Tally, extra_of
from agent.tasks import supervise
from agent.trends import Trends
from agent.wires import Wires
from firmware.host.ended import find
from firmware.lamps import StackLight
from firmware.pins import PinFactory
from firmware.usb_reset import UsbReset

log = logging.getLogger(__name__)

T = TypeVar("T")

FLUSH_SECONDS = 5.0


class Agent:
    """The agent of one branch.

    Args:
        loaded: the checked configuration.
        pin_factory: gpiozero's factory; None for the Pi's own pins.
        root: what stands before /sys and /proc.
        clock: of the machine; None for its own.
        read: the configuration as it is on the disk now, for `reload`; None where that is never another.

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
        read: Callable[[], Loaded] | None = None,
    ) -> None:
        self._loaded = loaded
        self._reloading = Reloading(
            read or (lambda: loaded), lambda: self._loaded, self._take_up, self._renew
        )
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
            self._corridor.give(self._started())
            self._own_health.tell_anew()  # only now is it counted what a reboot left of the times
            self._wires.start()
            for name, run in self._runs():
                tasks.append(loop.create_task(supervise(name, run, self.parts.told), name=name))
            ready()
            log.info("watching %s: %d devices", self._loaded.site.site.id, len(self._loaded.branch.devices))
            await stop.wait()
        finally:
            await self._end(tasks)

    def reload(self) -> None:
        """Have the configuration read again, and taken up where that is safe while the agent runs."""
        self._reloading.ask()

    def stuck(self) -> tuple[str, ...]:
        """The essential parts that do not get on."""
        return self.parts.progress.stuck(self._clock.mono(), essential=True)

    def _started(self) -> Started:
        last = self._last_run
        return Started(__version__, self._loaded.config_hash, last.ended, last.marks, self._read_box())

    def _build(self, loop: asyncio.AbstractEventLoop) -> None:
        remembered, site = self._remembered, self._loaded.site
        self._clock.not_before(remembered.wall, remembered.durable.latest)
        self._inbox = Inbox(loop)
        self._ledger = Ledger(remembered.references)
        self.parts = Parts(self._clock.mono)
        self._lamps = self._build_lamps()
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
            told=self.parts.told,
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
        self._retention = Retention(
            self._data_dir,
            wiring.keep_events(site),
            self._writer,
            self._clock,
            durable=lambda: state.durable,
            is_healthy=lambda: not self._ledger.degraded,
        )
        self._mqtt = self._build_mqtt()
        self._trends = Trends(
            self._loaded.branch,
            self._data_dir,
            wiring.keep(site),
            self._clock,
            in_force=lambda device: state.watches[device.id].device,
        )
        self._corridor.connect(self._writer, self._mqtt, self._trends.take)
        self._own_health = OwnHealth(
            self.parts,
            self._clock,
            self._inbox,
            corridor=self._corridor,
            outlook=self._outlook,
            ledger=self._ledger,
            writer=self._writer,
            mqtt=self._mqtt,
        )
        self._reception = Reception(
            self._outlook,
            self._desk,
            self._corridor,
            self._clock,
            site.panel.user,
            trend=self._trends.answer,
            figures=self._figures,
        )
        socket = Path(str(site.agent.socket))
        self._last_run = last_run(find(self._root, socket.parent), remembered.durable.run, __version__)
        self._read_box = box_reader(
            self._loaded,
            self._root,
            self.parts,
            self._last_run.readings,
            is_believed=lambda: self._clock.now().quality is not ClockQuality.UNSYNCED,
            in_force=lambda: self._loaded.site,
        )
        self._control = ControlServer(socket, self._reception.answer, self._changes)
        self._libraries = Libraries()
        post, read_box, pressed = self._inbox.post, self._read_box, self._pressed
        reset = UsbReset(self._root / "run/linewarden-usb").ask
        self._wires = Wires(
            self._loaded, self._factory, self.parts, post, read_box=read_box, pressed=pressed, reset=reset
        )
        self._hurries = self._wires.hurries
        """How to have a device asked out of turn."""

    def _build_lamps(self) -> LampOutput | None:
        board = wiring.board(self._loaded.site)
        if not board.lamps:
            return None
        return LampOutput(lambda: StackLight(board, self._factory), self.parts.told)

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

    def _runs(self) -> Sequence[Step]:
        runs: list[Step] = [
            (CORRIDOR, self._corridor.run),
            (OWN_HEALTH, self._own_health.run),
            ("trends", self._trends.run),
            ("retention", self._retention.run),
            ("reload", self._reloading.run),
        ]
        self.parts.progress.expect(CORRIDOR, ESSENTIAL_SECONDS, self._clock.mono(), essential=True)
        self._own_health.expect()
        if self._mqtt is not None:
            runs.append((MQTT, self._mqtt.run))
        for entry, profile in wiring.snmp_devices(self._loaded):
            name = f"snmp {entry.id}"
            post = self.parts.beating(name, patience(entry.interval), self._inbox.post)
            poller = wiring.snmp_poller(entry, profile, self._libraries, post)
            self._hurries[entry.id] = poller.hurry
            runs.append((name, poller.run))
        return runs

    def _pressed(self, order: Order) -> None:
        self._inbox.post(self._desk.authorise(order))

    def _hurry(self, device: str) -> None:
        if device in self._hurries:
            self._hurries[device]()

    # --- what the parts tell --------------------------------------------------------------------------------------

    def _link_changed(self, connected: bool) -> None:  # noqa: FBT001  # a callback's one word
        self._own_health.link_changed(connected)
        self._changes.touched()

    def _store_changed(self, state: StoreState) -> None:
        self._own_health.store_changed(state)
        self._changes.touched()

    # --- another configuration ---------------------------------------------------------------------------------------

    def _take_up(self, loaded: Loaded, changed: tuple[str, ...]) -> None:
        before, site = self._loaded, loaded.site
        # First the core: what it stumbles over is taken up by nobody.
        self._corridor.give(Reconfigured(loaded.config_hash, before.config_hash, changed, loaded.branch))
        self._loaded = self._outlook.loaded = loaded
        self._desk.rights, self._reception.panel_user = site.rights, site.panel.user
        self._retention.keep, self._trends.writer.keep = wiring.keep_events(site), wiring.keep(site)
        self._own_health.tell_anew()
        self._changes.touched()

    async def _renew(self) -> None:
        if self._mqtt is not None:
            await self._mqtt.renew()

    def _summarise(self, counts: Mapping[str, int]) -> Entry:
        event = JournalOverflowed(at=self._clock.now(), lost=dict(counts))
        return Entry(core_events.kind(event), "", event.at.wall, core_events.encode(event))

    def _noted(self, given: Input, events: Sequence[AnyEvent]) -> None:
        self._tally.noted(given)
        self.parts.progress.beat(CORRIDOR, self._clock.mono())
        self._changes.noted(given, events)
        for event in events:
            log.info("%s", core_events.kind(event), extra=extra_of(event))

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
        mqtt = [task for task in tasks if task.get_name() == MQTT]
        steps: list[Step] = [
            ("control", self._control.close),
            ("tasks", lambda: cancel([task for task in tasks if task not in mqtt])),
            ("SNMP", self._end_libraries),
            ("wires", self._wires.end),
            ("last words", self._say_the_end),
            ("trends", self._trends.close),
            ("journal", self._flush),
            (MQTT, lambda: self._end_mqtt(mqtt)),
            ("lamps", self._end_lamps),
        ]
        await end_all(steps)

    async def _end_libraries(self) -> None:
        self._libraries.close()

    async def _say_the_end(self) -> None:
        self._corridor.give(Stopping())
        self._corridor.snapshot()

    async def _flush(self) -> None:
        if not await asyncio.to_thread(self._writer.stop, FLUSH_SECONDS):
            log.error("the journal did not take everything before the end")

    async def _end_mqtt(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        await cancel(tasks)
        if self._mqtt is not None:
            await self._mqtt.close()

    async def _end_lamps(self) -> None:
        if self._lamps is not None:
            self._lamps.close()


def _post(loop: asyncio.AbstractEventLoop, call: Callable[[T], None], what: T) -> None:
    """Have the loop do something, from the writer's thread; at the very end there is no loop any more."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(call, what)
