"""A branch for the panel's tests: the agent's real core, desk and control socket under virtual time, without wires."""

import asyncio
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from agent import api, limit_views, suppression_views, views
from agent.changes import Changes
from agent.config.load import load
from agent.config.site import Role
from agent.control import Caller, ControlServer, origin, user_name
from agent.core.engine import step
from agent.core.events import AnyEvent, OrderRefused
from agent.core.inputs import Door, Input, Order, Polled, PollFailed, Started, Tick
from agent.core.model import Bad, ClockQuality, Instant, Value
from agent.core.sequences import Reset, Scheme
from agent.core.state import new_state
from agent.demo import site
from agent.desk import Desk
from agent.tally import Tally
from tests.web.room_trends import RoomTrends

EPOCH = 1_800_000_000.0
"""2027-01-15 16:00 in Shanghai."""

CALM: Mapping[str, Mapping[str, Value | Bad]] = {
    "ups-1": {
        "device.model": "Smart-UPS 3000",
        "ups.status": "OL",
        "battery.charge": 100,
        "battery.runtime": 2460,
        "battery.temperature": 27.5,
        "input.voltage": 231.4,
        "output.voltage": 230.1,
        "ups.load": 42,
    },
    "ups-2": {
        "ups.status": "OL",
        "input.voltage": 230.8,
        "output.voltage": 230.2,
        "ups.load": 17,
        "ups.test": False,
        "battery.voltage": 27.3,
        "ups.temperature": 31.0,
    },
    "switch-1": {"interface.1.status": "up"},
    "trunk-1": {"span.1.fault": "noAlarm", "span.2.fault": "noAlarm"},
    "pbx-1": {"service.status": "up"},
    "journal": {"journal.state": "healthy"},
    "broker": {"broker.connected": True},
    "room": {"cabinet-door": False},
}
"""Values of devices in good order; the other points are not told."""


