"""The NOC's ear: a real MQTT client that keeps everything it hears."""

import json
import ssl
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, NamedTuple, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.waiting import wait_for


class Heard(NamedTuple):
    """One message."""

    topic: str
    payload: bytes
    retained: bool
    qos: int = 1

    @property
    def json(self) -> dict[str, Any]:
        """The payload decoded."""
        return dict(json.loads(self.payload))


class Listener:
    """Subscribes, and subscribes again whenever it had to reconnect.

    Args:
        port: the broker's.
        topic: the filter.
        qos: of the subscription.
        login: user and password.
        tls: its context.
    """

    def __init__(
        self,
        port: int,
        topic: str = "#",
        qos: int = 1,
        login: tuple[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.heard: list[Heard] = []
        self._topic, self._qos = topic, qos
        self._lock = threading.Lock()
        self._parsed = 0
        self._events: list[dict[str, Any]] = []
        self._subscribed = 0
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv311)
        if login:
            self._client.username_pw_set(*login)
        if tls:
            self._client.tls_set_context(tls)
        self._client.on_connect = lambda client, *_: client.subscribe(self._topic, self._qos) and None
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self.await_subscribed(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def subscriptions(self) -> int:
        """How often it subscribed."""
        return self._subscribed

    def await_subscribed(self, times: int) -> None:
        """Wait until it has subscribed so many times."""
        wait_for(lambda: self._subscribed >= times, 60, "the listener's subscription")

    def publish(self, topic: str, payload: bytes | str, *, retain: bool = True) -> None:
        """Say something, and wait until the broker has it."""
        self._client.publish(topic, payload, 1, retain).wait_for_publish(60)

    def at(self, part: str) -> list[Heard]:
        """Everything heard on topics that contain this."""
        return [one for one in list(self.heard) if part in one.topic]

    def events(self) -> list[dict[str, Any]]:
        """Every event heard."""
        with self._lock:
            for message in self.heard[self._parsed :]:
                self._parsed += 1
                if message.topic.endswith("/event") and message.payload:
                    self._events.append(message.json)
            return list(self._events)

    def await_message(self, test: Callable[[Heard], bool], what: str, timeout: float = 60) -> Heard:
        """Wait for a message that passes a test."""

        def find() -> Heard | None:
            return next((one for one in list(self.heard) if test(one)), None)

        found = wait_for(find, timeout, what)
        assert found is not None
        return found

    def _on_subscribe(self, *_: object) -> None:
        self._subscribed += 1

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self.heard.append(Heard(message.topic, bytes(message.payload), message.retain, message.qos))
