"""Forgetting a site: everything retained of it goes, nothing of its neighbours, and where that fails it is told."""

import itertools
import threading
from collections.abc import Iterable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from agent.cli import main
from agent.cli.storing import BUSY
from agent.config.site import Broker
from agent.outputs.mqtt import Pace
from agent.outputs.mqtt_errors import LostError, SilentError, UnreachableError
from agent.outputs.mqtt_forget import WrittenAnewError, forget
from agent.store.lock import Lock
from tests.outputs.box import SITE, TOPICS
from tests.parts.listener import Listener
from tests.parts.mosquitto import Mosquitto, free_port
from tests.parts.relay import Relay
from tests.waiting import wait_for

QUICK = Pace(connect=5.0, greet=5.0, acknowledge=5.0, leave=2.0, turn=0.2)
ODD = [
    "alarm/ups-1.on-battery",
    "alarm/停电 告警",
    "alarm/a/b//c",
    "alarm/$x?*&\"'",
    "device/Ü",
    "cmd/x",
    "deep/" * 40,
]
OTHERS = [
    "linewarden/v1/sh-0043/status",
    "linewarden/v1/sh-00420/alarm/x",
    "linewarden/v1/sh/0042/status",
    "linewarden/v2/sh-0042/status",
    "linewarden/v1/noc/noc-1/state",
]


def fill(port: int, topics: Iterable[str]) -> None:
    """Have the broker retain something at each."""
    with Listener(port, "none") as noc:
        for topic in topics:
            noc.publish(topic, "x")


def retained(port: int) -> set[str]:
    """Where the broker retains something."""
    with Listener(port) as noc:
        noc.publish("end", "x", retain=False)
        noc.await_message(lambda one: one.topic == "end", "the end of what is retained")
        return {one.topic for one in noc.heard if one.retained}


def of(port: int, **settings: object) -> Broker:
    """The broker's settings in the site file."""
    return replace(Broker(host="127.0.0.1", port=port), **settings)


@pytest.mark.parametrize("mqtt", ["auto", "5", "3.1.1"])
def test_everything_of_the_site_goes_and_nothing_else(broker: Mosquitto, mqtt: str) -> None:
    """Status, root and odd names too; what only looks like the site stays; a second time there is nothing to do."""
    fill(broker.port, [TOPICS.root, TOPICS.status, *(f"{TOPICS.root}/{one}" for one in ODD), *OTHERS])
    assert forget(of(broker.port, mqtt=mqtt), "box", SITE, QUICK) == len(ODD) + 2
    assert retained(broker.port) == set(OTHERS)
    assert forget(of(broker.port, mqtt=mqtt), "box", SITE, QUICK) == 0


@pytest.mark.slow
def test_a_broker_with_short_queues_needs_several_looks(tmp_path: Path) -> None:
    """What it dropped of a look is found by the next one."""
    with Mosquitto(tmp_path, "max_queued_messages 20\nmax_inflight_messages 5\n") as narrow:
        fill(narrow.port, [TOPICS.alarm(f"ups-{n}.on-battery") for n in range(300)])
        assert forget(of(narrow.port), "box", SITE, QUICK) == 300
        assert retained(narrow.port) == set()


def test_what_a_lost_connection_left_is_done_by_the_next_run(broker: Mosquitto) -> None:
    """The loss is told; the will leaves no status behind either."""
    fill(broker.port, [TOPICS.status, *(TOPICS.alarm(f"ups-{n}.on-battery") for n in range(300))])
    with Relay(broker.port) as relay, Listener(broker.port, f"{TOPICS.root}/#") as noc:
        cut = threading.Thread(
            target=lambda: (
                noc.await_message(
                    lambda one: "/alarm/" in one.topic and not one.payload, "the first alarm to go"
                ),
                relay.shut(),
            )
        )
        cut.start()
        with pytest.raises(LostError):
            forget(of(relay.port), "box", SITE, replace(QUICK, window=1, turn=5.0))
        cut.join(20)
        # The first ended the look.
        wait_for(
            lambda: [one.payload for one in noc.at("/status") if not one.retained] == [b"", b""],
            what="the will",
        )
    assert 0 < forget(of(broker.port), "box", SITE, QUICK) < 301
    assert retained(broker.port) == set()


