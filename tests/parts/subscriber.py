"""The NOC's side of MQTT: a subscriber that keeps what is retained and reads events by id."""

import json
import threading
from typing import Any
from uuid import uuid4

import paho.mqtt.client as mqtt

from tests.waiting import wait_for


class Subscriber:
    """Subscribes to all of one site; connects again by itself when the broker was away.

    Attributes:
        retained: what stands at each topic below the root, decoded; emptied topics are gone.
        events: every event once, in the order of its first arrival.
        arrivals: topics in the order of arrival, repetitions included; an event with its id.
    """

    def __init__(self, port: int, site: str) -> None:
        self._root = f"linewarden/v1/{site}/"
        self._lock = threading.Lock()
        self.retained: dict[str, Any] = {}
        self.events: list[dict[str, Any]] = []
        self.arrivals: list[str] = []
        self._ids: set[str] = set()
        self._subscribed = threading.Event()
        # A session that the broker keeps, as a NOC's is: what comes while it is away waits for it.
        name = f"noc-{uuid4().hex[:8]}"
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, name, clean_session=False)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)

    def __enter__(self) -> "Subscriber":
        self._client.loop_start()
        assert self._subscribed.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def alarms(self) -> dict[str, Any]:
        """The retained alarm list by id."""
        with self._lock:
            return {
                topic[6:]: message for topic, message in self.retained.items() if topic.startswith("alarm/")
            }

    def kinds(self) -> list[str]:
        """The types of all events so far, without their prefix."""
        with self._lock:
            return [event["type"].removeprefix("linewarden.") for event in self.events]

    def wait_for_alarm(self, alarm: str, **leaves: Any) -> dict[str, Any]:
        """Wait until an alarm stands with these leaves (underscores for hyphens)."""
        wanted = {name.replace("_", "-"): value for name, value in leaves.items()}

        def stands() -> Any:
            message = self.alarms().get(alarm)
            return message if message and wanted.items() <= message.items() else None

        # A box waits up to a minute before it tries a broker that was away for long.
        return wait_for(stands, timeout=90, what=f"alarm {alarm} with {wanted}; there are {self.alarms()}")

    def wait_until_gone(self, alarm: str) -> None:
        """Wait until an alarm has left the list."""
        wait_for(lambda: alarm not in self.alarms(), timeout=90, what=f"alarm {alarm} leaves")

    def _on_connect(self, client: mqtt.Client, *_: Any) -> None:
        client.subscribe(self._root + "#", 1)

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        topic = message.topic.removeprefix(self._root)
        with self._lock:
            if topic == "event" and message.payload:
                event = json.loads(message.payload)
                self.arrivals.append(f"event {event['id']}")
                self._read(event)
                return
            self.arrivals.append(topic)
            if not message.payload:
                self.retained.pop(topic, None)
            else:
                self.retained[topic] = json.loads(message.payload)

    def _read(self, event: dict[str, Any]) -> None:
        if event["id"] not in self._ids:
            self._ids.add(event["id"])
            self.events.append(event)
