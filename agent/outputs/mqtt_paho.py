"""What paho-mqtt does for one connection, and what it calls back: the only file that knows that library and its errors.

Each connection gets a fresh client with a clean start, so that no queue of paho's outlives it: the journal is the
truth, paho only carries. All of it is used on one thread.
"""

import socket
import ssl
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from paho.mqtt import MQTTException
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from agent.config.site import Broker
from agent.outputs import mqtt_farewell, mqtt_tls
from agent.outputs.mqtt_errors import (
    BrokerError,
    CredentialsError,
    GarbledError,
    LostError,
    RefusedError,
    UnreachableError,
    VersionError,
)
from agent.outputs.mqtt_happenings import (
    Acknowledged,
    Answer,
    Arrived,
    Connected,
    Happening,
    Subscribed,
    Will,
)

QOS = 1
LARGEST_PAYLOAD = 64 * 1024
"""Bytes of a received message beyond which only its topic is told: nothing of ours is as large."""
LARGEST_PACKET = 1024 * 1024
"""What an MQTT 5 broker is asked not to exceed."""
RECEIVE_BUFFER = 64 * 1024
LARGEST_KEPT = 2 * LARGEST_PAYLOAD
"""Bytes of a packet under way that are kept: whole topic and more payload than is read. A broker may send 256 MB."""
UNLIMITED = 65_535
"""Unacknowledged messages an MQTT 5 broker takes unless it says otherwise (MQTT 5, 3.2.2.3.3)."""

_VERSIONS = {"5": MQTTProtocolVersion.MQTTv5, "3.1.1": MQTTProtocolVersion.MQTTv311}
_MALFORMED = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AssertionError,
    MemoryError,
    struct.error,
    MQTTException,
)
"""What escapes paho's parser on packets that are none."""
_WHO = frozenset({"Bad user name or password", "Not authorized", "Bad authentication method"})
"""Reasons of a CONNACK that are about user and password."""
_TOO_LARGE = "Packet too large"


