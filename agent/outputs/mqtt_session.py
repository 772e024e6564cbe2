"""One connection's worth of work on the event loop: greet, re-assert what is wrong now, then drain the events."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from functools import partial

import msgspec
from msgspec import Struct

from agent.mqtt_contract import StatusMessage
from agent.outputs.mqtt_client import Link
from agent.outputs.mqtt_errors import NarrowError, RefusedError, SilentError
from agent.outputs.mqtt_happenings import (
    Acknowledged,
    Answer,
    Arrived,
    Connected,
    Ended,
    Happening,
    Subscribed,
)
from agent.outputs.mqtt_outbox import Outbox
from agent.outputs.mqtt_size import LARGE, fits
from agent.store.errors import StoreError
from agent.store.records import Position, Record

log = logging.getLogger(__name__)


class _Greeting(Struct):
    """Our birth, sent behind a subscription, comes back after everything the broker retains for us."""

    epoch: str
    topics: list[str]
    until: float
    answered: bool = False
    birth: bytes = b""


class _Sent(Struct, frozen=True):
    """What waits for its acknowledgement."""

    what: str
    done: Callable[[], None]
    event: Position | None = None
    """The event that it is, if it is one: its refusal ends the connection."""
    bounded: bool = False
    """Whether a shorter one follows where it is too large."""


class Session:
    """Works a connection until it ends.

    Attributes:
        connected: whether the broker has accepted and the connection stands.

    Args:
        outbox: what is to be told.
        version: the version of MQTT in use.
        wake: set by whoever has something new.
        wall: wall seconds.
    """

    def __init__(self, outbox: Outbox, version: str, wake: asyncio.Event, wall: Callable[[], float]) -> None:
        self._outbox, self._pace, self._version = outbox, outbox.pace, version
        self._wake, self._wall = wake, wall
        self._happened: deque[Happening] = deque()
        self._flight: dict[int, _Sent] = {}
        self._progress = 0.0
        self._greeting: _Greeting | None = None
        self._greeted: str | None = None
        """The epoch of the last greeting, None before the first."""
        self._asserted = False
        """Whether all that is wrong now was sent."""
        self._page: asyncio.Future[list[Record]] | None = None
        self._read_again = 0.0
        self._window = self._largest = 0
        self._held: tuple[str, bytes] | None = None
        """What waits until nothing is under way, to travel alone."""
        self._birth = b""
        """The last status as it was sent."""
        self.connected = False
        self.turns = 0  # grows while it gets on

    def post(self, happening: Happening) -> None:
        """Something happened on the link; on the loop."""
        self._happened.append(happening)
        self._wake.set()

    async def run(self, link: Link, up: Callable[[], None]) -> None:
        """Work the link.

        Args:
            link: where to publish.
            up: called once the broker has accepted.

        Raises:
            BrokerError: the link ended, or must be ended.
        """
        self._link = link
        await self._until(lambda: self.connected, time.monotonic() + self._pace.connect, "accept")
        up()
        while True:
            self._take_in()
            self._send(time.monotonic())
            await self._turn()

    async def leave(self) -> None:
        """Say goodbye: `status` offline, and a clean end so that the will is not published; ends by `BrokerError`."""
        await self._until(lambda: len(self._flight) < self._window)
        mid = self._publish_status(time.monotonic(), online=False)
        await self._until(lambda: mid not in self._flight)
        self._link.disconnect()
        await self._until(lambda: False)

    def end(self) -> None:
        """The link is gone."""
        self.connected = False
        if self._page is not None:
            self._page.cancel()

    # --- time -----------------------------------------------------------------------------------------------------

    async def _until(
        self, condition: Callable[[], bool], deadline: float = float("inf"), what: str = ""
    ) -> None:
        while not condition():
            if time.monotonic() > deadline:
                raise SilentError(f"did not {what} within {self._pace.connect:g} s")
            await self._turn()
            self._take_in()

    async def _turn(self) -> None:
        self.turns += 1
        try:
            async with asyncio.timeout(self._pace.turn):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()

    # --- in ---------------------------------------------------------------------------------------------------------

    def _take_in(self) -> None:
        now = time.monotonic()
        while self._happened:
            self._take(self._happened.popleft(), now)
        if self._flight and now - self._progress > self._pace.acknowledge:
            raise SilentError(f"acknowledged nothing for {self._pace.acknowledge:g} s")

    def _take(self, happening: Happening, now: float) -> None:
        match happening:
            case Connected():
                self.connected = True
                # one less would still do, 0 is a protocol error of the broker's
                self._window = max(1, min(self._pace.window, happening.receive_maximum))
                self._largest = happening.maximum_packet
            case Ended():
                raise happening.error
            case Acknowledged():
                for answer in happening.answers:
                    self._acknowledged(answer, now)
                self._outbox.keep_cursor()
            case Subscribed():
                self._subscribed(happening, now)
            case Arrived():
                self._arrived(happening, now)

    def _acknowledged(self, answer: Answer, now: float) -> None:
        sent = self._flight.pop(answer.number, None)
        if sent is None:
            return
        self._progress = now
        if answer.refusal and sent.event:
            if answer.too_large:
                self._outbox.suspect.refused(sent.event)
            raise RefusedError(f"{sent.what} refused: {answer.refusal}")
        if answer.too_large and sent.bounded:
            self._outbox.too_large(sent.what, now)
            return
        if answer.refusal:
            self._outbox.rubbish(f"the refusal of {sent.what}: {answer.refusal}", now)
        sent.done()

    def _subscribed(self, answer: Subscribed, now: float) -> None:
        if answer.refusal:
            self._outbox.rubbish(f"the refusal of our subscription: {answer.refusal}", now)
        if self._greeting is not None:
            self._greeting.answered = True

    def _arrived(self, message: Arrived, now: float) -> None:
        greeting = self._greeting
        if message.topic != self._outbox.topics.status:
            if message.retained and message.payload != b"":
                self._outbox.seen(message.topic, now)
        elif greeting is not None and greeting.birth and message.payload == greeting.birth:
            self._outbox.surveyed = greeting.epoch
            self._finish_greeting(greeting)
        elif message.retained:
            self._outbox.seen_status(message.payload or b"", now)

    # --- the greeting -----------------------------------------------------------------------------------------------

    def _greet(self, epoch: str, now: float) -> None:
        """Begin to read what the broker retains: always our status, once per epoch the whole tree."""
        topics = self._outbox.topics
        wanted = [topics.status]
        if self._outbox.surveyed != epoch or not epoch:
            wanted += [topics.event, topics.alarm("+"), topics.device("+")]
        self._greeting = _Greeting(epoch, wanted, now + self._pace.greet)
        self._link.subscribe(wanted)

    def _go_on_greeting(self, greeting: _Greeting, now: float) -> None:
        late = now > greeting.until
        if not greeting.birth and (greeting.answered or late) and self._free():
            self._publish_status(now)
            greeting.birth = self._birth
        if late and greeting.birth:
            # A broker that forbids us to read our own topics must not keep us from publishing.
            log.warning("mqtt: our own birth did not come back: old retained messages may stay at the broker")
            self._finish_greeting(greeting)

    def _finish_greeting(self, greeting: _Greeting) -> None:
        self._link.unsubscribe(greeting.topics)
        self._greeted, self._greeting = greeting.epoch, None

    # --- out --------------------------------------------------------------------------------------------------------

    def _send(self, now: float) -> None:
        status = self._outbox.status(self._version, online=True)
        self._outbox.check_claim(status.epoch)
        if self._greeting is None and self._greeted != status.epoch:
            self._greet(status.epoch, now)
        if self._greeting is not None:
            self._go_on_greeting(self._greeting, now)
            return
        if self._free() and self._outbox.beacon.due(_changeable(status), status.backlog, now):
            self._publish_status(now)
        self._send_retained(now)
        self._send_events()
        self._read(now)

    def _free(self, reserve: int = 0) -> bool:
        return len(self._flight) + reserve < self._window

    def _send_retained(self, now: float) -> None:
        # Events get what places are left: at first none, so that what is wrong now overtakes them; later always one,
        # so that alarms that flap do not keep them back.
        reserve = 1 if self._asserted and self._window > 1 else 0
        box, fitting = self._outbox, self._outbox.fitting
        for topic in fitting.rested(now):
            box.retained.again(topic, now)
        while self._free(reserve) and not fitting.alone:
            taken = self._held or box.retained.take(now, box.compose)
            if taken is None:
                self._asserted = True
                return
            topic = taken[0]
            if fitting.suspects(topic) and self._flight:
                self._held = taken
                return
            self._held = None
            payload = fitting.fit(topic, taken[1], self._largest, now)
            if payload is None:
                box.retained.confirm(topic)  # no more can be done now
                continue
            fitting.sent(topic, payload)
            self._publish(topic, payload, partial(box.stands, topic), retain=True, bounded=True)

    def _send_events(self) -> None:
        box, wall = self._outbox, self._wall()
        if box.fitting.alone or self._held:
            return
        while self._free() and not box.suspect.alone and (record := box.window.next):
            place = record.position
            try:
                payload = box.event(record, wall, self._largest)
            except NarrowError:
                raise
            except ValueError as error:
                log.error("mqtt: left out for good: %s", error)  # noqa: TRY400  # the trace says no more
                box.window.take()
                box.acknowledged(place)
                box.keep_cursor()
                continue
            if len(payload) > LARGE and box.window.owed:
                return  # it travels alone
            box.window.take()
            box.suspect.sent(place, payload)
            self._publish(box.topics.event, payload, partial(box.acknowledged, place), event=place)

    def _publish_status(self, now: float, *, online: bool = True) -> int:
        status = self._outbox.status(self._version, online=online)
        self._birth = msgspec.json.encode(status)
        self._outbox.beacon.told(_changeable(status), status.backlog, now)
        if not fits(self._outbox.topics.status, self._birth, self._largest):
            raise NarrowError(f"the broker takes no packet above {self._largest} bytes")
        return self._publish(self._outbox.topics.status, self._birth, _nothing, retain=True)

    def _publish(
        self,
        topic: str,
        payload: bytes,
        done: Callable[[], None],
        *,
        retain: bool = False,
        event: Position | None = None,
        bounded: bool = False,
    ) -> int:
        if not self._flight:
            self._progress = time.monotonic()
        number = self._link.publish(topic, payload, retain=retain)
        self._flight[number] = _Sent(topic, done, event, bounded)
        return number

    # --- the journal ------------------------------------------------------------------------------------------------

    def _read(self, now: float) -> None:
        box = self._outbox
        if self._page is not None:
            if self._page.done():
                self._take_page(self._page, now)
            return
        if box.window.ready >= self._pace.page // 2 or not (box.more or now >= self._read_again):
            return
        self._read_again = now + self._pace.reread
        self._page = asyncio.wrap_future(box.reading())
        self._page.add_done_callback(lambda _: self._wake.set())

    def _take_page(self, page: asyncio.Future[list[Record]], now: float) -> None:
        self._page = None
        try:
            self._outbox.read(page.result())
        except StoreError as error:
            self._read_again = now + self._pace.reread
            self._outbox.rubbish(f"a journal that cannot be read now: {error}", now)
        else:
            self._wake.set()


def _changeable(status: StatusMessage) -> tuple[str, str, str, str, int]:
    return status.journal, status.clock, status.epoch, status.config, status.withheld


def _nothing() -> None:
    """Nobody waits for this acknowledgement."""
