"""v3 agents that start anew or keep a user out, against a real `snmpd`: told, counted, named."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from agent.core.inputs import Input, PollFailed, Restarted
from agent.sources.errors import NoAnswer, PollError
from agent.sources.snmp.asking import Asker
from agent.sources.snmp.client import User
from agent.sources.snmp.diagnosis import EVERY, Diagnosis
from agent.sources.snmp.engine import COMPARE_EVERY, Rediscovering
from agent.sources.snmp.poller import SnmpPoller, Target
from agent.sources.snmp.reading import Reader
from tests.parts import snmp_users
from tests.parts.snmp_users import AUTH_PHRASE, LIBRARIES, PRIV_PHRASE, access
from tests.parts.snmpd import Snmpd, free_udp_port
from tests.parts.udp_proxy import UdpProxy, faithful

NAME = "1.3.6.1.2.1.1.5.0"
ADDRESS = "127.0.1.4"

each_library = pytest.mark.parametrize("library", LIBRARIES)


@pytest.fixture
def snmpd(tmp_path: Path) -> Iterator[Snmpd]:
    """An agent that knows the users of the tests."""
    with Snmpd(tmp_path, [ADDRESS], free_udp_port(ADDRESS), extra=snmp_users.config()) as agent:
        yield agent


def polled_around(snmpd: Snmpd, library: str, change: Callable[[], None]) -> list[Input]:
    """What a poller posts when it polls twice, something happens to the agent, and it polls three times more."""
    posts: list[Input] = []

    async def run() -> None:
        how = access("3", ADDRESS, snmpd.port, 2.0)
        with snmp_users.client(library, how) as one:
            now = count(step=COMPARE_EVERY + 1)
            client = Rediscovering(one, lambda what: posts.append(Restarted("a", what)), lambda: next(now))
            target = Target("a", lambda raw: {"name": str(raw[NAME])}, retries=0)
            poller = SnmpPoller(target, Reader(Asker(client), [NAME]), client.renew, posts.append)
            for _ in range(2):
                await poller.poll()
            await asyncio.to_thread(change)
            for _ in range(3):
                await poller.poll()

    asyncio.run(run())
    return posts


def kinds(posts: list[Input]) -> list[str]:
    """The posts by their kind."""
    return [type(post).__name__ for post in posts]


@each_library
def test_another_boot_is_followed_within_the_poll_and_told_once(snmpd: Snmpd, library: str) -> None:
    """The agent starts again with one boot more: no poll fails, and the restart is told."""

    def restart() -> None:
        snmpd.stop()
        snmpd.start()

    posts = polled_around(snmpd, library, restart)
    assert kinds(posts) == ["Polled", "Polled", "Restarted", "Polled", "Polled", "Polled"]
    restarted = next(post for post in posts if isinstance(post, Restarted))
    assert "counts another boot" in restarted.detail


@each_library
def test_another_engine_is_followed_and_told(snmpd: Snmpd, library: str) -> None:
    """The agent lost its identity, as after a change of firmware or of the device."""

    def replace() -> None:
        snmpd.stop()
        snmpd.lose_identity()
        snmpd.start()

    posts = polled_around(snmpd, library, replace)
    assert kinds(posts) == ["Polled", "Polled", "Restarted", "Polled", "Polled", "Polled"]
    restarted = next(post for post in posts if isinstance(post, Restarted))
    assert "another SNMP engine" in restarted.detail


def test_a_lost_datagram_is_no_restart(snmpd: Snmpd) -> None:
    """The agent is looked for again, proves to be the same, and nothing is told."""
    told: list[str] = []

    async def run() -> None:
        proxy = UdpProxy((ADDRESS, snmpd.port))
        await proxy.start()
        with closing(proxy), snmp_users.client("gufo-snmp", access("3", "127.0.0.1", proxy.port, 0.5)) as one:
            client = Rediscovering(one, told.append)
            await client.get([NAME])
            lost = iter([True])
            proxy.manner = lambda answer: [] if next(lost, False) else faithful(answer)
            assert await client.get([NAME]) == {NAME: b"branch"}

    asyncio.run(run())
    assert told == []


@pytest.mark.parametrize(
    ("who", "named"),
    [
        (User("nobody", "SHA-256", AUTH_PHRASE, "AES", PRIV_PHRASE), "does not know the user nobody"),
        (
            User("sha-256-aes", "SHA-256", "another phrase", "AES", PRIV_PHRASE),
            "authentication phrase or protocol",
        ),
        (User("sha-256-aes", "SHA-384", AUTH_PHRASE, "AES", PRIV_PHRASE), "protocol (SHA-384) is wrong"),
        (User("sha-256-aes", "SHA-256", AUTH_PHRASE, "AES", "another phrase"), "privacy phrase or protocol"),
        (User("sha-256-aes", "SHA-256", AUTH_PHRASE, "AES-256", PRIV_PHRASE), "protocol (AES-256) is wrong"),
    ],
    ids=["unknown user", "wrong phrase", "wrong protocol", "wrong privacy phrase", "wrong privacy protocol"],
)
def test_the_cause_of_a_v3_failure_is_named(snmpd: Snmpd, who: User, named: str) -> None:
    """The poll fails as it fails at once; then the cause is told, without the phrases."""
    posts: list[Input] = []

    async def run() -> None:
        how = access("3", ADDRESS, snmpd.port, 0.5, who=lambda: who)
        diagnosis = Diagnosis()

        async def diagnose(error: PollError) -> PollError:
            return await diagnosis.explain(how, error)

        with snmp_users.client("gufo-snmp", how) as one:
            target = Target("a", lambda raw: {"name": str(raw[NAME])}, retries=0)
            await SnmpPoller(target, Reader(Asker(one), [NAME]), one.renew, posts.append, diagnose).poll()

    asyncio.run(run())
    assert kinds(posts) == ["PollFailed", "PollFailed"]
    last = posts[-1]
    assert isinstance(last, PollFailed)
    assert last.cause == "auth"
    assert named in last.detail
    assert "phrase to" not in last.detail


def test_a_dead_agent_stays_without_a_reply() -> None:
    """Nobody is blamed for what silence does not say."""
    port = free_udp_port(ADDRESS)
    error = NoAnswer("nothing")
    assert asyncio.run(Diagnosis().explain(access("3", ADDRESS, port, 0.3), error)) is error


def test_an_agent_is_diagnosed_rarely(snmpd: Snmpd) -> None:
    """Within five minutes the last finding stands; another user or phrase is another question, and asked at once."""
    now = [0.0]
    error = NoAnswer("nothing")
    nobody = User("nobody", "SHA-256", AUTH_PHRASE, "AES", PRIV_PHRASE)
    wrong = User("sha-256-aes", "SHA-256", AUTH_PHRASE, "AES", "another phrase")
    who = [nobody]

    async def run() -> list[str]:
        diagnosis, found = Diagnosis(lambda: now[0]), []
        how = access("3", ADDRESS, snmpd.port, 0.5, who=lambda: who[0])
        for moment, one in (
            (0.0, nobody),
            (EVERY - 1, nobody),
            (EVERY - 1, wrong),
            (EVERY, snmp_users.user()),
        ):
            now[0], who[0] = moment, one
            found.append(str(await diagnosis.explain(how, error)))
        return found

    first, again, other, good = asyncio.run(run())
    assert "does not know the user" in first
    assert again == first
    assert "privacy phrase" in other
    assert good == "nothing"
