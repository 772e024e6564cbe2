"""What is too large for the broker, and what is done about it. Pure.

An event that does not fit goes out without its data, marked (`omitted`), so that order and numbers hold. Some brokers
do not say what they take: they hang up on what is too large, or refuse it. So a large event travels alone, and one that
was refused as too large, or that the connection broke over twice, goes out without its data too.
"""

from agent.store.records import Position

LARGE = 16 * 1024
"""Bytes of a payload that travels alone."""
STRIKES = 2
"""How often the connection may break over an event that travels alone."""

_PUBLISH_OVERHEAD = 10
"""Fixed header, length of the topic, packet identifier and no properties (MQTT 5, 3.3)."""


def fits(topic: str, payload: bytes, largest: int) -> bool:
    """Whether a message fits into a packet of so many bytes; 0 is no limit."""
    return not largest or len(topic.encode()) + len(payload) + _PUBLISH_OVERHEAD <= largest


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
