"""Brokers that do not speak MQTT 5, and such that speak no MQTT at all."""

import gc
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from paho.mqtt.client import Client

from agent.config.site import Broker
from agent.outputs.mqtt_client import Link
from agent.outputs.mqtt_happenings import Ended, Will
from tests.outputs.box import QUICK, TOPICS
from tests.parts.listener import Listener
from tests.parts.relay import Relay
from tests.waiting import wait_for

CONNACK_3_UNACCEPTABLE_VERSION = bytes([0x20, 2, 0, 1])
CONNACK_5_UNSUPPORTED_VERSION = bytes([0x20, 3, 0, 0x84, 0])


def refuse_five(answer: bytes) -> Callable[[bytes], bytes | None]:
    """Answer like this to a CONNECT whose protocol level (byte 7 of its variable header) is 5."""
    return lambda first: answer if first[first.index(b"MQTT") + 4] == 5 else None


@pytest.mark.parametrize(
    "answer", [CONNACK_3_UNACCEPTABLE_VERSION, CONNACK_5_UNSUPPORTED_VERSION, b""], ids=["3", "5", "hangs up"]
)
def test_falls_back(broker, box, answer):
    """A broker that refuses 5, in either dialect or by hanging up, is spoken to in 3.1.1 from then on."""
    with Listener(broker.port) as noc, Relay(broker.port, refuse_five(answer)) as relay:
        one = box(relay.port)
        one.submit(50)
        one.await_drained()
        status = noc.await_message(lambda m: m.topic == TOPICS.status, "the birth").json
        assert status["mqtt"] == "3.1.1"
        relay.shut()
        wait_for(lambda: not one.output.connected, what="the loss")
        relay.open()
        one.submit(50)
        one.await_drained()
        wait_for(lambda: len(noc.events()) >= 100, what="the events")
        assert {m.json["mqtt"] for m in noc.at("/status")} == {"3.1.1"}


def test_configured_version_is_kept(broker, box):
    """Told to speak only 5, the box does not fall back."""
    with Relay(broker.port, refuse_five(CONNACK_5_UNSUPPORTED_VERSION)) as relay:
        one = box(relay.port, broker={"mqtt": "5"})
        wait_for(lambda: one.links == [False], what="the refusal")
        assert relay.accepted == 0


@contextmanager
def stranger(answer: bytes | None) -> Iterator[int]:
    """Listen and give each client this answer after its first bytes; None: say nothing, and keep the line open."""
    listener = socket.create_server(("127.0.0.1", 0))
    kept: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            kept.append(client)
            try:
                if answer is not None and client.recv(4096):
                    client.sendall(answer)
                    client.shutdown(socket.SHUT_WR)
            except OSError:
                continue  # it went before we answered

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(20)
        for client in kept:
            client.close()


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (None, "silent"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "no broker"),
        (bytes([0x20, 0]), "not-mqtt"),
        (bytes([0xF0, 1, 0]), "not-mqtt"),
        (bytes([0x20, 3, 0, 0x87, 0]), "credentials-refused: Not authorized"),
    ],
    ids=["says nothing", "HTTP", "empty CONNACK", "no packet", "refuses"],
)
def test_strangers(box, caplog, answer, word):
    """Whatever answers at the broker's address, the box stays responsive, says what is wrong and tries again."""
    with stranger(answer) as port:
        one = box(port, pace=replace(QUICK, connect=0.3))
        wait_for(lambda: one.links == [False], what="the failure")
        wait_for(lambda: word in caplog.text, what=word)
        assert one.responds()
        assert not one.output.connected
        one.stop()


PACKETS = st.lists(
    st.builds(
        lambda kind, body: bytes([kind, len(body)]) + body, st.integers(0, 255), st.binary(max_size=30)
    ),
    max_size=4,
).map(b"".join)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(version=st.sampled_from(["5", "3.1.1"]), noise=st.binary(max_size=40) | PACKETS, accepts=st.booleans())
def test_any_noise_ends_the_link_in_words(version, noise, accepts):
    """Any bytes from the broker end the connection with an error of ours, and no thread dies of them."""
    accepted = bytes([0x20, 3, 0, 0, 0] if version == "5" else [0x20, 2, 0, 0])
    heard = []
    with stranger((accepted if accepts else b"") + noise) as port:
        link = Link(
            Broker("127.0.0.1", port=port),
            "test",
            version,
            will=Will("will", b""),
            timeout=5.0,
            tell=heard.append,
        )
        wait_for(lambda: heard and isinstance(heard[-1], Ended), what="the end")
        link.join(20)


@pytest.mark.parametrize(
    "answer",
    [bytes([0x20, 3, 0, 0, 0]), bytes([0x20, 3, 0, 0x87, 0]), bytes([0xF0, 1, 0])],
    ids=["hangs up", "refuses", "noise"],
)
def test_a_link_that_ended_leaves_no_socket_to_the_garbage_collector(answer):
    """A box that tries for a day must not gather sockets until it happens to collect."""
    heard = []
    gc.collect()
    gc.disable()
    try:
        before = sum(isinstance(one, Client) for one in gc.get_objects())
        with stranger(answer) as port:
            broker = Broker("127.0.0.1", port=port)
            link = Link(broker, "test", "5", will=Will("will", b""), timeout=5.0, tell=heard.append)
            wait_for(lambda: heard and isinstance(heard[-1], Ended), what="the end")
            link.join(20)
        assert sum(isinstance(one, Client) for one in gc.get_objects()) == before
    finally:
        gc.enable()


def publications(said: bytes) -> int:
    """How many PUBLISH packets there are in what a client said (all shorter than 16 KiB)."""
    count = 0
    while len(said) > 2:
        long = said[1] >= 0x80
        length = (said[1] & 0x7F) + (said[2] << 7 if long else 0)
        count += said[0] >> 4 == 3
        said = said[2 + long + length :]
    return count


def test_receive_maximum(box):
    """No more messages wait for their acknowledgement than an MQTT 5 broker says it takes."""
    said = bytearray()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        one = box(
            listener.getsockname()[1],
            pace=replace(QUICK, greet=0.1, acknowledge=1.0),
            alarms=[f"pbx-1.{n}" for n in range(10)],
        )
        client, _ = listener.accept()
        with client:
            client.recv(4096)
            client.sendall(
                bytes([0x20, 6, 0, 0, 3, 0x21, 0, 2])
            )  # CONNACK, Receive Maximum 2 (MQTT 5, 3.2.2.3.3)
            while data := client.recv(4096):
                said += data
        one.stop()
    assert publications(bytes(said)) == 2


def test_nobody_listens(box, caplog):
    """Where nobody listens, and where the name is none, the box says so."""
    one = box(1, broker={"host": "127.0.0.1"})
    wait_for(lambda: "unreachable" in caplog.text, what="the failure")
    one.stop()
    two = box(1, broker={"host": "." + "x" * 70})
    wait_for(lambda: two.links == [False], what="the failure")
