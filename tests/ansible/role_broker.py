"""A real Mosquitto as the role configures it, and clients with certificates."""

import ssl
import threading
from pathlib import Path
from queue import Empty, Queue

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.ansible.rendering import render
from tests.parts.certificates import Authority, Pair
from tests.parts.mosquitto import Mosquitto
from tests.waiting import wait_for


class Broker:
    """A Mosquitto with the role's configuration.

    Args:
        folder: for its files.
        ca: PEM of who signs for branches; an authority of its own unless given, which signs its own certificate too.
        revoked: PEM of what is revoked, as `broker_revoked`.
        own: its own certificate, if `ca` signed that too.
    """

    def __init__(self, folder: Path, ca: bytes = b"", revoked: bytes = b"", own: Pair | None = None) -> None:
        self.authority = Authority(folder, "authority")
        pair = own or self.authority.broker("broker")
        self._certificates = folder / "certs"
        self._certificates.mkdir()
        (self._certificates / "ca.pem").write_bytes(ca or self.authority.file.read_bytes())
        (self._certificates / "broker.pem").write_bytes(pair.cert.read_bytes())
        (self._certificates / "broker.key").write_bytes(pair.key.read_bytes())
        self._trusted = self._certificates / "ca.pem" if own else self.authority.file
        self.revoke(revoked)
        (folder / "acl").write_text(render("broker", "acl.j2", broker_readers=["dashboard"]))
        text = render(
            "broker",
            "mosquitto.conf.j2",
            broker_certificates=str(self._certificates),
            broker_revoked=revoked.decode(),
        )
        lines = [line for line in text.splitlines() if not line.startswith(("listener", "max_", "acl_file"))]
        self.mosquitto = Mosquitto(folder, "\n".join([*lines, f"acl_file {folder / 'acl'}", ""]))

    def revoke(self, revoked: bytes) -> None:
        """Another list of what is revoked, as the role writes it; it does not take effect by itself."""
        (self._certificates / "revoked.pem").write_bytes(revoked)

    def client(self, name: str, pair: Pair | None = None, client_id: str = "") -> "Client":
        """Somebody whose certificate bears this name, and who may claim another as client id."""
        return Client(self.mosquitto.port, self._trusted, pair or self.authority.client(name), client_id)


def refused(broker: Broker, name: str, pair: Pair) -> bool:
    """Whether the broker turns somebody down who comes now."""
    try:
        broker.client(name, pair).close()
    except OSError:
        return True
    return False


class Client:
    """A connection that notes what it is told."""

    def __init__(self, port: int, ca: Path, pair: Pair, client_id: str = "") -> None:
        self.heard: Queue[str] = Queue()
        self._granted: Queue[int] = Queue()
        self._sent: Queue[bool] = Queue()
        self._gone = threading.Event()
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id, protocol=paho.MQTTv5, reconnect_on_failure=False
        )
        context = ssl.create_default_context(cafile=str(ca))
        context.load_cert_chain(pair.cert, pair.key)
        self._client.tls_set_context(context)
        self._client.on_message = lambda *given: self.heard.put(given[2].topic)
        self._client.on_subscribe = lambda *given: self._granted.put(given[3][0].value)
        self._client.on_publish = lambda *given: self._sent.put(not given[3].is_failure)
        self._client.on_disconnect = lambda *_: self._gone.set()
        try:
            self._client.connect("127.0.0.1", port)
        except OSError:
            self.close()
            raise
        self._client.loop_start()
        # With TLS 1.3 a certificate is turned down after the handshake.
        wait_for(lambda: self._client.is_connected() or self._gone.is_set(), what="the connection")
        if self._gone.is_set():
            self.close()
            raise ConnectionRefusedError("the broker does not let it in")

    def subscribe(self, topic: str) -> None:
        """Listen."""
        self._client.subscribe(topic, qos=1)
        self._granted.get(timeout=20)

    def publish(self, topic: str) -> bool:
        """Say something; whether the broker let it pass."""
        self._client.publish(topic, b"x", qos=1)
        return self._sent.get(timeout=20)

    def hears(self, topic: str) -> bool:
        """Whether the next thing it hears, before its own word, is about this topic."""
        try:
            return self.heard.get(timeout=20) == topic
        except Empty:
            return False

    @property
    def connected(self) -> bool:
        """Whether the broker still has it."""
        return self._client.is_connected() and not self._gone.is_set()

    def close(self) -> None:
        """Go."""
        self._client.disconnect()
        self._client.loop_stop()
        self._client._reset_sockets(sockpair_only=True)  # paho leaves its own pair to the garbage collector
