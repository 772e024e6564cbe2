"""One connection to the broker in a thread of its own: the only file that knows paho-mqtt.

The thread connects, carries bytes and hands what happens to `tell`; it decides nothing. Each connection gets a
fresh client with a clean start, so that no queue of paho's outlives it: the journal is the truth, paho only carries.
What is to be sent is handed over in passing and taken up by the thread, all of it at once; the answers of a turn come
back together, so that neither thread is woken for each message.
"""

import itertools
import select
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

from paho.mqtt import MQTTException
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from agent.config.site import Broker
from agent.outputs import mqtt_tls
from agent.outputs.mqtt_bell import Bell
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
    Ended,
    Happening,
    Subscribed,
    Will,
)

QOS = 1
TURN = 1.0
"""Seconds after which the thread looks whether it was abandoned."""
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


class Link:
    """A connection; it begins at once and ends with `Ended`.

    Args:
        broker: the broker's settings.
        client_id: MQTT client id.
        version: `5` or `3.1.1`.
        will: the last will.
        timeout: seconds for TCP and TLS to be set up, and after which unconfirmed bytes break the connection.
        tell: called on the thread with everything that happens; must only post.
    """

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        version: str,
        *,
        will: Will,
        timeout: float,
        tell: Callable[[Happening], None],
    ) -> None:
        self._broker, self._client_id, self._version = broker, client_id, version
        self._will, self._timeout, self._tell = will, timeout, tell
        self._error: BrokerError | None = None
        self._tls: mqtt_tls.Tls | None = None
        self._abandoned = threading.Event()
        self._over = False
        self._numbers = itertools.count(1)
        self._orders: deque[Callable[[Client], object]] = deque()
        self._bell = Bell()
        self._sent: dict[int, int] = {}
        """Our number of each message that paho carries, by paho's."""
        self._answers: list[Answer] = []
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)
        self._thread.start()

    # --- called from the event loop, after `Connected` ------------------------------------------------------------

    def publish(self, topic: str, payload: bytes, *, retain: bool) -> int:
        """Hand a message over and return its number, which `Acknowledged` will name.

        Raises:
            LostError: the connection is over.
        """
        number = next(self._numbers)
        self._order(partial(self._publish, number, topic, payload, retain))
        return number

    def subscribe(self, topics: Sequence[str]) -> None:
        """Ask for topics; `Subscribed` answers."""
        self._order(lambda client: client.subscribe([(topic, QOS) for topic in topics]))

    def unsubscribe(self, topics: Sequence[str]) -> None:
        """Ask for topics no more."""
        self._order(lambda client: client.unsubscribe(list(topics)))

    def disconnect(self) -> None:
        """Take leave: the will is not published."""
        self._order(lambda client: client.disconnect())

    def abandon(self) -> None:
        """Let go of the connection without a word; a thread hung in the kernel is not waited for."""
        self._abandoned.set()
        self._bell.ring()

    def join(self, timeout: float) -> None:
        """Wait for the thread; never on the event loop."""
        self._thread.join(timeout)

    def _order(self, order: Callable[[Client], object]) -> None:
        if self._over:
            raise LostError("the connection is over")
        self._orders.append(order)
        self._bell.ring()

    # --- on the thread --------------------------------------------------------------------------------------------

    def _run(self) -> None:
        error: BrokerError = LostError("closed without a reason")
        try:
            self._serve()
        except BrokerError as exc:
            error = type(exc)(*exc.args)  # a fresh one: the frames of the old one hold the client
        finally:
            # The client knows us by its callbacks: without this its sockets would wait for the garbage collector.
            self._over = True
            self._orders.clear()
            self._bell.close()
            self._tell(Ended(self._error or error))

    def _serve(self) -> None:
        client = self._made()
        self._connect(client)
        poll = select.poll()  # `select` would not take the descriptors of a box with a thousand sockets
        poll.register(self._bell.fileno(), select.POLLIN)
        try:
            while not self._abandoned.is_set():
                self._turn(client, poll)
        except _MALFORMED as exc:
            if isinstance(exc, BrokerError):
                raise
            raise GarbledError(f"not MQTT: {exc}") from exc

    def _turn(self, client: Client, poll: select.poll) -> None:
        while self._orders:
            self._orders.popleft()(client)
        if client.want_write():
            self._expect(client.loop_write())
        sock = client.socket()
        if sock is None:
            raise LostError("the connection was closed")
        pending = isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
        wait = 0.0 if pending or self._orders else TURN
        poll.register(sock.fileno(), select.POLLIN | (select.POLLOUT if client.want_write() else 0))
        ready = dict(poll.poll(wait * 1000))
        if self._bell.fileno() in ready:
            self._bell.heard()
        if pending or ready.get(sock.fileno(), 0) & ~select.POLLOUT:
            self._expect(client.loop_read())
            _trim(client)
            self._hand_over_answers()
        self._expect(client.loop_misc())

    def _expect(self, ended: MQTTErrorCode) -> None:
        """Go on only after a success."""
        if ended != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._hand_over_answers()
            raise (self._tls.failure if self._tls is not None else None) or _meaning(ended)

    def _hand_over_answers(self) -> None:
        if self._answers:
            self._tell(Acknowledged(tuple(self._answers)))
            self._answers.clear()

    def _publish(self, number: int, topic: str, payload: bytes, retain: bool, client: Client) -> None:  # noqa: FBT001  # bound by `partial`
        sent = client.publish(topic, payload, QOS, retain)
        if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise LostError(f"cannot send: {sent.rc.name}")
        self._sent[sent.mid] = number

    def _connect(self, client: Client) -> None:
        broker = self._broker
        keys: dict[str, object] = {}
        if self._version == "5":
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho left it untyped
            properties.MaximumPacketSize = LARGEST_PACKET
            keys = {"clean_start": True, "properties": properties}
        try:
            client.connect(broker.host, broker.resolved_port, broker.keepalive, **keys)  # type: ignore[arg-type]  # two versions, one call
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

    def _made(self) -> Client:
        five = self._version == "5"
        client = Client(
            CallbackAPIVersion.VERSION2,
            self._client_id,
            clean_session=None if five else True,
            protocol=_VERSIONS[self._version],
            reconnect_on_failure=False,
        )
        client.connect_timeout = self._timeout
        client.max_inflight_messages_set(0)  # the session bounds them; paho must not hold any back
        client.will_set(self._will.topic, self._will.payload, QOS, retain=True)
        self._arm(client)
        self._identify(client)
        return client

    def _arm(self, client: Client) -> None:
        client.on_socket_open = self._on_socket_open
        # With a listener for writes paho leaves them to the turn of the loop, where they go out together.
        client.on_socket_register_write = _ignore
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message

    def _identify(self, client: Client) -> None:
        if self._broker.tls:
            self._tls = mqtt_tls.context(self._broker)
            client.tls_set_context(self._tls)
        if self._broker.user is not None:
            client.username_pw_set(self._broker.user, mqtt_tls.password(self._broker))

    # --- paho's callbacks, on the thread ----------------------------------------------------------------------------

    def _on_socket_open(self, _client: Client, _data: object, sock: object) -> None:
        if isinstance(sock, socket.socket):
            milliseconds = int(self._timeout * 1000)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
            # Paho reads up to a hundred times in a turn: this bounds what one turn can gather.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)

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
            self._error = VersionError(f"MQTT {self._version} is not spoken here")
        elif reason.getName() in _WHO:
            self._error = CredentialsError(reason.getName())
        else:
            self._error = RefusedError(reason.getName())

    def _on_disconnect(
        self,
        _client: Client,
        _data: object,
        flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if flags.is_disconnect_packet_from_server and self._error is None:
            self._error = LostError(f"the broker took leave: {reason.getName()}")

    def _on_publish(
        self, _client: Client, _data: object, mid: int, reason: ReasonCode, _properties: Properties
    ) -> None:
        number = self._sent.pop(mid, None)
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
