"""What stands at the broker as retained messages against what should stand there. Pure: time is an argument.

Alarms go before devices. An alarm is kept as it was when the disk knew it; a device is composed when it is sent, so
that the latest reading wins. At most one publication per topic is under way, so that the broker never ends up with
the older of two.
"""

from collections.abc import Callable, Iterable

from msgspec import Struct

EMPTY = b""
"""The payload that removes a retained message."""


UNHEARD = 1.0
"""Seconds after which a device that had not answered yet is looked at again."""


class _Device(Struct):
    due: float
    unheard: bool = False
    confirmed: bytes | None = None
    """What is known to stand at the broker."""


class Retained:
    """Plans the publications of the retained topics.

    Args:
        every: seconds between two publications of a device that nobody asked for.
    """

    def __init__(self, every: float) -> None:
        self._every = every
        self._wanted: dict[str, bytes] = {}
        """Alarms as they should stand, and what should not stand there, as `EMPTY`, until that is confirmed."""
        self._dirty: dict[str, None] = {}
        self._devices: dict[str, _Device] = {}
        self._flight: dict[str, bytes] = {}

    def alarm(self, topic: str, payload: bytes) -> None:
        """An alarm should stand like this; `EMPTY` when it left the list. The same again makes no message."""
        if self._wanted.get(topic) != payload:
            self._wanted[topic] = payload
            self._dirty[topic] = None

    def device(self, topic: str, now: float) -> None:
        """A device should be published soon: it is new, or a reading changed an alarm condition."""
        self._devices.setdefault(topic, _Device(now)).due = now

    def unheard(self, topic: str) -> None:
        """What is composed for this device now says nothing yet: its first answer shall not wait for its minute."""
        self._devices[topic].unheard = True

    def seen(self, topic: str) -> None:
        """The broker holds this; if it is not ours any more, it goes."""
        if topic not in self._devices and topic not in self._wanted:
            self.alarm(topic, EMPTY)

    def lost(self) -> None:
        """The link broke: on the next one everything is asserted again, for nothing is known to stand there."""
        self._flight.clear()
        self._dirty = dict.fromkeys(self._wanted)
        for device in self._devices.values():
            device.due, device.confirmed = float("-inf"), None

    def again(self, topic: str, now: float) -> None:
        """The broker does not have what was sent for a topic, or would have been: it goes out as it should be now."""
        self._flight.pop(topic, None)
        if topic in self._devices:
            self._devices[topic].due, self._devices[topic].confirmed = now, None
        else:
            self._wanted.setdefault(topic, EMPTY)
            self._dirty[topic] = None

    def take(self, now: float, compose: Callable[[str], bytes]) -> tuple[str, bytes] | None:
        """The next topic to publish and its payload, which is then under way.

        Args:
            now: monotonic seconds.
            compose: makes the payload of a device's topic.
        """
        for topic in self._dirty:
            if topic not in self._flight:
                del self._dirty[topic]
                return self._sent(topic, self._wanted[topic])
        for topic in self._due(now):
            device, payload = self._devices[topic], compose(topic)
            device.due = now + (UNHEARD if device.unheard else self._every)
            device.unheard = False
            if payload != device.confirmed:
                return self._sent(topic, payload)
        return None

    def confirm(self, topic: str) -> None:
        """The broker has what was under way for a topic."""
        payload = self._flight.pop(topic, None)
        if topic in self._devices:
            self._devices[topic].confirmed = payload
        elif payload == EMPTY and self._wanted.get(topic) == EMPTY:
            del self._wanted[topic]
            self._dirty.pop(topic, None)

    def _due(self, now: float) -> Iterable[str]:
        due = [topic for topic, one in self._devices.items() if one.due <= now and topic not in self._flight]
        return sorted(due, key=lambda topic: self._devices[topic].due)

    def _sent(self, topic: str, payload: bytes) -> tuple[str, bytes]:
        self._flight[topic] = payload
        return topic, payload
