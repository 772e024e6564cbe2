"""What a broker finds too large: events go without their data, alarms are shortened, and nothing waits for them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from agent.outputs.mqtt_memory import FILE, Found, load, save
from agent.outputs.mqtt_size import AGAIN, LARGE, LEAST, REST, Bound, Suspect, fits, packet
from agent.store.records import Position
from tests.outputs.box import TOPICS
from tests.parts.listener import Listener
from tests.parts.mosquitto import Mosquitto
from tests.waiting import wait_for

HUGE = b'{"what": "' + b"x" * 50_000 + b'"}'
PLACE = Position(1, 7)
BIG, SMALL = "site/alarm/big", "site/alarm/small"


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


def test_bound_is_found_by_what_travels_alone():
    """Two breaks make a suspect; two more over it alone halve what goes out; the innocent are cleared by their arrival."""
    bound = Bound()
    for _ in range(2):
        assert not bound.suspects(BIG)
        bound.sent(BIG, b"x" * 8000)
        bound.sent(SMALL, b"x" * 500)
        assert (bound.alone, bound.link_lost(0)) == (False, "")
    assert bound.suspects(BIG)
    bound.sent(SMALL, b"x" * 500)
    assert bound.alone
    bound.acknowledged(SMALL)
    assert not bound.alone
    assert not bound.suspects(SMALL)
    bound.sent(BIG, b"x" * 8000)
    assert (bound.link_lost(0), bound.found) == ("", 0)
    bound.sent(BIG, b"x" * 8000)
    assert "no packet" in bound.link_lost(0)
    assert bound.found == packet(BIG, b"x" * 8000) // 2
    assert not bound.holds(BIG, 0)
    assert not bound.holds(BIG, AGAIN + 1)
    assert bound.found == 0


def test_a_topic_that_cannot_be_made_short_enough_is_withheld_for_a_while():
    """One over which the connection breaks whatever its size keeps no other from being told; it may break it seldom."""
    bound, size = Bound(), 16_000
    own = packet(BIG)
    for _ in range(40):
        if bound.holds(BIG, 10):
            break
        bound.sent(BIG, b"x" * (min(size, bound.found or size) - own))
        bound.link_lost(10)
    assert bound.holds(BIG, 10)
    assert (bound.withheld, bound.found) == ({BIG}, LEAST)
    assert not bound.holds(SMALL, 10)
    assert bound.rested(10 + REST - 1) == []
    for again in (REST, 2 * REST):
        assert bound.rested(10 + again) == [BIG]
        assert not bound.holds(BIG, 10 + again)
        bound.sent(BIG, b"x")
        assert bound.alone
        bound.link_lost(10 + again)
        assert bound.holds(BIG, 10 + again)
    assert bound.rested(10 + 3 * REST) == [BIG]
    bound.sent(BIG, b"x")
    bound.acknowledged(BIG)
    assert not bound.suspects(BIG)


def test_refusals_of_what_was_sent_together_count_once():
    """What was under way before the bound was found is tried again with it; then it counts."""
    bound = Bound()
    for topic in (BIG, SMALL):
        bound.sent(topic, b"x" * 8000)
    assert bound.refused(BIG, 0)
    assert not bound.refused(SMALL, 0)
    assert bound.found > 3000
    bound.sent(SMALL, b"x" * 3900)
    assert bound.refused(SMALL, 0)
    assert bound.found < 2000


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 20_000)), max_size=60),
    st.integers(LEAST, 20_000),
)
def test_a_bound_that_is_found_lets_everything_through_in_the_end(sent, takes):
    """Whatever a broker takes: after a few breaks nothing is sent that it does not take, and all else arrives."""
    bound, broken = Bound(), 0
    for topic, size in [*sent, *[("a", 20_000), ("b", 19_000)] * 40]:
        size = min(size, bound.found or size) - packet(topic) if bound.found else size  # noqa: PLW2901
        bound.sent(topic, b"x" * size)
        if packet(topic, b"x" * size) > takes:
            bound.link_lost(0)
            broken += 1
        else:
            bound.acknowledged(topic)
    assert not bound.withheld
    assert bound.found == 0 or bound.found > min(takes // 2 - 100, LEAST)
    assert bound.found <= takes or takes >= 19_000


NARROW = [
    ("5", "max_packet_size 4000\n"),
    ("5", "message_size_limit 4000\n"),
    pytest.param("3.1.1", "max_packet_size 4000\n", marks=pytest.mark.slow),
]
NARROW_IDS = ["5, told in CONNACK", "5, refused in PUBACK", "3.1.1, hangs up"]


@pytest.mark.parametrize(("version", "extra"), NARROW, ids=NARROW_IDS)
def test_oversized_alarm_is_told_shortened(tmp_path, box, caplog, version, extra):
    """However a broker says no: the alarm stands there, shorter; the rest goes on; status and log say so."""
    topic = TOPICS.alarm("ups-1.on-battery")
    with Mosquitto(tmp_path, extra) as narrow, Listener(narrow.port) as noc:
        one = box(narrow.port, broker={"mqtt": version}, alarms=["ups-1.on-battery", "pbx-1.hot"])
        noc.await_message(lambda m: m.topic == topic, "the alarm")
        one.raise_alarm("ups-1.on-battery", "x" * 15_000)
        short = noc.await_message(lambda m: m.topic == topic and "omitted" in m.json, "the short one", 120)
        one.submit(5)
        one.await_drained()
        wait_for(lambda: one.output.state.trouble == "packets-too-small", 60, "the word")
        assert "1 shortened" in one.output.state.detail
        assert b"" not in [m.payload for m in noc.at("/alarm/")]
        with Listener(narrow.port) as late:
            assert late.await_message(lambda m: m.topic == topic, "what stands").json["omitted"] > 10_000
        assert short.json["perceived-severity"] == "major"
        assert len(short.json["alarm-text"]) > 500
        one.raise_alarm("ups-1.on-battery", "on battery")
        wait_for(lambda: not one.output.state.trouble, 60, "the end of the trouble")
        one.stop()
    assert [event["seq"] for event in noc.events()][-5:] == [1, 2, 3, 4, 5]
    assert "goes out shortened" in caplog.text


@pytest.mark.slow
def test_papers_and_devices_that_hang_up_a_broker_are_shortened_too(tmp_path, box):
    """What is changed on site, told to a broker of 3.1.1 that does not say what it takes, and many alarms behind it."""
    alarms = [f"ups-{n}.on-battery" for n in range(50)]
    with Mosquitto(tmp_path, "max_packet_size 3000\n") as narrow, Listener(narrow.port) as noc:
        one = box(narrow.port, broker={"mqtt": "3.1.1"}, alarms=alarms)
        one.change_limits(*[f"ups-{n}.overload" for n in range(30)])
        noc.await_message(lambda m: m.topic == TOPICS.limits and "omitted" in m.json, "the short list", 180)
        one.submit(5)
        one.await_drained(180)
        assert {m.topic for m in noc.at("/alarm/")} == {TOPICS.alarm(id_) for id_ in alarms}
        assert all("omitted" not in m.json for m in noc.at("/alarm/"))


@pytest.mark.slow
@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_what_does_not_fit_however_short_is_withheld(tmp_path, box, version):
    """An alarm of a monstrous name keeps nothing else from being told, and the NOC knows that one is missing."""
    long = f"{'x' * 300}.on-battery"
    with Mosquitto(tmp_path, "max_packet_size 1100\n") as narrow, Listener(narrow.port) as noc:
        one = box(narrow.port, broker={"mqtt": version}, alarms=[long, "ups-1.on-battery"])
        one.submit(5)
        one.await_drained(180)
        noc.await_message(lambda m: m.topic == TOPICS.status and m.json["withheld"] == 1, "the count", 60)
        assert "1 withheld" in one.output.state.detail
        assert {m.topic for m in noc.at("/alarm/")} == {TOPICS.alarm("ups-1.on-battery")}
        one.drop_alarm(long)
        if version == "5":
            noc.await_message(lambda m: m.topic == TOPICS.alarm(long) and not m.payload, "its end")
            noc.await_message(lambda m: m.topic == TOPICS.status and m.json["withheld"] == 0, "none any more")


@pytest.mark.slow
def test_what_was_withheld_comes_once_the_broker_takes_it(tmp_path, box, monkeypatch):
    """Nothing is withheld for good: a broker that was mended is told, though nothing about the alarm changed."""
    monkeypatch.setattr("agent.outputs.mqtt_size.REST", 1.0)
    long = f"{'x' * 300}.on-battery"
    narrow = Mosquitto(tmp_path, "max_packet_size 1100\n")
    with narrow:
        one = box(narrow.port, broker={"mqtt": "3.1.1"}, alarms=[long, "ups-1.on-battery"])
        wait_for(lambda: "1 withheld" in one.output.state.detail, 120, "the alarm to be withheld")
    with Mosquitto(tmp_path, port=narrow.port) as wide, Listener(wide.port) as noc:
        noc.await_message(lambda m: m.topic == TOPICS.alarm(long) and m.payload != b"", "the alarm", 120)
        wait_for(lambda: "withheld" not in one.output.state.detail, 60, "the end of the trouble")
        one.stop()


def test_a_message_is_bounded_where_the_broker_takes_everything(broker, box):
    """A history of thousands of words has 16 KiB at any broker; that is no trouble."""
    topic = TOPICS.alarm("ups-1.on-battery")
    with Listener(broker.port) as noc:
        one = box(broker.port, alarms=["ups-1.on-battery"])
        one.raise_alarm("ups-1.on-battery", "电" * 60_000)
        short = noc.await_message(lambda m: m.topic == topic and "omitted" in m.json, "the short one")
        assert LARGE // 8 < packet(topic, short.payload) <= LARGE
        assert short.json["omitted"] > 160_000
        assert not one.output.state.trouble


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
