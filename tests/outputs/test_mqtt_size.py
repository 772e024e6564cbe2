"""What a broker finds too large: an event goes out without its data, in its place, and nothing waits for it."""

from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from agent.outputs.mqtt_memory import FILE, Found, load, save
from agent.outputs.mqtt_size import LARGE, Suspect, fits
from agent.store.records import Position
from tests.outputs.box import TOPICS
from tests.parts.listener import Listener
from tests.parts.mosquitto import Mosquitto
from tests.waiting import wait_for

HUGE = b'{"what": "' + b"x" * 50_000 + b'"}'
PLACE = Position(1, 7)


def test_fits():
    """A packet is counted with its header and topic; no limit lets everything through."""
    assert fits("t", b"x" * 89, 100)
    assert not fits("t", b"x" * 90, 100)
    assert not fits("主", b"x" * 88, 100)
    assert fits("t", b"x" * 10_000, 0)


def test_suspect():
    """An event over which the connection broke twice in a row is condemned; a small one, or one that got through, is not."""
    suspect = Suspect()
    for strikes in (1, 2):
        suspect.sent(PLACE, b"x" * (LARGE + 1))
        assert suspect.alone
        suspect.link_lost()
        assert suspect.condemned(PLACE) is (strikes == 2)
    assert not suspect.condemned(Position(1, 8))
    for suspect, payload in ((Suspect(), b"x"), (Suspect(), b"x" * (LARGE + 1))):
        for _ in range(3):
            suspect.sent(PLACE, payload)
            suspect.acknowledged(PLACE)
            suspect.link_lost()
        assert not suspect.condemned(PLACE)
    told = Suspect()
    told.refused(PLACE)
    assert told.condemned(PLACE)


@pytest.mark.parametrize(
    ("version", "extra"),
    [
        ("5", "max_packet_size 20000\n"),
        ("5", "message_size_limit 20000\n"),
        ("3.1.1", "max_packet_size 20000\n"),
    ],
    ids=["5, told in CONNACK", "5, refused in PUBACK", "3.1.1, hangs up"],
)
def test_oversized_event(tmp_path, box, caplog, version, extra):
    """However a broker says no to a large event, it arrives without its data, between its neighbours, marked."""
    with Mosquitto(tmp_path, extra) as narrow, Listener(narrow.port) as noc:
        one = box(narrow.port, broker={"mqtt": version})
        one.submit(3)
        one.submit(1, body=HUGE)
        one.submit(3)
        one.await_drained()
        wait_for(lambda: len(noc.events()) >= 7, 60, "the events")
        one.stop()
    events = noc.events()
    assert [event["seq"] for event in events] == [1, 2, 3, 4, 5, 6, 7]
    assert [event.get("omitted") for event in events] == [None] * 3 + [len(HUGE)] + [None] * 3
    assert events[3]["data"] is None
    assert events[3]["type"] == "linewarden.test.happened"
    assert "goes without its data" in caplog.text


def test_large_event_whole_where_there_is_room(broker, box):
    """A large event that the broker takes arrives whole and in its place."""
    with Listener(broker.port) as noc:
        one = box(broker.port)
        one.submit(60)
        one.submit(1, body=HUGE)
        one.submit(60)
        one.await_drained()
        wait_for(lambda: len(noc.events()) >= 121, 60, "the events")
    assert [event["seq"] for event in noc.events()] == list(range(1, 122))
    assert len(noc.events()[60]["data"]["what"]) == 50_000


def test_oversized_alarm_leaves_nothing_stale(tmp_path, box, caplog):
    """An alarm that does not fit is not left there as it was before; the rest goes on."""
    topic = TOPICS.alarm("ups-1.on-battery")
    with Mosquitto(tmp_path, "max_packet_size 4000\n") as narrow, Listener(narrow.port) as noc:
        one = box(narrow.port, alarms=["ups-1.on-battery"])
        noc.await_message(lambda m: m.topic == topic and m.payload != b"", "the alarm")
        one.raise_alarm("ups-1.on-battery", "x" * 5_000)
        noc.await_message(lambda m: m.topic == topic and m.payload == b"", "its end")
        one.submit(5)
        one.await_drained()
        assert one.links == [True]
    assert topic in caplog.text


def test_broker_too_narrow_for_anything(tmp_path, box):
    """A broker that does not even take the status is told as such, and tried again."""
    with Mosquitto(tmp_path, "max_packet_size 120\n") as narrow:
        one = box(narrow.port, broker={"mqtt": "5"})
        wait_for(lambda: one.output.state.trouble in {"packets-too-small", "lost"}, what="the word")
        assert one.responds()
        one.stop()


def test_garbage_retained_as_event_is_emptied(broker, box):
    """What somebody retained on the topic of events goes: every new subscriber would take it for an event."""
    with Listener(broker.port) as noc:
        noc.publish(TOPICS.event, b'{"id": "nobody"}')
        with box(broker.port) as one:
            noc.await_message(lambda m: m.topic == TOPICS.event and m.payload == b"", "its end")
            one.submit(3)
            one.await_drained()
        with Listener(broker.port) as late:
            late.await_message(lambda m: m.topic == TOPICS.status, "the status")
            assert not late.at("/event")


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_a_monster_on_our_own_topic_costs_no_memory(broker, box, version):
    """A broker may hand over up to 256 MB; the box of a branch has less, and must not fall over it at each start.

    It is emptied where the broker sends it; one of version 5 keeps to the size that it was asked for.
    """
    topic = TOPICS.alarm("nobody.knows")
    retain(broker.port, topic, bytes(100_000_000))
    before = peak_memory()
    with box(broker.port, broker={"mqtt": version}) as one:
        one.submit(3)
        one.await_drained()
        assert one.links == [True]
    assert (peak_memory(reset=False) - before) / 1e6 < 50
    if version == "3.1.1":
        with Listener(broker.port) as late:
            late.await_message(lambda m: m.topic == TOPICS.status, "the status")
            assert not late.at("/alarm/nobody.knows")


def retain(port, topic, payload):
    """Leave a message at the broker."""
    client = Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.publish(topic, payload, 1, retain=True).wait_for_publish(60)
    client.disconnect()
    client.loop_stop()


def peak_memory(*, reset=True):
    """The most memory of this process since the last reset, in bytes (proc(5), clear_refs)."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def test_memory(tmp_path):
    """What was found comes back; a file that is none of ours, or none at all, is nothing found."""
    assert load(tmp_path) is None
    found = Found("mqtt.noc", 8883, "3.1.1", 1.8e9)
    save(tmp_path, found)
    assert load(tmp_path) == found
    (tmp_path / FILE).write_bytes(b"\xff{")
    assert load(tmp_path) is None
    save(tmp_path / "nowhere", found)
