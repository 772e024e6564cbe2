"""What is to be told to the broker, across connections: the retained topics, the events, and the box's own status."""

import logging
import re
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from typing import Protocol

import msgspec
from msgspec import Struct

from agent import mqtt_contract as contract
from agent import publications
from agent.core.dating import Offsets
from agent.outputs import mqtt_size
from agent.outputs.drain import Window
from agent.outputs.mqtt_errors import NarrowError
from agent.outputs.mqtt_fitting import Fitting
from agent.outputs.mqtt_retry import Beacon, Seldom
from agent.outputs.mqtt_shortening import Message
from agent.outputs.mqtt_size import Suspect
from agent.outputs.retained import EMPTY, Retained
from agent.store.records import Epoch, Position, Record

log = logging.getLogger(__name__)

CURSOR = "mqtt"
"""The journal's name for our cursor."""

_encode = msgspec.json.Encoder().encode
_NO_LEVEL = re.compile(r"[+#/\x00]")


class Source(Protocol):
    """Who makes the messages."""

    def status(self, *, online: bool, mqtt: str) -> contract.StatusMessage:
        """Birth or last will of the box."""

    def alarms(self) -> Mapping[str, contract.AlarmMessage]:
        """The whole alarm list by id."""

    def alarm(self, id_: str) -> contract.AlarmMessage | None:
        """One alarm; None if it is not on the list."""

    def papers(self) -> Mapping[str, Message]:
        """The messages about the site as a whole, by the last level of their topics."""

    def devices(self) -> Iterable[str]:
        """The ids of all devices."""

    def device(self, id_: str) -> contract.DeviceMessage:
        """The latest readings of one device."""

    def offsets(self) -> Offsets:
        """What is known by now of the clocks of the boots."""


class Journal(Protocol):
    """What the output needs of the store."""

    def read(self, epoch: int, seq: int, limit: int) -> "Future[list[Record]]":
        """Records after a place."""

    def set_cursor(self, name: str, epoch: int, seq: int) -> None:
        """Move our mark."""

    def open_epoch(self, reason: str, above: int = 0) -> None:
        """Number anew, above a number."""


class Pace(Struct, frozen=True):
    """Times in seconds, and bounds.

    Attributes:
        connect: from the first packet to the broker's CONNACK.
        greet: for the broker to hand back our own birth after everything it retains.
        acknowledge: without any acknowledgement while some are owed, after which the connection is given up.
        leave: for a farewell.
        device: between two publications of a device that nobody asked for.
        status: between two publications of the status at least.
        draining: between two publications of the status while there is a backlog.
        turn: how often time is looked at.
        reread: how often the journal is read though nothing was announced, or after it failed.
        retry_first: the pause after the first failure.
        retry_most: what that pause doubles up to.
        settled: how long a connection must last for its loss to count as the first.
        remind: how often a trouble that goes on is logged again.
        window: publications that may wait for their acknowledgement; the broker may lower it.
        page: events read at once.
    """

    connect: float = 15.0
    greet: float = 30.0
    acknowledge: float = 30.0
    leave: float = 2.0
    device: float = 60.0
    status: float = 5.0
    draining: float = 60.0
    turn: float = 1.0
    reread: float = 30.0
    retry_first: float = 1.0
    retry_most: float = 60.0
    settled: float = 60.0
    remind: float = 600.0
    window: int = 200
    page: int = 250


class _Claim(Struct):
    """What is read of a status that the broker retains."""

    epoch: str = ""


