"""What is too large for the broker, and what is done about it. Pure.

An event that does not fit goes out without its data, marked (`omitted`), so that order and numbers hold. Some brokers
do not say what they take: they hang up on what is too large, or refuse it. So a large event travels alone, and one that
was refused as too large, or that the connection broke over twice, goes out without its data too.

Retained messages are bounded by themselves, and few brokers take less. Only those that were under way when the
connection broke, and again when it broke next, travel alone; where it breaks over one of them twice, all that are
retained are made shorter.
"""

from msgspec import Struct

from agent.store.records import Position

LARGE = 16 * 1024
"""Bytes of an event that travels alone, and of the largest packet of an alarm or of a paper on the site."""
LEAST = 1024
"""Bytes of a packet that any broker takes."""
AGAIN = 24 * 3600.0
"""Seconds after which a bound that was found out is forgotten: it may have been the network."""
REST = 600.0
"""Seconds after which what is withheld is tried again: no alarm may be missing for long because a network was bad."""
STRIKES = 2
"""How often the connection may break over an event that travels alone."""

_PUBLISH_OVERHEAD = 10
"""Fixed header, length of the topic, packet identifier and no properties (MQTT 5, 3.3)."""


def fits(topic: str, payload: bytes, largest: int) -> bool:
    """Whether a message fits into a packet of so many bytes; 0 is no limit."""
    return not largest or packet(topic, payload) <= largest


def packet(topic: str, payload: bytes = b"") -> int:
    """Bytes of the packet that carries a message."""
    return len(topic.encode()) + len(payload) + _PUBLISH_OVERHEAD


def smaller(one: int, other: int) -> int:
    """The smaller of two limits; 0 is none."""
    return min(one, other) if one and other else one or other


class Suspect:
    """Remembers over which event the connection broke."""

    def __init__(self) -> None:
        self._alone: Position | None = None
        self._struck: Position | None = None
        self._strikes = 0

    @property
    def alone(self) -> bool:
        """Whether an event travels alone now."""
        return self._alone is not None

    def sent(self, place: Position, payload: bytes) -> None:
        """An event was sent; a large one is alone until it is acknowledged."""
        if len(payload) > LARGE:
            self._alone = place

    def acknowledged(self, place: Position) -> None:
        """The broker has an event."""
        if place == self._alone:
            self._alone = None

    def refused(self, place: Position) -> None:
        """The broker said in words that this event is too large."""
        self._struck, self._strikes = place, STRIKES
        self._alone = None

    def link_lost(self) -> None:
        """The connection broke: maybe over the event that travelled alone."""
        if self._alone is not None:
            self._strikes = self._strikes + 1 if self._struck == self._alone else 1
            self._struck, self._alone = self._alone, None

    def condemned(self, place: Position) -> bool:
        """Whether this event is to go without its data."""
        return place == self._struck and self._strikes >= STRIKES


class _Seen(Struct):
    """What happened to a topic since a message on it was acknowledged last."""

    breaks: int = 0
    """How often the connection broke while one was under way."""
    alone: int = 0
    """How often while it was the only one."""


class _Way(Struct, frozen=True):
    """A message under way."""

    size: int
    """Bytes of its packet."""
    bound: int
    """What was found when it was sent."""


class Bound:
    """Finds out what a broker takes of retained messages that does not say so."""

    def __init__(self) -> None:
        self._found = 0
        self._withheld: dict[str, float] = {}
        """Topics that go out no more, with the monotonic seconds until which."""
        self._since = 0.0
        self._seen: dict[str, _Seen] = {}
        self._way: dict[str, _Way] = {}
        self._alone = ""

    @property
    def alone(self) -> bool:
        """Whether a message travels alone now."""
        return bool(self._alone)

    @property
    def found(self) -> int:
        """Bytes of the largest packet that goes out; 0 while nothing was found out."""
        return self._found

    @property
    def withheld(self) -> frozenset[str]:
        """The topics that go out no more."""
        return frozenset(self._withheld)

    def holds(self, topic: str, now: float) -> bool:
        """Whether this topic is not told at all; a bound that was found out long ago is forgotten first."""
        if self._found and now - self._since > AGAIN:
            self._found = 0
        return topic in self._withheld

    def rested(self, now: float) -> list[str]:
        """The topics that were withheld for long enough: they are to be tried again, each alone."""
        over = [topic for topic, until in self._withheld.items() if until <= now]
        for topic in over:
            del self._withheld[topic]
        return over

    def suspects(self, topic: str) -> bool:
        """Whether a message on this topic is to travel alone."""
        return topic in self._seen and self._seen[topic].breaks >= STRIKES

    def sent(self, topic: str, payload: bytes) -> None:
        """A message was sent; a suspect is alone until it is acknowledged."""
        self._way[topic] = _Way(packet(topic, payload), self._found)
        self._alone = topic if self.suspects(topic) else self._alone

    def acknowledged(self, topic: str) -> None:
        """The broker has it."""
        self._way.pop(topic, None)
        self._seen.pop(topic, None)
        self._alone = "" if topic == self._alone else self._alone

    def refused(self, topic: str, now: float) -> str:
        """The broker said in words that it is too large; returns what that means."""
        way = self._way.pop(topic)
        self._alone = "" if topic == self._alone else self._alone
        # One that was sent before the last finding is tried again as that says.
        return "" if way.bound != self._found else self._condemn(topic, way.size, now)

    def link_lost(self, now: float) -> str:
        """The connection broke: maybe over one that was under way; returns what that means, empty where nothing yet."""
        way, alone = self._way, self._alone
        self._way, self._alone = {}, ""
        for topic in way:
            self._seen.setdefault(topic, _Seen()).breaks += 1
        if not alone:
            return ""
        seen = self._seen[alone]
        seen.alone += 1
        if seen.alone < STRIKES:
            return ""
        seen.alone = STRIKES - 1  # it is known by now: the next break counts at once
        return self._condemn(alone, way[alone].size, now)

    def _condemn(self, topic: str, size: int, now: float) -> str:
        self._since = now
        if size <= LEAST or (self._found and size > self._found):
            # It is as short as it gets, and larger than was asked for at that.
            self._withheld[topic] = now + REST
            return f"{topic} cannot be told: the broker does not even take {size} bytes"
        self._found = max(LEAST, smaller(self._found, size // 2))
        return f"the broker seems to take no packet of {size} bytes: none above {self._found} from now on"
