"""Every version of MQTT against every kind of broker, on a real Mosquitto: what must hold on each, and what each refuses."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agent.outputs.mqtt_memory import FILE
from tests.outputs.box import TOPICS
from tests.outputs.brokers import KINDS, Papers, kind, make_papers, noc, running, secret, tls_lines
from tests.outputs.test_mqtt import ids
from tests.parts.listener import Listener
from tests.parts.mosquitto import PROGRAM, Mosquitto
from tests.parts.relay import Relay
from tests.waiting import wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="no mosquitto here: make parts"),
]
SPOKEN = {"5": "5", "3.1.1": "3.1.1", "auto": "5"}
"""What is spoken to a broker that speaks both."""


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    """The certificates of this run."""
    return make_papers(tmp_path_factory.mktemp("papers"))


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("version", SPOKEN)
def test_good_day(tmp_path, box, papers, version, name):
    """Birth, a retained alarm for who comes late, and events at QoS 1 that keep their order through a cut link."""
    with (
        running(name, tmp_path, papers) as (broker, one),
        noc(broker.port, one, papers) as early,
        Relay(broker.port) as relay,
    ):
        made = box(relay.port, broker=one.box | {"mqtt": version}, alarms=["ups-1.on-battery"])
        birth = early.await_message(lambda m: m.topic == TOPICS.status and m.json["online"], "the birth")
        assert birth.json["mqtt"] == SPOKEN[version]
        made.submit(600)
        wait_for(lambda: len(early.events()) > 100, 60, "some events")
        relay.shut()
        made.submit(400)
        wait_for(lambda: not made.output.connected, what="the loss")
        relay.open()
        made.await_drained()
        wait_for(lambda: len(ids(early.events())) == 1_000, 60, "all events")
        assert [seq for _, seq in ids(early.events())] == list(range(1, 1_001))
        assert {message.qos for message in early.at("/event")} == {1}
        with noc(broker.port, one, papers) as late:
            alarm = late.await_message(lambda m: "/alarm/" in m.topic, "the alarm")
        assert alarm.retained
        assert alarm.json["alarm-text"] == "on battery"
        made.stop()


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("version", SPOKEN)
def test_will(tmp_path, papers, version, name):
    """A box that is killed leaves its will at every kind of broker."""
    with running(name, tmp_path, papers) as (broker, one):
        settings = json.dumps(one.box | {"mqtt": version})
        command = [sys.executable, "-m", "tests.outputs.box", tmp_path / "data", str(broker.port), settings]
        with noc(broker.port, one, papers, TOPICS.status) as ear:
            environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
            process = subprocess.Popen(command, env=environment)
            try:
                birth = ear.await_message(lambda m: m.json["online"], "the birth")
            finally:
                process.send_signal(signal.SIGKILL)
                process.wait(20)
            will = ear.await_message(lambda m: not m.json["online"], "the will")
        assert birth.json["mqtt"] == will.json["mqtt"] == SPOKEN[version]


def refuse_five(first: bytes) -> bytes | None:
    """Say no to a CONNECT of level 5, as a broker of 3.1.1 does."""
    return bytes([0x20, 2, 0, 1]) if first[first.index(b"MQTT") + 4] == 5 else None


def wrong_password(folder: Path, papers: Papers) -> tuple[str, dict[str, str]]:
    """The broker knows the user, not the word."""
    one = kind("password", folder, papers)
    return one.extra, one.box | {"password_file": secret(folder, "not-the-word")}


def no_client_certificate(folder: Path, papers: Papers) -> tuple[str, dict[str, str]]:
    """The broker wants a certificate, the box has none."""
    return kind("certificate", folder, papers).extra, {"ca_file": str(papers.ca)}


def strange_client_certificate(folder: Path, papers: Papers) -> tuple[str, dict[str, str]]:
    """The box's certificate is signed by strangers."""
    pair = papers.strangers.client("box")
    files = {"cert_file": str(pair.cert), "key_file": str(pair.key)}
    return kind("certificate", folder, papers).extra, {"ca_file": str(papers.ca)} | files


def expired_client_certificate(folder: Path, papers: Papers) -> tuple[str, dict[str, str]]:
    """The box's certificate has expired."""
    pair = papers.authority.client("box", expired=True)
    files = {"cert_file": str(pair.cert), "key_file": str(pair.key)}
    return kind("certificate", folder, papers).extra, {"ca_file": str(papers.ca)} | files


