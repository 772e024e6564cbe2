"""The box's word of itself, each second: who of the agent gets on, how journal and link are, whether the clock was set."""

import asyncio

from agent.clock import Clock
from agent.clock_watch import ClockWatch
from agent.core.inputs import Polled, Tick
from agent.corridor import Corridor
from agent.inbox import Inbox
from agent.ledger import Ledger
from agent.outlook import Outlook
from agent.outputs.mqtt import MqttOutput
from agent.parts import ESSENTIAL_SECONDS, MQTT, MQTT_SECONDS, OWN_HEALTH, STORE, Parts
from agent.store.state import StoreState
from agent.store.writer import Writer

EVERY = 1.0


class OwnHealth:
    """Watches the agent's parts and posts what the core should know of them.

    Args:
        parts: who gets on.
        clock: tells now.
        inbox: where readings go.
        corridor: watched for a disk that hangs.
        outlook: what is told of journal and link.
        ledger: what the disk knows.
        writer: of the journal.
        mqtt: the link to the broker; None without one.
    """

    def __init__(
        self,
        parts: Parts,
        clock: Clock,
        inbox: Inbox,
        *,
        corridor: Corridor,
        outlook: Outlook,
        ledger: Ledger,
        writer: Writer,
        mqtt: MqttOutput | None,
    ) -> None:
        self._parts, self._clock, self._inbox = parts, clock, inbox
        self._corridor, self._outlook, self._ledger = corridor, outlook, ledger
        self._writer, self._mqtt = writer, mqtt
        self._turns = mqtt.turns if mqtt is not None else None
        self._clock_watch, self._times_moved = ClockWatch(clock.now()), False

    def expect(self) -> None:
        """From now on these parts must get on."""
        progress, now = self._parts.progress, self._clock.mono()
        for part in (OWN_HEALTH, STORE):
            progress.expect(part, ESSENTIAL_SECONDS, now, essential=True)
        if self._mqtt is not None:
            progress.expect(MQTT, MQTT_SECONDS, now)

    async def run(self) -> None:
        """Look each second, until cancelled."""
        while True:
            self._corridor.watch_disk(self._clock.mono())
            self._beat()
            self.tell_parts()
            self._tell_clock()
            await asyncio.sleep(EVERY)

    def link_changed(self, connected: bool) -> None:  # noqa: FBT001  # a callback's one word
        """The broker came or went."""
        self._outlook.link = "connected" if connected else "lost"
        self.tell_parts()

    def store_changed(self, state: StoreState) -> None:
        """The store failed or came back."""
        self._corridor.store_changed(state)
        self.tell_parts()

    def tell_parts(self) -> None:
        """Post how journal and link are."""
        self._inbox.post(Polled("journal", {"journal.state": self._outlook.journal}))
        if self._mqtt is not None:
            self._outlook.backlog = self._mqtt.backlog
            self._inbox.post(Polled("broker", self._mqtt.state.readings()))

    def tell_anew(self) -> None:
        """Have all that is told of times and in words published again."""
        if self._mqtt is not None:
            self._mqtt.papers_changed()
            self._mqtt.alarms_changed(self._outlook.listed())

    def _beat(self) -> None:
        """Say who got on; the corridor says so itself, at each input."""
        progress, now = self._parts.progress, self._clock.mono()
        progress.beat(OWN_HEALTH, now)
        # A disk that hangs is told as a degraded journal; a new start would not mend it.
        if self._writer.alive:
            progress.beat(STORE, now)
        if self._mqtt is not None and self._mqtt.turns != self._turns:
            self._turns = self._mqtt.turns
            progress.beat(MQTT, now)

    def _tell_clock(self) -> None:
        """Where the clock was set the core looks at it, and what tells of times is told again, after the commit."""
        if self._clock_watch.moved(self._clock.now()):
            self._inbox.post(Tick())
            self._times_moved = True
        elif self._times_moved and (self._ledger.degraded or not self._writer.waiting):
            self._times_moved = False
            self.tell_anew()
