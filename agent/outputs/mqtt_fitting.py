"""What stands at the broker, in the size that this broker takes: bounded by itself, shorter where it takes less."""

import logging

from agent.outputs import mqtt_shortening
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
        self._impossible: set[str] = set()
        """Topics whose key leaves alone are larger than the broker says that it takes."""
        self._most = 0
        self._reminder = Seldom(remind)

    @property
    def trouble(self) -> str:
        """What this broker is not told whole, and why; empty where it is told everything."""
        told = [f"{len(self._shortened)} shortened"] if self._shortened else []
        if self.withheld:
            told.append(f"{self.withheld} withheld")
        return f"{', '.join(told)}: no packet above {self._most} bytes" if told else ""

    @property
    def withheld(self) -> int:
        """How many messages should stand at the broker that it cannot be told at all."""
        return len(self._impossible | self._bound.withheld)

    @property
    def alone(self) -> bool:
        """Whether a message travels alone: nothing else may go out until it is acknowledged."""
        return self._bound.alone

    def compose(self, topic: str, message: Message) -> bytes:
        """A message as it should stand at any broker."""
        return mqtt_shortening.encoded(message, LARGE - packet(topic))

    def rested(self, now: float) -> list[str]:
        """The topics that were withheld for a while, and are to be tried again."""
        return self._bound.rested(now)

    def suspects(self, topic: str) -> bool:
        """Whether a message on this topic is to wait until nothing is under way."""
        return self._bound.suspects(topic)

    def fit(self, topic: str, payload: bytes, largest: int, now: float) -> bytes | None:
        """The payload, shorter where it must be; what should stand there is never emptied.

        Args:
            topic: where it stands.
            payload: as it was composed.
            largest: bytes of the largest packet, as the broker says; 0 where it does not.
            now: monotonic seconds.

        Returns:
            None where the broker does not take it however short.
        """
        self._shortened.discard(topic)
        self._impossible.discard(topic)
        if self._bound.holds(topic, now):
            return None
        most = smaller(largest, self._bound.found)
        if payload == EMPTY or fits(topic, payload, most):
            return payload
        self._most = most
        branch = topic.removeprefix(f"{self._root}/").partition("/")[0]
        shorter = mqtt_shortening.again(payload, branch, max(1, most - packet(topic)))
        possible = fits(topic, shorter, largest)
        (self._shortened if possible else self._impossible).add(topic)
        if self._reminder.allows(now):
            how = "goes out shortened" if possible else "is withheld"
            log.warning("mqtt: %s %s: no packet above %d bytes", topic, how, most)
        return shorter if possible else None

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
        self._impossible.clear()
        self._learnt(self._bound.link_lost(now))

    def _learnt(self, what: str) -> None:
        if what:
            self._most = self._bound.found
            log.error("mqtt: %s", what)