def unknown_authority(_folder: Path, papers: Papers) -> tuple[str, dict[str, str]]:
    """The broker's certificate is signed by strangers."""
    return tls_lines(papers.strangers.broker("broker")), {"ca_file": str(papers.ca)}


def expired(_folder: Path, papers: Papers) -> tuple[str, dict[str, str]]:
    """The broker's certificate has expired."""
    return tls_lines(papers.authority.broker("broker", expired=True)), {"ca_file": str(papers.ca)}


def other_host(_folder: Path, papers: Papers) -> tuple[str, dict[str, str]]:
    """The broker's certificate is that of another host."""
    pair = papers.authority.broker("other", host="mqtt.other.example")
    return tls_lines(pair), {"ca_file": str(papers.ca)}


def key_of_another(folder: Path, papers: Papers) -> tuple[str, dict[str, str]]:
    """The box's key does not belong to its certificate."""
    files = {"cert_file": str(papers.box.cert), "key_file": str(papers.noc.key)}
    return kind("certificate", folder, papers).extra, {"ca_file": str(papers.ca)} | files


def plain_where_tls_is_spoken(_folder: Path, papers: Papers) -> tuple[str, dict[str, str]]:
    """The broker speaks TLS on its port, the box does not."""
    return tls_lines(papers.server), {}


def tls_where_none_is_spoken(_folder: Path, papers: Papers) -> tuple[str, dict[str, str]]:
    """The box speaks TLS, the broker does not on this port."""
    return "", {"ca_file": str(papers.ca)}


REFUSALS = {
    wrong_password: {"credentials-refused"},
    no_client_certificate: {"client-certificate-refused"},
    strange_client_certificate: {"client-certificate-refused"},
    expired_client_certificate: {"client-certificate-refused"},
    unknown_authority: {"unknown-authority"},
    expired: {"certificate-expired"},
    other_host: {"hostname-mismatch"},
    key_of_another: {"secret-unusable"},
    plain_where_tls_is_spoken: {"lost", "not-mqtt"},
    tls_where_none_is_spoken: {"tls-failed", "unreachable"},
}


@pytest.fixture(params=REFUSALS, ids=lambda case: case.__name__)
def refusal(request, tmp_path, papers):
    """The broker's configuration, the box's, and the words that fit."""
    return (*request.param(tmp_path, papers), REFUSALS[request.param])


@pytest.mark.parametrize("version", SPOKEN)
def test_refusals(tmp_path, box, caplog, refusal, version):
    """Each refusal has a word of its own in the state and in the log, and nothing secret stands in either."""
    extra, settings, words = refusal
    with Mosquitto(tmp_path, extra) as broker:
        one = box(broker.port, broker=settings | {"mqtt": version})
        wait_for(lambda: one.output.state.trouble in words, 30, f"one of {words}")
        state = one.output.state
        wait_for(lambda: one.output.state.next_try is not None, what="the time of the next attempt")
        one.stop()
    assert not state.connected
    assert state.detail
    assert any(word in caplog.text for word in words)
    for secret_file in (settings.get("password_file"), settings.get("key_file")):
        if secret_file:
            for line in Path(secret_file).read_text().splitlines():
                assert line not in caplog.text + state.detail


def test_five_refused(broker, box, caplog):
    """Told to speak only 5 to a broker that does not, the box says so, and goes on trying."""
    with Relay(broker.port, refuse_five) as relay:
        one = box(relay.port, broker={"mqtt": "5"})
        wait_for(lambda: one.output.state.trouble == "version-refused", what="the refusal")
        one.stop()
    assert "version-refused" in caplog.text


def test_version_is_remembered(tmp_path, broker, box):
    """A broker found to speak only 3.1.1 is spoken to so at once after a restart; another broker is asked for 5."""
    asked: list[int] = []

    def refuse(first: bytes) -> bytes | None:
        asked.append(first[first.index(b"MQTT") + 4])
        return refuse_five(first)

    memory = tmp_path / "memory"
    memory.mkdir()
    kept = set()
    with Relay(broker.port, refuse) as relay:
        for _ in range(2):
            one = box(relay.port, memory=memory)
            one.await_up()
            assert one.output.state.version == "3.1.1"
            wait_for(lambda: any(memory.glob("*.json")), what="the file")
            one.stop()
            kept.add((memory / FILE).read_bytes())
        assert asked == [5, 4, 4]
        assert len(kept) == 1, "what is known is not written again"
    with Listener(broker.port, TOPICS.status):
        one = box(broker.port, memory=memory)
        one.await_up()
        assert one.output.state.version == "5"
