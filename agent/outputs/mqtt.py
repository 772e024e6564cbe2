"""MQTT output: tells the NOC what is on the disk, however often the broker goes away."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import msgspec

from agent.config.site import Broker
from agent.outputs import mqtt_memory, mqtt_tls
from agent.outputs.mqtt_client import Link
from agent.outputs.mqtt_errors import (
    BrokerError,
    GarbledError,
    LostError,
    NarrowError,
    SecretError,
    SilentError,
    VersionError,
)
from agent.outputs.mqtt_happenings import Happening, LinkState, Will
from agent.outputs.mqtt_outbox import Journal, Outbox, Pace, Source
from agent.outputs.mqtt_retry import V311, Backoff, Seldom, Versions
from agent.outputs.mqtt_session import Session
from agent.store.records import Position

log = logging.getLogger(__name__)

__all__ = ["MqttOutput", "Pace"]


class MqttOutput:
    """Publishes to the broker (design, section 7); its methods are called on the event loop.

    Alarms are kept as they are when the constructor or `alarms_changed` is called, which is when the disk knows
    them; devices and status are composed when they are sent.

    Args:
        broker: where and how.
        client_id: MQTT client id.
        site: the site's id.
        source: makes the messages.
        journal: holds the events.
        cursor: up to where the broker has confirmed events.
        backlog: events behind the cursor.
        on_link: told when the broker came or went.
        pace: times and bounds.
        wall: wall seconds, as the events' own times are.
        jitter: a number from 0 to 1 at each call.
        memory: the folder that remembers the version; None to forget it.
    """

    def __init__(  # noqa: PLR0917  # the composition root names them all
        self,
        broker: Broker,
        client_id: str,
        site: str,
        source: Source,
        journal: Journal,
        cursor: Position,
        backlog: int,
        on_link: Callable[[bool], None],
        pace: Pace | None = None,
        wall: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
        memory: Path | None = None,
    ) -> None:
        self._broker, self._client_id, self._on_link, self._wall = broker, client_id, on_link, wall
        self._pace = pace or Pace()
        self._outbox = Outbox(site, source, journal, cursor=cursor, backlog=backlog, pace=self._pace)
        self._wake = asyncio.Event()
        self._memory = memory
        self._kept: mqtt_memory.Found | None = None
        self._versions = Versions(broker.mqtt, self._found_before())
        self._backoff = Backoff(self._pace.retry_first, self._pace.retry_most, jitter)
        self._reminder = Seldom(self._pace.remind)
        self._told: bool | None = None
        self._trouble: BrokerError | None = None
        self._next_try: float | None = None
        self._accepted = False
        self._link: Link | None = None
        self._session: Session | None = None
        self._attempts = 0
        self._papers = b""
        """What the present connection, or attempt, proves itself by."""
        self._renewing = False

    @property
    def turns(self) -> tuple[int, int]:
        """Another pair each time it has gone round its work, also without a broker: whoever watches it compares."""
        return self._attempts, self._session.turns if self._session is not None else 0

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted and the connection stands."""
        return self._session is not None and self._session.connected

    @property
    def state(self) -> LinkState:
        """How the link is."""
        version, error = self._versions.current, self._trouble
        if self.connected and (narrow := self._outbox.fitting.trouble):
            return LinkState(connected=True, version=version, trouble=NarrowError.word, detail=narrow)
        if self.connected or error is None:
            return LinkState(self.connected, version)
        return LinkState(
            connected=False, version=version, trouble=error.word, detail=str(error), next_try=self._next_try
        )

    @property
    def backlog(self) -> int:
        """Events on the disk that the broker has not confirmed."""
        return self._outbox.backlog

    # --- what the corridor tells ------------------------------------------------------------------------------------

    def alarms_changed(self, alarms: Iterable[str]) -> None:
        """These alarms are to be published as they are now."""
        for alarm in alarms:
            self._outbox.alarm_changed(alarm)
        self._wake.set()

    def papers_changed(self) -> None:
        """What is told of the site as a whole is to be published as it is now."""
        self._outbox.papers_changed()
        self._wake.set()

    def events_committed(self, count: int) -> None:
        """There are so many new events on the disk."""
        self._outbox.committed(count)
        self._wake.set()

    def state_changed(self) -> None:
        """Journal or clock are not what they were."""
        self._wake.set()

    def device_changed(self, device: str) -> None:
        """A reading of this device changed an alarm condition."""
        self._outbox.device_changed(device, time.monotonic())
        self._wake.set()

    # --- life -------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Connect and tell, again and again, until cancelled; `close` then says goodbye over what still stands."""
        self._drop()
        while True:
            began = time.monotonic()
            self._attempts += 1
            try:
                await self._connection()
            except BrokerError as error:
                if self._renewing:
                    self._renewing = False
                    continue
                at_once = self._consider(error, time.monotonic() - began)
                self._told_down(error)
                pause = 0.0 if at_once else self._backoff.pause()
                self._next_try = time.monotonic() + pause
                await asyncio.sleep(pause)
                self._next_try = None

    async def renew(self) -> bool:
        """Connect anew if certificates, key or password are others than those of the present connection.

        A connection is not given up for files that cannot be used: that is logged, and the next call looks again.
        What the broker has not confirmed is told again.

        Returns:
            Whether the connection was given up for that.
        """
        if not self.connected or await asyncio.to_thread(mqtt_tls.papers, self._broker) == self._papers:
            return False  # each attempt reads them anew
        try:
            await asyncio.to_thread(mqtt_tls.check, self._broker)
        except SecretError as error:
            log.error("mqtt: what is new is not used, the connection stays as it is: %s", error)  # noqa: TRY400  # the trace says no more
            return False
        if self._link is None or not self.connected:
            return False
        log.info("mqtt: certificate, key, authorities or password are new: connecting anew")
        self._renewing = True
        with suppress(BrokerError):
            self._link.disconnect()
        return True

    async def close(self) -> None:
        """Publish `status` offline if that can be done quickly, and end the connection; after `run` was cancelled."""
        session = self._session
        if session is not None and session.connected:
            try:
                async with asyncio.timeout(self._pace.leave):
                    await session.leave()
            except (BrokerError, TimeoutError) as error:
                log.info("mqtt: closed: %s", error)
        self._drop()

    async def _connection(self) -> None:
        self._accepted = self._renewing = False
        self._papers = await self._present_papers()
        version = self._versions.attempt(time.monotonic())
        outbox, loop = self._outbox, asyncio.get_running_loop()
        session = self._session = Session(outbox, version, self._wake, self._wall)
        will = msgspec.json.encode(outbox.status(version, online=False))

        def tell(happening: Happening) -> None:
            try:
                loop.call_soon_threadsafe(session.post, happening)
            except RuntimeError:
                log.debug("mqtt: the loop is closed, nobody hears of %s", happening)

        link = self._link = Link(
            self._broker,
            self._client_id,
            version,
            will=Will(outbox.topics.status, will),
            timeout=self._pace.connect,
            tell=tell,
        )
        try:
            await session.run(link, lambda: self._up(version))
        except asyncio.CancelledError:
            raise  # `close` still has a word to say
        except BaseException:
            self._drop()
            self._tell(connected=False)
            raise

    async def _present_papers(self) -> bytes:
        """Read before the connection reads them itself: what changes in between counts as new."""
        try:
            async with asyncio.timeout(self._pace.connect):
                return await asyncio.to_thread(mqtt_tls.papers, self._broker)
        except TimeoutError as error:
            raise SecretError("certificates: the disk does not answer") from error

    def _up(self, version: str) -> None:
        self._accepted = True
        self._remember(version)
        self._trouble = None
        self._reminder.reset()
        log.info("mqtt: connected to %s:%d, MQTT %s", self._broker.host, self._broker.resolved_port, version)
        self._tell(connected=True)

    def _consider(self, error: BrokerError, lasted: float) -> bool:
        """Learn from a failure; True if the next attempt should be made at once."""
        if self._accepted:
            if lasted >= self._pace.settled:
                self._backoff.reset()
            return False
        if isinstance(error, VersionError):
            return self._versions.refused()
        if isinstance(error, LostError | GarbledError | SilentError):
            self._versions.hung_up()
        return False

    def _drop(self) -> None:
        """Let go of the connection; what it did not get acknowledged is told again."""
        if self._session is not None:
            self._session.end()
        if self._link is not None:
            self._link.abandon()
        self._session = self._link = None
        self._outbox.link_lost(time.monotonic())

    def _told_down(self, error: BrokerError) -> None:
        known = self._trouble
        same = known is not None and (known.word, str(known)) == (error.word, str(error))
        if not same:
            self._reminder.reset()
        if self._reminder.allows(time.monotonic()):
            still = "still " if same else ""
            log.warning("mqtt: %sno broker at %s: %s: %s", still, self._broker.host, error.word, error)
        self._trouble = error

    # --- the version --------------------------------------------------------------------------------------------------

    def _found_before(self) -> float | None:
        """When 3.1.1 was found to be all that this broker speaks, in monotonic seconds; None if it was not."""
        kept = self._kept = mqtt_memory.load(self._memory) if self._memory is not None else None
        if kept is None or kept.version != V311:
            return None
        # A broker at another address is another broker; a time to come is that of a clock which was wrong.
        age = self._wall() - kept.at
        return time.monotonic() - age if self._is_of_this_broker(kept) and age >= 0 else None

    def _is_of_this_broker(self, found: mqtt_memory.Found) -> bool:
        return (found.host, found.port) == (self._broker.host, self._broker.resolved_port)

    def _remember(self, version: str) -> None:
        known = self._versions.found
        self._versions.accepted(time.monotonic())
        kept = self._kept
        same = kept is not None and self._is_of_this_broker(kept) and kept.version == version
        # A day goes on from when 3.1.1 was found, not from each connection; nor is the card written for each.
        if self._memory is None or (same and (version != V311 or known is not None)):
            return
        self._kept = mqtt_memory.Found(self._broker.host, self._broker.resolved_port, version, self._wall())
        asyncio.get_running_loop().run_in_executor(None, mqtt_memory.save, self._memory, self._kept)

    def _tell(self, *, connected: bool) -> None:
        if connected is not self._told:
            self._told = connected
            self._on_link(connected)
