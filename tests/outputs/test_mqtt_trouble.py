"""The MQTT output on a bad day: brokers that vanish, hang, refuse or talk nonsense, and boxes that are killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.outputs.box import QUICK, SITE, TOPICS, Box, alarm
from tests.outputs.test_mqtt import ids
from tests.parts.certificates import Authority
from tests.parts.listener import Listener
from tests.parts.mosquitto import Mosquitto
from tests.parts.relay import Relay
from tests.waiting import wait_for

pytestmark = pytest.mark.slow
IMPATIENT = replace(QUICK, connect=1.0, acknowledge=1.0)


def await_events(noc: Listener, count: int) -> None:
    """Wait until so many different events were heard, and check that they came in order without a gap."""
    wait_for(lambda: len(ids(noc.events())) >= count, 90, f"{count} events")
    assert [seq for _, seq in ids(noc.events())] == list(range(1, count + 1))


def test_backlog_after_absence(broker, box):
    """What is wrong now is at the broker before the first event of the backlog; the backlog is historical."""
    with Listener(broker.port) as noc, Relay(broker.port) as relay:
        one = box(relay.port, alarms=["ups-1.on-battery"])
        one.await_up()
        noc.await_message(lambda m: m.topic == TOPICS.alarm("ups-1.on-battery"), "the alarm")
        relay.shut()
        wait_for(lambda: not one.output.connected, what="the loss")
        one.submit(2_000)
        for n in range(200):
            one.raise_alarm(f"pbx-1.trunk-{n}")
        one.drop_alarm("ups-1.on-battery")
        wait_for(lambda: one.committed == 2_000, 60, "the commits")
        assert one.output.backlog == 2_000
        before = len(noc.heard)
        relay.open()
        await_events(noc, 2_000)
        one.await_drained()
        assert one.links == [True, False, True]
    heard = noc.heard[before:]
    first = next(n for n, m in enumerate(heard) if m.topic == TOPICS.event)
    told = {m.topic: m.payload for m in heard[:first] if "/alarm/" in m.topic}
    assert told[TOPICS.alarm("ups-1.on-battery")] == b""
    assert all(told[TOPICS.alarm(f"pbx-1.trunk-{n}")] for n in range(200))
    assert {TOPICS.device("ups-1"), TOPICS.device("pbx-1")} <= {m.topic for m in heard[:first]}
    assert all(event["historical"] for event in noc.events())


def test_status_tells_the_backlog(broker, box):
    """While a backlog drains the status says how much is left, and at the end that nothing is."""
    one = box(1)
    one.submit(500)
    wait_for(lambda: one.output.backlog == 500, 60, "the backlog")
    one.stop()
    with Listener(broker.port, TOPICS.status) as noc, box(broker.port) as again:
        birth = noc.await_message(lambda m: m.json["online"], "the birth").json
        again.await_drained()
        noc.await_message(lambda m: m.json["online"] and m.json["backlog"] == 0, "the end of the backlog")
    assert birth["backlog"] == 500


def test_killed_broker_in_mid_drain(broker, box):
    """Mosquitto is killed again and again while it takes events; a reader by id sees each once, in order."""
    with Listener(broker.port, qos=0) as noc, Relay(broker.port) as relay:
        one = box(relay.port)
        for round_ in range(1, 4):
            one.await_up()
            one.submit(3_000)
            wait_for(lambda round_=round_: len(noc.events()) > 3_000 * (round_ - 1) + 200, 60, "some events")
            broker.kill()
            relay.shut()  # until the reader is back: what a broker without a disk acknowledged it may forget
            broker.start()
            noc.await_subscribed(round_ + 1)
            relay.open()
        await_events(noc, 9_000)
        one.await_drained()


def test_link_cut_in_mid_drain(broker, box):
    """The connection is cut many times during a drain; nothing is lost or out of order."""
    with Listener(broker.port) as noc, Relay(broker.port) as relay:
        one = box(relay.port)
        one.submit(5_000)
        for part in range(1, 6):
            wait_for(lambda part=part: len(ids(noc.events())) > part * 800, 60, "some events")
            relay.shut()
            relay.open()
        await_events(noc, 5_000)
        one.await_drained()
    assert len(one.links) >= 3


@pytest.mark.parametrize("how", ["frozen", "half-open"])
def test_hanging_broker(broker, box, how):
    """A broker that freezes in mid-session, or a link that died without a word, is given up; nothing is lost."""
    with Listener(broker.port) as noc, Relay(broker.port) as relay:
        one = box(relay.port, pace=IMPATIENT)
        one.await_up()
        one.submit(200)
        wait_for(noc.events, 60, "events")
        broker.freeze() if how == "frozen" else relay.stall()
        one.submit(2_000)
        wait_for(lambda: False in one.links, 60, "the box to notice")
        assert one.responds()
        broker.thaw() if how == "frozen" else relay.flow()
        await_events(noc, 2_200)
        one.await_drained()


def test_killed_box(tmp_path, broker):
    """A box that is killed leaves its will: status offline, retained."""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    with Listener(broker.port, TOPICS.status) as noc:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.outputs.box", str(tmp_path / "data"), str(broker.port)],
            env=environment,
        )
        try:
            noc.await_message(lambda m: m.json["online"], "the birth")
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(20)
        will = noc.await_message(lambda m: not m.json["online"], "the will")
    with Listener(broker.port, TOPICS.status) as late:
        assert late.await_message(lambda m: m.retained, "the retained will").payload == will.payload


def test_wrong_password(tmp_path, box, caplog):
    """A wrong password is told once, without the password; once it is right, the box connects."""
    users = tmp_path / "users"
    subprocess.run(
        ["mosquitto_passwd", "-c", "-b", users, "box", "right-word"], check=True, capture_output=True
    )
    word = tmp_path / "word"
    word.write_text("wrong-word\n")
    extra = f"allow_anonymous false\npassword_file {users}\n"
    with Mosquitto(tmp_path, extra) as strict:
        one = box(strict.port, broker={"user": "box", "password_file": str(word)})
        wait_for(lambda: one.links == [False], what="the refusal")
        one.submit(5)
        word.write_text("right-word\n")
        one.await_drained()
        one.stop()
    assert "wrong-word" not in caplog.text
    assert sum("Not authorized" in line for line in caplog.text.splitlines()) == 1
    assert one.links == [False, True]


def test_broker_that_forbids(tmp_path, box, caplog):
    """Forbidden events are kept and tried again, never counted as delivered."""
    acl = tmp_path / "acl"
    acl.write_text(f"topic readwrite {TOPICS.status}\ntopic read {TOPICS.event}\n")
    with Mosquitto(tmp_path, f"acl_file {acl}\n") as strict:
        one = box(strict.port)
        one.submit(5)
        wait_for(lambda: one.links[:2] == [True, False], what="the refusal")
        wait_for(lambda: one.output.backlog == 5, what="the count")
        wait_for(lambda: "Not authorized" in caplog.text, what="the reason")
        one.stop()


def test_broker_that_lets_nothing_be_read(tmp_path, box):
    """A box that may not read its own topics still publishes, a little later."""
    acl = tmp_path / "acl"
    acl.write_text(f"user noc\ntopic read #\npattern write linewarden/v1/{SITE}/#\n")
    users = tmp_path / "users"
    subprocess.run(["mosquitto_passwd", "-c", "-b", users, "noc", "word"], check=True, capture_output=True)
    with (
        Mosquitto(tmp_path, f"acl_file {acl}\npassword_file {users}\n") as strict,
        Listener(strict.port, login=("noc", "word")) as noc,
    ):
        one = box(strict.port, pace=replace(QUICK, greet=0.3), alarms=["ups-1.on-battery"])
        one.submit(5)
        await_events(noc, 5)
        one.stop()
        assert noc.at("/alarm/")


def test_tls(tmp_path, box, caplog):
    """A broker whose certificate nobody vouches for is refused; with the right authority everything arrives."""
    bank, strangers = Authority(tmp_path, "bank"), Authority(tmp_path, "strangers")
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(strangers.file.read_bytes())
    pair = bank.broker("broker")
    extra = f"certfile {pair.cert}\nkeyfile {pair.key}\n"
    with Mosquitto(tmp_path, extra) as secure:
        one = box(secure.port, broker={"ca_file": str(trusted)})
        wait_for(lambda: one.links == [False], what="the refusal")
        one.submit(500)
        trusted.write_bytes(bank.file.read_bytes())
        one.await_drained()
        one.stop()
    assert "unknown-authority" in caplog.text


def test_missing_secret(tmp_path, broker, box, caplog):
    """A password file that is not there yet is told, and tried again."""
    word = tmp_path / "word"
    one = box(broker.port, broker={"user": "box", "password_file": str(word)})
    wait_for(lambda: one.links == [False], what="the failure")
    wait_for(lambda: str(word) in caplog.text, what="the file's name")
    word.write_text("word")
    one.await_up()


def test_two_boxes_of_one_name(tmp_path, broker, box):
    """Two boxes with one name take the connection from each other; neither dies of it."""
    with box(broker.port) as one, Box(tmp_path / "other", broker.port, suffix="other") as two:
        wait_for(lambda: len(one.links) > 3 and len(two.links) > 3, 60, "a few rounds")


def test_alarm_waits_for_the_disk(broker, box):
    """What the core decided but the disk does not know yet is not published, not even after a reconnect."""
    topic = TOPICS.alarm("ups-1.on-battery")
    with Listener(broker.port) as noc, Relay(broker.port) as relay:
        one = box(relay.port, alarms=["ups-1.on-battery"])
        noc.await_message(lambda m: m.topic == topic, "the alarm")
        one.room.list = {"ups-1.on-battery": alarm("ups-1.on-battery", "not on the disk yet")}
        relay.shut()
        wait_for(lambda: not one.output.connected, what="the loss")
        relay.open()
        one.submit(1)
        wait_for(noc.events, 60, "the event behind it")
        assert len(noc.at(topic)) == 2
        assert not [m for m in noc.heard if b"not on the disk" in m.payload]
        one.raise_alarm("ups-1.on-battery", "on the disk")
        noc.await_message(lambda m: b"on the disk" in m.payload, "the alarm")


def test_new_epoch_in_mid_drain(tmp_path, box):
    """A new epoch reads the retained tree again and empties what is not ours, within what the broker takes at once."""
    ghost = TOPICS.alarm("a.ghost")
    with Mosquitto(tmp_path, "max_inflight_messages 2\n") as narrow, Listener(narrow.port) as noc:
        one = box(narrow.port)
        one.submit(500)
        wait_for(noc.events, 60, "events")
        noc.publish(ghost, "{}")
        one.writer.open_epoch("test")
        one.submit(500)
        noc.await_message(lambda m: m.topic == ghost and m.payload == b"", "the end of the ghost")
        wait_for(lambda: len(noc.events()) >= 1_000, 90, "1000 events")
        one.await_drained()
        assert one.links == [True]
    assert ids(noc.events()) == [(f"{n}-box{n - 1}", seq) for n in (1, 2) for seq in range(1, 501)]


def test_abnormal_end_is_mended(broker, box):
    """When something of ours fails in mid-session, nobody is left believing in a connection that no one serves."""
    one = box(broker.port)
    one.await_up()
    one.room.clock = object()  # cannot be encoded
    wait_for(lambda: one.links == [True, False], what="the end")
    assert not one.output.connected
