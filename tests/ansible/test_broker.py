"""The broker's rules, as the role renders them, in a real Mosquitto: each branch in its own tree, and nowhere else."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.ansible.rendering import render
from tests.parts.certificates import Authority, Pair
from tests.parts.mosquitto import Mosquitto
from tests.waiting import wait_for

ROOT = "linewarden/v1"


class Broker:
    """A Mosquitto with the role's configuration, and clients with certificates of its authority."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder, "authority")
        pair = self.authority.broker("broker")
        certificates = folder / "certs"
        certificates.mkdir()
        (certificates / "ca.pem").write_bytes(self.authority.file.read_bytes())
        (certificates / "broker.pem").write_bytes(pair.cert.read_bytes())
        (certificates / "broker.key").write_bytes(pair.key.read_bytes())
        (folder / "acl").write_text(render("broker", "acl.j2", broker_readers=["dashboard"]))
        text = render("broker", "mosquitto.conf.j2", broker_certificates=str(certificates))
        lines = [line for line in text.splitlines() if not line.startswith(("listener", "max_", "acl_file"))]
        self.mosquitto = Mosquitto(folder, "\n".join([*lines, f"acl_file {folder / 'acl'}", ""]))

    def client(self, name: str, pair: Pair | None = None) -> "Client":
        """Somebody whose certificate bears this name."""
        return Client(self.mosquitto.port, self.authority.file, pair or self.authority.client(name))


class Client:
    """A connection that notes what it is told."""

    def __init__(self, port: int, ca: Path, pair: Pair) -> None:
        self.heard: Queue[str] = Queue()
        self.refused = False
        self._granted: Queue[int] = Queue()
        self._sent: Queue[bool] = Queue()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        context = ssl.create_default_context(cafile=str(ca))
        context.load_cert_chain(pair.cert, pair.key)
        self._client.tls_set_context(context)
        self._client.on_message = lambda *given: self.heard.put(given[2].topic)
        self._client.on_subscribe = lambda *given: self._granted.put(given[3][0].value)
        self._client.on_publish = lambda *given: self._sent.put(not given[3].is_failure)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        wait_for(self._client.is_connected, what="the connection")

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

    def close(self) -> None:
        """Go."""
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """The role's broker."""
    one = Broker(tmp_path_factory.mktemp("broker"))
    with one.mosquitto:
        yield one


@pytest.fixture
def branch(broker: Broker) -> Iterator[Client]:
    """A branch."""
    one = broker.client("sh-0042")
    yield one
    one.close()


@pytest.fixture
def noc(broker: Broker) -> Iterator[Client]:
    """The NOC."""
    one = broker.client("noc")
    yield one
    one.close()


@pytest.mark.parametrize(
    ("topic", "allowed"),
    [
        (f"{ROOT}/sh-0042/status", True),
        (f"{ROOT}/sh-0042/alarm/pbx-1.unreachable", True),
        (f"{ROOT}/sh-0043/status", False),
        (f"{ROOT}/sh-0042x/status", False),
        (f"{ROOT}/noc/noc-1/state", False),
        ("linewarden/v2/sh-0042/status", False),
        ("$SYS/broker/uptime", False),
        ("other", False),
    ],
)
def test_a_branch_writes_below_its_own_name_only(branch: Client, topic: str, *, allowed: bool) -> None:
    """Whatever else it tries is refused by the broker, and it is told so."""
    assert branch.publish(topic) == allowed


@pytest.mark.parametrize(
    ("topic", "heard"),
    [
        (f"{ROOT}/sh-0042/cmd/acknowledge", True),
        (f"{ROOT}/noc/noc-1/state", True),
        (f"{ROOT}/sh-0043/alarm/x", False),
        (f"{ROOT}/noc/noc-1/notes", False),
    ],
)
def test_a_branch_hears_its_own_tree_and_the_noc_s_state(
    branch: Client, noc: Client, topic: str, *, heard: bool
) -> None:
    """Even if it asks for everything."""
    branch.subscribe("#")
    assert noc.publish(topic)
    last = f"{ROOT}/sh-0042/status"
    assert branch.publish(last)
    assert branch.hears(topic if heard else last)


def test_the_noc_hears_all_branches(branch: Client, noc: Client) -> None:
    """And may order."""
    noc.subscribe(f"{ROOT}/+/status")
    assert branch.publish(f"{ROOT}/sh-0042/status")
    assert noc.hears(f"{ROOT}/sh-0042/status")
    assert noc.publish(f"{ROOT}/sh-0042/cmd/acknowledge")


def test_a_reader_only_reads(broker: Broker, branch: Client) -> None:
    """A dashboard gives no orders."""
    reader = broker.client("dashboard")
    reader.subscribe(f"{ROOT}/#")
    assert not reader.publish(f"{ROOT}/sh-0042/cmd/acknowledge")
    assert branch.publish(f"{ROOT}/sh-0042/status")
    assert reader.hears(f"{ROOT}/sh-0042/status")
    reader.close()


def test_nobody_comes_in_without_a_certificate_of_ours(broker: Broker, tmp_path: Path) -> None:
    """Neither without any, nor with one of another authority."""
    stranger = Authority(tmp_path, "stranger").client("sh-0042")
    with pytest.raises((ssl.SSLError, OSError, AssertionError)):
        broker.client("sh-0042", stranger)
