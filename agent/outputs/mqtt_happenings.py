"""What happens on a connection to the broker, as its thread tells the event loop; the last will; how the link is."""

from msgspec import Struct

from agent.core.model import Value
from agent.outputs.mqtt_errors import BrokerError


class Connected(Struct, frozen=True):
    """The broker accepted.

    Attributes:
        receive_maximum: unacknowledged messages it takes (MQTT 5, 3.2.2.3.3).
        maximum_packet: bytes of the largest packet it takes (MQTT 5, 3.2.2.3.6); 0 where it does not say.
    """

    receive_maximum: int
    maximum_packet: int = 0


class Answer(Struct, frozen=True):
    """What the broker said to one publication: `refusal` is why it did not take it, empty if it did."""

    number: int
    refusal: str = ""
    too_large: bool = False


class Acknowledged(Struct, frozen=True):
    """The answers that came in one turn, in their order."""

    answers: tuple[Answer, ...]


class Subscribed(Struct, frozen=True):
    """The answer to a subscription; `refusal` as above."""

    refusal: str


class Arrived(Struct, frozen=True):
    """A message arrived; `payload` is None if it was larger than anything of ours."""

    topic: str
    payload: bytes | None
    retained: bool


class Ended(Struct, frozen=True):
    """The connection is over; nothing more will happen."""

    error: BrokerError


Happening = Connected | Acknowledged | Subscribed | Arrived | Ended


class Will(Struct, frozen=True):
    """What the broker publishes, retained, when the connection ends without a farewell."""

    topic: str
    payload: bytes


class LinkState(Struct, frozen=True):
    """How the link to the broker is.

    Attributes:
        connected: whether the broker has accepted and the connection stands.
        version: the version of MQTT in use, or tried last.
        trouble: the word for what is wrong; empty before the first attempt has failed, and while connected to a broker
            that takes everything.
        detail: what the broker, TLS or the network said.
        next_try: monotonic seconds of the next attempt; None while connected, and during an attempt.
    """

    connected: bool
    version: str
    trouble: str = ""
    detail: str = ""
    next_try: float | None = None

    def readings(self) -> dict[str, Value]:
        """The points of the device `broker`."""
        return {
            "broker.connected": self.connected,
            "broker.trouble": self.trouble or "none",
            "broker.mqtt": self.version,
        }
