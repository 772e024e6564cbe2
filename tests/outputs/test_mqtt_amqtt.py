"""The cases of the matrix that amqtt, a real broker of 3.1.1 only, can play."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.outputs.box import QUICK, TOPICS
from tests.outputs.brokers import make_papers, secret
from tests.outputs.test_mqtt import ids
from tests.parts.amqtt_broker import Amqtt
from tests.parts.listener import Listener
from tests.parts.relay import Relay
from tests.waiting import wait_for

pytest.importorskip("amqtt", reason="no amqtt here: the extra [demo]")
pytestmark = pytest.mark.slow
IMPATIENT = replace(QUICK, connect=2.0)
"""amqtt says nothing at all to who speaks 5."""


@pytest.mark.parametrize("version", ["3.1.1", "auto"])
def test_good_day(tmp_path, box, version):
    """Birth in 3.1.1 however it is configured, a retained alarm, and events in order through a cut link."""
    with Amqtt(tmp_path) as broker, Listener(broker.port) as early, Relay(broker.port) as relay:
        one = box(relay.port, broker={"mqtt": version}, alarms=["ups-1.on-battery"], pace=IMPATIENT)
        birth = early.await_message(lambda m: m.topic == TOPICS.status and m.json["online"], "the birth")
        assert birth.json["mqtt"] == "3.1.1"
        one.submit(150)
        wait_for(lambda: len(early.events()) > 20, 60, "some events")
        relay.shut()
        one.submit(50)
        wait_for(lambda: not one.output.connected, what="the loss")
        relay.open()
        one.await_drained()
        wait_for(lambda: len(ids(early.events())) == 200, 60, "all events")
        assert [seq for _, seq in ids(early.events())] == list(range(1, 201))
        with Listener(broker.port) as late:
            alarm = late.await_message(lambda m: "/alarm/" in m.topic, "the alarm")
        assert alarm.retained
        one.stop()


def test_five_refused(tmp_path, box):
    """Told to speak only 5 to a broker that answers nothing to it, the box says that it is silent."""
    with Amqtt(tmp_path) as broker:
        one = box(broker.port, broker={"mqtt": "5"}, pace=IMPATIENT)
        wait_for(lambda: one.output.state.trouble == "silent", 30, "the trouble")
        wait_for(lambda: one.output.state.next_try is not None, what="the next attempt")
        one.stop()
        assert one.links == [False]


def test_will(tmp_path):
    """A box that is killed leaves its will."""
    with Amqtt(tmp_path) as broker, Listener(broker.port, TOPICS.status) as noc:
        settings = json.dumps({"mqtt": "3.1.1"})
        command = [sys.executable, "-m", "tests.outputs.box", tmp_path / "data", str(broker.port), settings]
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
        process = subprocess.Popen(command, env=environment)
        try:
            noc.await_message(lambda m: m.json["online"], "the birth")
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(20)
        noc.await_message(lambda m: not m.json["online"], "the will")


def test_tls(tmp_path, box):
    """TLS with a private authority; another authority's certificate is refused by a word of its own."""
    papers = make_papers(tmp_path)
    listener = {"ssl": True, "certfile": str(papers.server.cert), "keyfile": str(papers.server.key)}
    with Amqtt(tmp_path, listener) as broker:
        one = box(broker.port, broker={"mqtt": "auto", "ca_file": str(papers.ca)}, pace=IMPATIENT)
        one.submit(20)
        one.await_drained()
        assert one.output.state.version == "3.1.1"
        one.stop()
        two = box(broker.port, broker={"mqtt": "3.1.1", "ca_file": str(papers.strangers.file)})
        wait_for(lambda: two.output.state.trouble == "unknown-authority", what="the refusal")
        two.stop()


def test_password(tmp_path, box):
    """A right password is accepted, a wrong one told by its word."""
    hashed = pytest.importorskip("pwdlib.hashers.argon2").Argon2Hasher().hash("right-word")
    users = tmp_path / "users"
    users.write_text(f"box:{hashed}\n")
    plugins = {"amqtt.plugins.authentication.FileAuthPlugin": {"password_file": str(users)}}
    with Amqtt(tmp_path, plugins=plugins) as broker:
        word = secret(tmp_path, "wrong-word")
        one = box(broker.port, broker={"mqtt": "3.1.1", "user": "box", "password_file": word})
        wait_for(lambda: one.output.state.trouble == "credentials-refused", 60, "the refusal")
        secret(tmp_path, "right-word")
        one.await_up()
        one.stop()