class Callbacks:
    """What paho calls back while it reads. Holds no client: paho's would then wait for the garbage collector.

    Args:
        version: `5` or `3.1.1`.
        timeout: seconds after which unconfirmed bytes break the connection.
        tell: takes everything that happens.
    """

    def __init__(self, version: str, timeout: float, tell: Callable[[Happening], None]) -> None:
        self._version, self._timeout, self._tell = version, timeout, tell
        self.error: BrokerError | None = None
        """Why the broker ends the connection, in its own words."""
        self.sent: dict[int, int] = {}
        """Our number of each message that paho carries, by paho's."""
        self.leaving = False
        """Whether we took leave."""
        self._answers: list[Answer] = []

    def arm(self, client: Client) -> None:
        """Have a client call back."""
        client.on_socket_open = self._on_socket_open
        client.on_socket_close = self._on_socket_close
        # With a listener for writes paho leaves them to the turn of the loop, where they go out together.
        client.on_socket_register_write = _ignore
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message

    def hand_over_answers(self) -> None:
        """Tell which messages were answered, all of a turn at once."""
        if self._answers:
            self._tell(Acknowledged(tuple(self._answers)))
            self._answers.clear()

    def _on_socket_open(self, _client: Client, _data: object, sock: object) -> None:
        if isinstance(sock, socket.socket):
            milliseconds = int(self._timeout * 1000)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
            # Paho reads up to a hundred times in a turn: this bounds what one turn can gather.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)

    def _on_socket_close(self, _client: Client, _data: object, sock: object) -> None:
        if self.leaving and isinstance(sock, socket.socket):
            mqtt_farewell.listen_to_the_end(sock)

    def _on_connect(
        self,
        _client: Client,
        _data: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if not reason.is_failure:
            maximum = getattr(properties, "ReceiveMaximum", UNLIMITED)
            self._tell(Connected(maximum, getattr(properties, "MaximumPacketSize", 0)))
        elif reason.getName() == "Unsupported protocol version":
            self.error = VersionError(f"MQTT {self._version} is not spoken here")
        elif reason.getName() in _WHO:
            self.error = CredentialsError(reason.getName())
        else:
            self.error = RefusedError(reason.getName())

    def _on_disconnect(
        self,
        _client: Client,
        _data: object,
        flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if flags.is_disconnect_packet_from_server and self.error is None:
            self.error = LostError(f"the broker took leave: {reason.getName()}")

    def _on_publish(
        self, _client: Client, _data: object, mid: int, reason: ReasonCode, _properties: Properties
    ) -> None:
        number = self.sent.pop(mid, None)
        if number is not None:
            refusal = _refusal(reason)
            self._answers.append(Answer(number, refusal, refusal == _TOO_LARGE))

    def _on_subscribe(
        self,
        _client: Client,
        _data: object,
        _mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        self._tell(Subscribed(next(filter(None, map(_refusal, reasons)), "")))

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        small = len(message.payload) <= LARGEST_PAYLOAD
        self._tell(Arrived(message.topic, bytes(message.payload) if small else None, message.retain))


class Carrier:
    """A client of paho's, for one connection.

    Args:
        broker: the broker's settings.
        client_id: MQTT client id.
        version: `5` or `3.1.1`.
        will: the last will.
        timeout: seconds for TCP and TLS to be set up.
        callbacks: take what it reads.

    Raises:
        SecretError: our certificate, key or password cannot be used.
    """

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        version: str,
        *,
        will: Will,
        timeout: float,
        callbacks: Callbacks,
    ) -> None:
        self._broker, self._five, self._callbacks = broker, version == "5", callbacks
        self._tls: mqtt_tls.Tls | None = None
        self._client = client = Client(
            CallbackAPIVersion.VERSION2,
            client_id,
            clean_session=None if self._five else True,
            protocol=_VERSIONS[version],
            reconnect_on_failure=False,
        )
        client.connect_timeout = timeout
        client.max_inflight_messages_set(0)  # the session bounds them; paho must not hold any back
        client.will_set(will.topic, will.payload, QOS, retain=True)
        callbacks.arm(client)
        self._identify()

    def _identify(self) -> None:
        if self._broker.tls:
            self._tls = mqtt_tls.context(self._broker)
            self._client.tls_set_context(self._tls)
        if self._broker.user is not None:
            self._client.username_pw_set(self._broker.user, mqtt_tls.password(self._broker))

    def connect(self) -> None:
        """Set up TCP and TLS, and introduce ourselves; `Connected` answers.

        Raises:
            UnreachableError: nobody is there.
            TlsError, TrustError: TLS does not come about.
        """
        broker = self._broker
        keys: dict[str, object] = {}
        if self._five:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho left it untyped
            properties.MaximumPacketSize = LARGEST_PACKET
            keys = {"clean_start": True, "properties": properties}
        try:
            self._client.connect(broker.host, broker.resolved_port, broker.keepalive, **keys)  # type: ignore[arg-type]  # two versions, one call
        except ssl.SSLError as exc:
            self._close_handshake()
            raise mqtt_tls.meaning(exc) from exc
        except (OSError, ValueError) as exc:
            self._close_handshake()
            # a host name that is none is a ValueError
            raise UnreachableError(str(exc) or type(exc).__name__) from exc

    def _close_handshake(self) -> None:
        if self._tls is not None:
            self._tls.close()

    def publish(self, number: int, topic: str, payload: bytes, *, retain: bool) -> None:
        """Send a message; it is acknowledged by this number.

        Raises:
            LostError: it cannot be sent.
        """
        sent = self._client.publish(topic, payload, QOS, retain)
        if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise LostError(f"cannot send: {sent.rc.name}")
        self._callbacks.sent[sent.mid] = number

    def subscribe(self, topics: Sequence[str]) -> None:
        """Ask for topics; `Subscribed` answers."""
        self._client.subscribe([(topic, QOS) for topic in topics])

    def unsubscribe(self, topics: Sequence[str]) -> None:
        """Ask for topics no more."""
        self._client.unsubscribe(list(topics))

    def disconnect(self) -> None:
        """Take leave."""
        self._callbacks.leaving = True
        self._client.disconnect()

    # --- the turns of whoever waits for its socket; each of them raises BrokerError when the connection is over -----

    def fileno(self) -> int:
        """What to wait for."""
        sock = self._client.socket()
        if sock is None:
            raise LostError("the connection was closed")
        return sock.fileno()

    @property
    def has_to_write(self) -> bool:
        """Whether there is something to send."""
        return self._client.want_write()

    @property
    def has_read_ahead(self) -> bool:
        """Whether TLS holds bytes for which the socket will wake nobody."""
        sock = self._client.socket()
        return isinstance(sock, ssl.SSLSocket) and sock.pending() > 0

    def write(self) -> None:
        """Send what there is to send."""
        self._expect(self._client.loop_write())

    def read(self) -> None:
        """Take what has come, and tell of it."""
        self._expect(self._client.loop_read())
        _trim(self._client)
        self._callbacks.hand_over_answers()

    def look_after(self) -> None:
        """Give a sign of life when it is time to, and see whether the broker does."""
        self._expect(self._client.loop_misc())

    def _expect(self, ended: MQTTErrorCode) -> None:
        """Go on only after a success."""
        if ended != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._callbacks.hand_over_answers()
            raise (self._tls.failure if self._tls is not None else None) or _meaning(ended)


@contextmanager
def translating() -> Iterator[None]:
    """What escapes from a carrier at work, as our own error.

    Raises:
        GarbledError: what the broker says is not MQTT.
    """
    try:
        yield
    except BrokerError:
        raise
    except _MALFORMED as exc:
        raise GarbledError(f"not MQTT: {exc}") from exc


def _trim(client: Client) -> None:
    """Let go of what nobody will read: paho gathers a packet until it is whole, and only then says how large it is."""
    packet = client._in_packet["packet"]  # noqa: SLF001  # paho has no bound of its own
    del packet[LARGEST_KEPT:]


def _ignore(_client: Client, _data: object, _sock: object) -> None:
    """The loop looks for itself what there is to write."""


def _refusal(reason: ReasonCode) -> str:
    return reason.getName() if reason.is_failure else ""


def _meaning(ended: MQTTErrorCode) -> BrokerError:
    if ended == MQTTErrorCode.MQTT_ERR_PROTOCOL:
        return GarbledError("not MQTT")
    if ended == MQTTErrorCode.MQTT_ERR_KEEPALIVE:
        return LostError("no sign of life within the keepalive")
    return LostError("the connection was closed" if ended == MQTTErrorCode.MQTT_ERR_CONN_LOST else ended.name)