class Outbox:
    """Holds what is to be told; a session tells it.

    Args:
        site: the site's id.
        source: makes the messages.
        journal: holds the events.
        cursor: up to where the broker has confirmed events.
        backlog: events behind the cursor.
        pace: times and bounds.
    """

    def __init__(
        self, site: str, source: Source, journal: Journal, *, cursor: Position, backlog: int, pace: Pace
    ) -> None:
        self.topics = contract.Topics(site)
        self.pace = pace
        self.source, self.journal = source, journal
        self.retained = Retained(pace.device)
        self.window = Window(cursor)
        self.suspect = Suspect()
        self.fitting = Fitting(self.topics.root, pace.remind)
        self._moved = False
        self.beacon = Beacon(pace.status, pace.draining)
        self.more = True
        """Whether the journal may hold events that were not read."""
        self.surveyed = ""
        """The epoch in which the tree of retained topics was read."""
        self._backlog = backlog
        self._claim: Epoch | None = None
        self._asked = False
        self._rubbish = Seldom(pace.remind)
        self._devices = {self.topics.device(_level(id_)): id_ for id_ in source.devices()}
        for topic in self._devices:
            self.retained.device(topic, float("-inf"))
        # Kept as they are now, when the disk knows them all; later ones come by `alarms_changed`.
        for id_, message in source.alarms().items():
            self._keep(self.topics.alarm(_level(id_)), message)
        self.papers_changed()

    # --- what is to be told ---------------------------------------------------------------------------------------

    def alarm_changed(self, id_: str) -> None:
        """Keep the alarm as it is now."""
        self._keep(self.topics.alarm(_level(id_)), self.source.alarm(id_))

    def papers_changed(self) -> None:
        """Keep what is told of the site as a whole as it is now."""
        for name, message in self.source.papers().items():
            self._keep(f"{self.topics.root}/{name}", message)

    def _keep(self, topic: str, message: Message | None) -> None:
        self.retained.alarm(topic, EMPTY if message is None else self.fitting.compose(topic, message))

    def device_changed(self, id_: str, now: float) -> None:
        """Publish the device soon; the box itself and other resources that are no device are none."""
        topic = self.topics.device(_level(id_))
        if topic in self._devices:
            self.retained.device(topic, now)

    def committed(self, count: int) -> None:
        """There are so many new events on the disk."""
        self._backlog += count
        self.more = self.more or count > 0

    def compose(self, topic: str) -> bytes:
        """The payload of a device's topic, now."""
        message = self.source.device(self._devices[topic])
        if not message.points:
            self.retained.unheard(topic)
        return _encode(message)

    def event(self, record: Record, wall: float, largest: int) -> bytes:
        """The payload of an event; without its data if the broker takes no packet as large.

        Args:
            record: the event.
            wall: wall seconds of the publication.
            largest: bytes of the largest packet that the broker takes; 0 is no limit.

        Raises:
            ValueError: the entry is damaged.
            NarrowError: not even the rest fits.
        """
        topic, offsets = self.topics.event, self.source.offsets()
        whole = _encode(publications.event(self.topics.site, record, wall, offsets))
        if mqtt_size.fits(topic, whole, largest) and not self.suspect.condemned(record.position):
            return whole
        log.error("mqtt: event %s goes without its data: %d bytes are too many", record.id, len(whole))
        rest = _encode(publications.event(self.topics.site, record, wall, offsets, stub=True))
        if not mqtt_size.fits(topic, rest, largest):
            raise NarrowError(f"the broker takes no packet above {largest} bytes")
        return rest

    def status(self, version: str, *, online: bool) -> contract.StatusMessage:
        """The status, with what is yet to be sent and what cannot be."""
        told = self.source.status(online=online, mqtt=version)
        return msgspec.structs.replace(told, backlog=self.backlog, withheld=self.fitting.withheld)

    # --- what became of it ------------------------------------------------------------------------------------------

    @property
    def backlog(self) -> int:
        """Events on the disk that the broker has not confirmed."""
        # An event may be read and confirmed before the word of its commit comes: then the count is short of 0.
        return max(0, self._backlog)

    def acknowledged(self, place: Position) -> None:
        """The broker has this event."""
        self.suspect.acknowledged(place)
        moved = self.window.acknowledge(place)
        self._backlog -= moved
        self._moved = self._moved or moved > 0

    def stands(self, topic: str) -> None:
        """The broker has what was under way for a topic."""
        self.fitting.acknowledged(topic)
        self.retained.confirm(topic)

    def too_large(self, topic: str, now: float) -> None:
        """The broker did not take what was under way for a topic: a shorter one follows."""
        self.fitting.refused(topic, now)
        self.retained.again(topic, now)

    def keep_cursor(self) -> None:
        """Have the journal remember how far the broker has confirmed, if that changed."""
        if self._moved:
            self._moved = False
            self.journal.set_cursor(CURSOR, *self.window.cursor)

    def reading(self) -> "Future[list[Record]]":
        """Read the next page of the journal."""
        self.more = False  # what is committed from now on sets it again
        return self.journal.read(*self.window.tail, self.pace.page)

    def read(self, page: list[Record]) -> None:
        """The journal held these events, or none, after the tail of the window."""
        self.window.offer(page)
        if page:
            self.more = True
        elif self.window.idle and not self.more:
            self._backlog = 0  # whatever was miscounted

    def link_lost(self, now: float) -> None:
        """Whatever is not acknowledged is told again."""
        self.window.rewind()
        self.suspect.link_lost()
        self.fitting.link_lost(now)
        self.retained.lost()
        self.more = True

    # --- what the broker holds ------------------------------------------------------------------------------------

    def seen(self, topic: str, now: float) -> None:
        """The broker retains something of ours at this topic."""
        above, _, last = topic.rpartition("/")
        tree = (f"{self.topics.root}/alarm", f"{self.topics.root}/device")
        # Nobody of ours retains an event; each new subscriber would take it for one.
        if topic == self.topics.event or (last and above in tree):
            self.retained.seen(topic)
        else:
            self.rubbish(f"a message at {topic!r}", now)

    def seen_status(self, payload: bytes, now: float) -> None:
        """The broker retains this as our own status: maybe of an epoch that the box has forgotten."""
        try:
            claimed = msgspec.json.decode(payload, type=_Claim).epoch
            claim = Epoch.parse(claimed) if claimed else None
        except (ValueError, msgspec.DecodeError) as error:
            self.rubbish(f"a retained status that is not ours: {error}", now)
            return
        if claim is not None:
            self._claim = max(claim, self._claim or claim)

    def rubbish(self, what: str, now: float) -> None:
        """Something came that is ignored."""
        if self._rubbish.allows(now):
            log.warning("mqtt: ignoring %s", what)

    def check_claim(self, epoch: str) -> None:
        """Open a new epoch, once, if the broker knows a higher one than ours that is not ours."""
        if self._claim is None or self._asked or not epoch:
            return
        ours = Epoch.parse(epoch)
        if self._claim != ours and self._claim.number >= ours.number:
            log.warning(
                "mqtt: the broker knows epoch %s, ours is %s: asking for a new one", self._claim, ours
            )
            self._asked = True
            self.journal.open_epoch("broker knows a higher epoch", above=self._claim.number)


def _level(id_: str) -> str:
    """An id as one level of a topic."""
    return _NO_LEVEL.sub("-", id_)
