"""What happens on a connection to the broker, as its thread tells the event loop; and the last will."""

from msgspec import Struct

from agent.outputs.mqtt_errors import BrokerError


class Connected(Struct, frozen=True):
    """The broker accepted; it takes so many unacknowledged messages."""

    receive_maximum: int


class Acknowledged(Struct, frozen=True):
    """The answer to a publication; `refusal` says why the broker did not take it, empty if it did."""

    mid: int
    refusal: str


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