class Room:
    """The branch of the demo, driven by a test.

    Args:
        folder: where its site file and its socket are.
        language: of the site.
    """

    def __init__(self, folder: Path, language: str = "en") -> None:
        self.user = user_name(os.getuid())
        places = site.Places(folder, self.user, 1161, 1883, 1884, 8080, language)
        site.write(places)
        self.site = places.site
        self.socket = places.socket
        self._loaded = load(places.site)
        self._desk = Desk(self._loaded.site.rights)
        self._state = new_state(self._loaded.branch)
        self._lock = threading.Lock()
        self._mono = 1000.0
        self.values = {device: dict(CALM.get(device, {})) for device in self._loaded.branch.devices}
        self.silent: dict[str, str] = {}
        self.clock = ClockQuality.NTP
        self.journal = "healthy"
        self.broker = "connected"
        self.backlog = 0
        self.durable = True
        self.panel_user = self.user
        self.orders: list[Order] = []
        self._tally = Tally()
        self.changes: Changes | None = None
        """While it is served."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self.trends = RoomTrends(lambda: self.now, self._loaded)

    @property
    def now(self) -> Instant:
        """Virtual now."""
        return Instant(self._mono, EPOCH + self._mono - 1000.0, self.clock, "boot")

    def entitle(self, role: Role, name: str = "") -> "Room":
        """Give somebody, or else the user of the tests, another role."""
        people = {**self._loaded.site.rights.people, name or self.user: role}
        self._desk = Desk(msgspec.structs.replace(self._loaded.site.rights, people=people))
        return self

    def annunciate(self, sequence: str) -> "Room":
        """Start anew with another sequence of the annunciator."""
        with self._lock:
            scheme = Scheme(Reset(sequence))
            self._state.branch = msgspec.structs.replace(self._state.branch, scheme=scheme)
            step(self._state, Started("0.1.0", "0" * 64), self.now)
        return self

    def keep(self, device: str, type_: str) -> "Room":
        """Let no reading end an alarm: a person closes it."""
        watch = self._state.watches[device]
        rules = tuple(
            msgspec.structs.replace(rule, will_clear=rule.will_clear and rule.type != type_)
            for rule in watch.device.rules
        )
        watch.device = msgspec.structs.replace(watch.device, rules=rules)
        return self

    def live(self, seconds: int = 1) -> "Room":
        """Let seconds pass, with a poll of every device in each."""
        for _ in range(seconds):
            with self._lock:
                self._mono += 1.0
                for device in self.values:
                    given = self._word_of(device)
                    self._tally.noted(given)
                    self._note(given, step(self._state, given, self.now))
                    if isinstance(given, Polled):
                        self.trends.take(device, given.values, self.now)
        return self

    def _note(self, given: Input, events: list[AnyEvent]) -> None:
        if self.changes is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(self.changes.noted, given, events)

    async def serve(self, stop: threading.Event, started: threading.Event) -> None:
        """Answer at the socket until told to stop."""
        self._loop, self.changes = asyncio.get_running_loop(), Changes(os.urandom(4).hex())
        self._stop, self._left = stop, threading.Event()
        self._server = ControlServer(self.socket, self.answer, self.changes)
        await self._server.start()
        started.set()
        await asyncio.to_thread(stop.wait)
        self.changes = None
        await self._server.close()
        await self.trends.close()
        self._left.set()

    def leave(self) -> None:
        """End serving, before the test does."""
        self._stop.set()
        assert self._left.wait(20)

    def followers(self) -> int:
        """How many follow the changes."""
        return self._server.followers

    def sleep(self, seconds: float) -> "Room":
        """Let seconds pass in which nothing is polled."""
        with self._lock:
            self._mono += seconds
            step(self._state, Tick(), self.now)
        return self

    def _word_of(self, device: str) -> Input:
        cause = self.silent.get(device)
        return PollFailed(device, cause, cause) if cause else Polled(device, dict(self.values[device]))

    def branch(self) -> api.BranchView:
        """What the agent would say."""
        with self._lock:
            return views.branch(self._state, self._status(), self.now)

    def _status(self) -> api.Status:
        one = self._loaded.site.site
        return api.Status(
            site=one.id,
            name=one.name,
            language=one.language,
            timezone=one.timezone,
            version="0.1.0",
            config="0" * 64,
            boot="boot",
            since=EPOCH - 90_000,
            now=self.now.wall,
            clock=self.clock.value,
            journal=self.journal,
            broker=self.broker,
            epoch="3-9f2a",
            seq=17,
            backlog=self.backlog,
        )

    async def answer(  # noqa: PLR0911  # one for each question
        self, question: api.Question, caller: Caller
    ) -> api.Answer:
        """Answer as the agent does."""
        match question:
            case api.AskBranch():
                may = self._desk.may(question.name, Door.PANEL)
                return msgspec.structs.replace(self.branch(), may=may)
            case api.AskDevice():
                with self._lock:
                    device = views.device(self._state, question.device, self.now)
                return device or api.Failed("unknown", f"no device {question.device}")
            case api.AskLimits():
                with self._lock:
                    limits = limit_views.limits(self._state, question.device)
                return limits or api.Failed("unknown", f"no device {question.device}")
            case api.AskMaintenance():
                with self._lock:
                    return suppression_views.maintenance(self._state, self._status(), self.now)
            case api.AskTrend():
                return await self.trends.answer(question)
            case api.AskWhy():
                with self._lock:
                    told = views.explain(self._state, question.alarm, self.now)
                return told or api.Failed("unknown", f"no alarm {question.alarm}")
            case api.GiveOrder():
                return self._order(question, caller)
            case api.AskFigures():
                return api.Figures(self._tally.polls, connections=self._server.connections)
            case _:
                return api.Failed("unknown", type(question).__name__)

    def _alarm_id(self, alarm: str) -> str:
        found = views.find(self._state, alarm)
        return found.id if found else alarm

    def _order(self, given: api.GiveOrder, caller: Caller) -> api.Answer:
        by = origin(caller, given, self.panel_user)
        if by is None:
            return api.Failed("refused", f"{caller.name} may not speak for {given.name}")
        with self._lock:
            order = self._desk.authorise(
                Order(
                    "order",
                    given.verb,
                    by,
                    self._alarm_id(given.alarm),
                    given.occurrence,
                    given.note,
                    given.device,
                    given.seconds,
                    numbers=given.numbers,
                )
            )
            self.orders.append(order)
            events = step(self._state, order, self.now)
            self._note(order, events)
        refused = [event for event in events if isinstance(event, OrderRefused)]
        return api.Failed("refused", refused[0].reason) if refused else api.Done(self.durable)


@contextmanager
def serving(room: Room) -> Iterator[None]:
    """The room behind its real control socket."""
    started, stop = threading.Event(), threading.Event()

    thread = threading.Thread(target=asyncio.run, args=(room.serve(stop, started),))
    thread.start()
    assert started.wait(20)
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
