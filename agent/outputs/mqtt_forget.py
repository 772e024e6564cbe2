"""Forgetting a site at the broker: what is retained below its root is emptied, until a fresh look finds nothing.

Each look is a connection of its own, so that nothing which was under way before can be taken for its answer. The site's
status, emptied behind the subscription, comes back after everything the broker retains: that ends the look.
"""

import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

from agent.config.site import Broker
from agent.mqtt_contract import Topics
from agent.outputs.mqtt_client import Link
from agent.outputs.mqtt_errors import (
    BrokerError,
    GarbledError,
    LostError,
    RefusedError,
    SilentError,
    VersionError,
)
from agent.outputs.mqtt_happenings import (
    Acknowledged,
    Arrived,
    Connected,
    Ended,
    Happening,
    Subscribed,
    Will,
)
from agent.outputs.mqtt_outbox import Pace
from agent.outputs.mqtt_retry import Versions
from agent.outputs.retained import EMPTY

ATTEMPTS = 4
"""Connections tried before one is accepted: MQTT 5 twice, then 3.1.1 twice."""

_ACCEPTED_OR_NOT = (LostError, GarbledError, SilentError)
"""How a broker may answer to a version of MQTT that it does not know."""


class WrittenAnewError(BrokerError, RuntimeError):
    """What was emptied stands there again: somebody still publishes for the site."""

    word = "written-anew"


def forget(broker: Broker, client_id: str, site: str, pace: Pace | None = None) -> int:
    """Empty every retained message of a site, status included, and look again; gives how many there were.

    Args:
        broker: where and how; whoever this is must be allowed to read and write the site's tree.
        client_id: MQTT client id.
        site: the site's id.
        pace: times and bounds; `connect`, `greet`, `acknowledge`, `leave`, `turn` and `window` count.

    Raises:
        WrittenAnewError: somebody still publishes for the site.
        BrokerError: the broker cannot be reached, or does not do what it is asked; what was emptied stays empty.
    """
    pace, versions, emptied = pace or Pace(), Versions(broker.mqtt), set[str]()
    while found := _visited(broker, client_id, Topics(site), pace, versions):
        if again := sorted(found & emptied):
            raise WrittenAnewError(
                f"{again[0]} was emptied and stands there again: is its agent still running?"
            )
        emptied |= found
    return len(emptied)


def _visited(broker: Broker, client_id: str, topics: Topics, pace: Pace, versions: Versions) -> set[str]:
    """One look, in a version of MQTT that the broker speaks; gives what was found and emptied."""
    for attempt in range(1, ATTEMPTS + 1):
        visit = _Visit(broker, client_id, versions.attempt(0.0), topics, pace)
        try:
            return visit.made()
        except VersionError:
            if not versions.refused():
                raise
        except _ACCEPTED_OR_NOT:
            if visit.accepted or attempt == ATTEMPTS:
                raise
            versions.hung_up()
        finally:
            visit.end()
    raise VersionError("the broker speaks neither MQTT 5 nor 3.1.1")


class _Visit:
    """One connection: look, empty what was found, take leave.

    Attributes:
        accepted: whether the broker let us in.
    """

    def __init__(self, broker: Broker, client_id: str, version: str, topics: Topics, pace: Pace) -> None:
        self._topics, self._pace = topics, pace
        self._happened: SimpleQueue[Happening] = SimpleQueue()
        self._heard = time.monotonic()
        self._owed: dict[int, str] = {}
        self._found: set[str] = set()
        self._granted = self._told_all = self.accepted = False
        self._window = 1
        # If the connection breaks, what the broker then says in our name leaves nothing behind either.
        will = Will(topics.status, EMPTY)
        self._link = Link(
            broker, client_id, version, will=will, timeout=pace.connect, tell=self._happened.put
        )

    def made(self) -> set[str]:
        """Do it all; gives the topics at which something was retained."""
        self._until(lambda: self.accepted, self._pace.connect, "accept")
        self._link.subscribe([f"{self._topics.root}/#"])
        self._until(lambda: self._granted, self._pace.greet, "answer our subscription")
        self._look()
        for topic in sorted(self._found):
            self._empty(topic)
        self._until(lambda: not self._owed, self._pace.acknowledge, "acknowledge")
        self._link.disconnect()
        return self._found

    def end(self) -> None:
        """Let go of the connection; a farewell that was said may still go out."""
        self._link.join(self._pace.leave)
        self._link.abandon()
        self._link.join(self._pace.leave)

    def _look(self) -> None:
        """Wait until all that is retained has arrived.

        A broker whose queue for us was full dropped the sign of that too: it is given again after each silence.
        """
        until = time.monotonic() + self._pace.greet
        while not self._told_all:
            if max(until, self._heard + self._pace.greet) < time.monotonic():
                raise SilentError(
                    f"did not hand back what we publish at {self._topics.status}: may we read and write there?"
                )
            self._empty(self._topics.status)
            self._wait(lambda: self._told_all, self._pace.turn)

    def _empty(self, topic: str) -> None:
        self._until(lambda: len(self._owed) < self._window, self._pace.acknowledge, "acknowledge")
        self._owed[self._link.publish(topic, EMPTY, retain=True)] = topic

    # --- what happens ---------------------------------------------------------------------------------------------

    def _until(self, condition: Callable[[], bool], seconds: float, what: str) -> None:
        if not self._wait(condition, seconds):
            raise SilentError(f"did not {what} within {seconds:g} s")

    def _wait(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Take in what happens until a condition holds; False if so many seconds passed first."""
        until = time.monotonic() + seconds
        while not condition():
            try:
                self._take(self._happened.get(timeout=max(0.0, until - time.monotonic())))
            except Empty:
                return False
        return True

    def _take(self, happening: Happening) -> None:
        match happening:
            case Connected():
                self.accepted = True
                self._window = max(1, min(self._pace.window, happening.receive_maximum))
            case Subscribed():
                if happening.refusal:
                    raise RefusedError(f"we may not read {self._topics.root}: {happening.refusal}")
                self._granted = True
            case Acknowledged():
                for answer in happening.answers:
                    topic = self._owed.pop(answer.number, "")
                    if answer.refusal:
                        raise RefusedError(f"we may not empty {topic}: {answer.refusal}")
            case Arrived():
                self._arrived(happening)
            case Ended():
                raise happening.error

    def _arrived(self, message: Arrived) -> None:
        self._heard = time.monotonic()
        if message.retained and message.payload != EMPTY:
            self._found.add(message.topic)
        elif message.topic == self._topics.status and message.payload == EMPTY:
            self._told_all = True
