"""One connection to the broker in a thread of its own: the only file that knows paho-mqtt.

The thread connects, runs paho's loop and hands what happens to `tell`; it decides nothing. Each connection gets a
fresh client with a clean start, so that no queue of paho's outlives it: the journal is the truth, paho only carries.
"""

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from paho.mqtt import MQTTException
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from agent.config.site import Broker
from agent.outputs.mqtt_errors import (
    BrokerError,
    GarbledError,
    LostError,
    RefusedError,
    SecretError,
    UnreachableError,
    VersionError,
)
from agent.outputs.mqtt_happenings import Acknowledged, Arrived, Connected, Ended, Happening, Subscribed, Will

QOS = 1
TURN = 1.0
"""Seconds after which the thread looks whether it was abandoned."""
LARGEST_PAYLOAD = 64 * 1024
"""Bytes of a received message beyond which only its topic is told: nothing of ours is as large."""
LARGEST_PACKET = 1024 * 1024
"""What an MQTT 5 broker is asked not to exceed."""
UNLIMITED = 65_535
"""Unacknowledged messages an MQTT 5 broker takes unless it says otherwise (MQTT 5, 3.2.2.3.3)."""

_VERSIONS = {"5": MQTTProtocolVersion.MQTTv5, "3.1.1": MQTTProtocolVersion.MQTTv311}
_MALFORMED = (OSError, ValueError, LookupError, TypeError, AssertionError, struct.error, MQTTException)
"""What escapes paho's parser on packets that are none."""


class _Tls(ssl.SSLContext):
    """Remembers the socket it wrapped: when the handshake fails, paho leaves it open."""

    wrapped: ssl.SSLSocket | None = None

    def wrap_socket(self, *args: Any, **keys: Any) -> ssl.SSLSocket:
        """As its parent does."""
        self.wrapped = super().wrap_socket(*args, **keys)
        return self.wrapped


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
        self._client: Client | None = None
        self._tls: _Tls | None = None
        self._abandoned = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)
        self._thread.start()

    # --- called from the event loop, after `Connected` ------------------------------------------------------------

    def publish(self, topic: str, payload: bytes, *, retain: bool) -> int:
        """Queue a message and return its number, which `Acknowledged` will name.

        Raises:
            LostError: the connection is over.
        """
        sent = self._there().publish(topic, payload, QOS, retain)
        if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise LostError(f"cannot send: {sent.rc.name}")
        return sent.mid

    def subscribe(self, topics: Sequence[str]) -> None:
        """Ask for topics; `Subscribed` answers."""
        self._there().subscribe([(topic, QOS) for topic in topics])

    def unsubscribe(self, topics: Sequence[str]) -> None:
        """Ask for topics no more."""
        self._there().unsubscribe(list(topics))

    def disconnect(self) -> None:
        """Take leave: the will is not published."""
        self._there().disconnect()

    def abandon(self) -> None:
        """Let go of the connection without a word; a thread hung in the kernel is not waited for."""
        self._abandoned.set()

    def join(self, timeout: float) -> None:
        """Wait for the thread; never on the event loop."""
        self._thread.join(timeout)

    def _there(self) -> Client:
        client = self._client
        if client is None:
            raise LostError("the connection is over")
        return client

    # --- on the thread --------------------------------------------------------------------------------------------

    def _run(self) -> None:
        error: BrokerError = LostError("closed without a reason")
        try:
            self._serve()
        except BrokerError as exc:
            error = type(exc)(*exc.args)  # a fresh one: the frames of the old one hold the client
        finally:
            # The client knows us by its callbacks: without this its sockets would wait for the garbage collector.
            self._client = None
            self._tell(Ended(self._error or error))

    def _serve(self) -> None:
        client = self._made()
        self._connect(client)
        self._client = client
        try:
            while not self._abandoned.is_set():
                ended = client.loop(TURN)
                if ended != MQTTErrorCode.MQTT_ERR_SUCCESS:
                    raise _meaning(ended)
        except _MALFORMED as exc:
            if isinstance(exc, BrokerError):
                raise
            raise GarbledError(f"not MQTT: {exc}") from exc

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
            raise RefusedError(f"TLS: {exc}") from exc
        except (OSError, ValueError) as exc:
            self._close_handshake()
            # a host name that is none is a ValueError
            raise UnreachableError(str(exc) or type(exc).__name__) from exc

    def _close_handshake(self) -> None:
        if self._tls is not None and self._tls.wrapped is not None:
            self._tls.wrapped.close()

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
        client.max_inflight_messages_set(UNLIMITED)  # the session bounds them; paho must not hold any back
        client.will_set(self._will.topic, self._will.payload, QOS, retain=True)
        self._arm(client)
        try:
            self._identify(client)
        except (OSError, ValueError) as exc:
            raise SecretError(f"certificates or password: {_without_content(exc)}") from exc
        return client

    def _arm(self, client: Client) -> None:
        client.on_socket_open = self._on_socket_open
        # With a listener for writes paho never writes from the thread that publishes, but here: TLS demands it.
        client.on_socket_register_write = _ignore
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message

    def _identify(self, client: Client) -> None:
        broker = self._broker
        if broker.tls:
            self._tls = context = _Tls(ssl.PROTOCOL_TLS_CLIENT)
            if broker.ca_file is not None:
                context.load_verify_locations(broker.ca_file)
            else:
                context.load_default_certs()
            if broker.cert_file is not None:
                context.load_cert_chain(broker.cert_file, broker.key_file)
            client.tls_set_context(context)
        if broker.user is not None:
            lines = Path(broker.password_file).read_text().splitlines() if broker.password_file else []
            client.username_pw_set(broker.user, lines[0].strip() if lines else None)

    # --- paho's callbacks, on the thread ----------------------------------------------------------------------------

    def _on_socket_open(self, _client: Client, _data: object, sock: object) -> None:
        if isinstance(sock, socket.socket):
            milliseconds = int(self._timeout * 1000)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)

    def _on_connect(
        self,
        _client: Client,
        _data: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if not reason.is_failure:
            self._tell(Connected(getattr(properties, "ReceiveMaximum", UNLIMITED)))
        elif reason.getName() == "Unsupported protocol version":
            self._error = VersionError(f"MQTT {self._version} is not spoken here")
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
        self._tell(Acknowledged(mid, _refusal(reason)))

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


def _ignore(_client: Client, _data: object, _sock: object) -> None:
    """The loop looks for itself what there is to write."""


def _refusal(reason: ReasonCode) -> str:
    return reason.getName() if reason.is_failure else ""


def _without_content(exc: Exception) -> str:
    """An error of a secret file without anything that could stand in it."""
    return f"{exc.strerror} {exc.filename or ''}".strip() if isinstance(exc, OSError) else type(exc).__name__


def _meaning(ended: MQTTErrorCode) -> BrokerError:
    if ended == MQTTErrorCode.MQTT_ERR_PROTOCOL:
        return GarbledError("not MQTT")
    if ended == MQTTErrorCode.MQTT_ERR_KEEPALIVE:
        return LostError("no sign of life within the keepalive")
    return LostError("the connection was closed" if ended == MQTTErrorCode.MQTT_ERR_CONN_LOST else ended.name)
