"""What stands at the broker, in the size that this broker takes: bounded by itself, shorter where it takes less."""

import logging

from agent.outputs import mqtt_shortening
from agent.outputs.mqtt_errors import NarrowError
from agent.outputs.mqtt_retry import Seldom
from agent.outputs.mqtt_shortening import Message
from agent.outputs.mqtt_size import LARGE, Bound, fits, packet, smaller
from agent.outputs.retained import EMPTY

log = logging.getLogger(__name__)


class Fitting:
    """Makes retained messages fit, and knows which ones this broker was not told whole.

    Args:
        root: what is above all topics of the site.
        remind: seconds between two lines of the log about it.
    """

    def __init__(self, root: str, remind: float) -> None:
        self._root = root
        self._bound = Bound()
        self._shortened: set[str] = set()
        self._most = 0
        self._reminder = Seldom(remind)

    @property
    def trouble(self) -> str:
        """What this broker is not told whole, and why; empty where it is told everything."""
        told = [f"{len(self._shortened)} shortened"] if self._shortened else []
        if self._bound.withheld:
            told.append(f"{self._bound.withheld} withheld")
        return f"{', '.join(told)}: no packet above {self._most} bytes" if told else ""

    @property
    def alone(self) -> bool:
        """Whether a message travels alone: nothing else may go out until it is acknowledged."""
        return self._bound.alone

    def compose(self, topic: str, message: Message) -> bytes:
        """A message as it should stand at any broker."""
        return mqtt_shortening.encoded(message, LARGE - packet(topic))

    def withholds(self, topic: str, now: float) -> bool:
        """Whether the broker was found to take nothing at all on this topic."""
        return self._bound.holds(topic, now)

    def suspects(self, topic: str) -> bool:
        """Whether a message on this topic is to wait until nothing is under way."""
        return self._bound.suspects(topic)

    def fit(self, topic: str, payload: bytes, largest: int, now: float) -> bytes:
        """The payload, shorter where it must be; what should stand there is never emptied.

        Args:
            topic: where it stands.
            payload: as it was composed.
            largest: bytes of the largest packet, as the broker says; 0 where it does not.
            now: monotonic seconds.

        Raises:
            NarrowError: the broker does not even take the key leaves.
        """
        most = smaller(largest, self._bound.found)
        self._shortened.discard(topic)
        if payload == EMPTY or fits(topic, payload, most):
            return payload
        branch = topic.removeprefix(f"{self._root}/").partition("/")[0]
        shorter = mqtt_shortening.again(payload, branch, max(1, most - packet(topic)))
        if not fits(topic, shorter, largest):
            raise NarrowError(f"the broker takes no packet above {largest} bytes: {topic} needs more")
        self._shortened.add(topic)
        self._most = most
        if self._reminder.allows(now):
            log.warning("mqtt: %s goes out shortened: no packet above %d bytes", topic, most)
        return shorter

    def sent(self, topic: str, payload: bytes) -> None:
        """A retained message was sent."""
        self._bound.sent(topic, payload)

    def acknowledged(self, topic: str) -> None:
        """The broker has it."""
        self._bound.acknowledged(topic)

    def refused(self, topic: str, now: float) -> None:
        """The broker said that it is too large."""
        self._learnt(self._bound.refused(topic, now))

    def link_lost(self, now: float) -> None:
        """The connection broke: everything will be told again."""
        self._shortened.clear()
        self._learnt(self._bound.link_lost(now))

    def _learnt(self, what: str) -> None:
        if what:
            self._most = self._bound.found
            log.error("mqtt: %s", what)