def test_no_broker_is_told() -> None:
    """Nobody listens: at once, not after some deadline."""
    with pytest.raises(UnreachableError):
        forget(of(free_port()), "box", SITE, QUICK)


def test_a_broker_that_lets_nobody_read_is_told(tmp_path: Path) -> None:
    """Its silence must not be taken for an empty tree."""
    acl = tmp_path / "acl"
    acl.write_text("topic write #\n")
    with (
        Mosquitto(tmp_path, f"acl_file {acl}\n") as deaf,
        pytest.raises(SilentError, match="may we read and write there"),
    ):
        forget(of(deaf.port), "box", SITE, replace(QUICK, greet=0.5))


def test_somebody_who_still_publishes_is_told(broker: Mosquitto) -> None:
    """An agent that runs on would have everything stand there again; the second look sees it."""
    topic, looks = TOPICS.alarm("ups-1.on-battery"), itertools.count()
    fill(broker.port, [topic])

    def publish_before_the_second(_: bytes) -> None:
        if next(looks) == 1:
            fill(broker.port, [topic])

    with (
        Relay(broker.port, publish_before_the_second) as relay,
        pytest.raises(WrittenAnewError, match="is its agent still running"),
    ):
        forget(of(relay.port), "box", SITE, QUICK)
    assert next(looks) == 2


# --- the command ----------------------------------------------------------------------------------------------------


def run(folder: Path, port: int, *words: str, language: str = "en") -> Result:
    """The command with a site file for a broker at this port."""
    site = folder / "site.toml"
    site.write_text(
        f'[site]\nid = "{SITE}"\nname = "A"\ntimezone = "UTC"\nlanguage = "{language}"\n'
        f'[agent]\ndata_dir = "{folder}"\n[broker]\nhost = "127.0.0.1"\nport = {port}\n'
    )
    return CliRunner().invoke(main, ["forget", "--site", str(site), *words])


def test_the_command_tells_how_many(broker: Mosquitto, tmp_path: Path) -> None:
    """In the site's language; and that nothing is left."""
    fill(broker.port, [TOPICS.status, TOPICS.alarm("a.b")])
    assert run(tmp_path, broker.port).output == f"2 retained messages of {SITE} emptied, none is left\n"
    done = run(tmp_path, broker.port, language="zh")
    assert (done.exit_code, done.output) == (0, f"服务器上没有 {SITE} 的保留消息\n")


def test_the_noc_forgets_another_site(broker: Mosquitto, tmp_path: Path) -> None:
    """That one alone."""
    fill(broker.port, [TOPICS.status, *OTHERS])
    done = run(tmp_path, broker.port, "--of", "sh-0043")
    assert (done.exit_code, done.output) == (0, "1 retained messages of sh-0043 emptied, none is left\n")
    assert retained(broker.port) == {TOPICS.status, *OTHERS[1:]}


def test_a_broker_that_is_away_is_told_in_a_sentence(tmp_path: Path) -> None:
    """With the address, what it may still hold, and an exit code that a playbook stops at."""
    port = free_port()
    done = run(tmp_path, port)
    assert done.exit_code == 1
    assert done.output.startswith(f"Error: 127.0.0.1:{port} may still retain some of {SITE}: unreachable: ")


def test_a_running_agent_is_left_alone(broker: Mosquitto, tmp_path: Path) -> None:
    """It would publish everything anew; nothing is emptied."""
    fill(broker.port, [TOPICS.status])
    lock = Lock(tmp_path)
    try:
        done = run(tmp_path, broker.port)
    finally:
        lock.release()
    assert done.exit_code == BUSY
    assert "stop the agent first" in done.output
    assert retained(broker.port) == {TOPICS.status}


@settings(max_examples=50)
@given(
    st.text(st.sampled_from("+#/ab-A停 \n"), max_size=70).filter(lambda text: text.strip("ab-") or not text)
)
def test_no_wildcard_is_taken_for_a_site(text: str) -> None:
    """It would empty the whole bank, or the NOC."""
    for word in (text, "noc"):
        done = CliRunner().invoke(main, ["forget", "--site", "none", f"--of={word}"])
        assert done.exit_code == 2
        assert "is not the id of a branch" in done.output
