"""SNMP in all versions and by both libraries, against a real `snmpd`, directly and through a proxy that misbehaves."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.core.inputs import Input, Polled, PollFailed
from agent.core.model import Bad, Value
from agent.sources.errors import Garbled, NoAnswer, NotAuthentic, NothingListens, PollError
from agent.sources.snmp.asking import PDU_OIDS, Asker
from agent.sources.snmp.client import Access, Client, Community, Raw, User
from agent.sources.snmp.libraries import Libraries
from agent.sources.snmp.poller import SnmpPoller, Target
from agent.sources.snmp.reading import Reader
from agent.sources.snmp.walking import walk
from tests.parts import snmp_users
from tests.parts.small_agent import SmallAgent
from tests.parts.snmp_users import HOWS, LIBRARIES, PROTOCOLS, access
from tests.parts.snmpd import Snmpd, free_udp_port
from tests.parts.udp_proxy import UdpProxy, faithful
from tests.waiting import wait_for

NAME = "1.3.6.1.2.1.1.5.0"
OBJECT_ID = "1.3.6.1.2.1.1.2.0"
OURS = "1.3.6.1.4.1.8072.9999.7"
ABSENT = "1.3.6.1.4.1.8072.9999.7.99.0"

T = TypeVar("T")

each_how = pytest.mark.parametrize(("library", "version"), HOWS)
each_library = pytest.mark.parametrize("library", LIBRARIES)


@pytest.fixture(scope="module")
def snmpd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snmpd]:
    """One agent for all tests of this file."""
    values: dict[str, int | str] = {f"{OURS}.{n}.0": n for n in range(1, 61)}
    folder = tmp_path_factory.mktemp("snmpd")
    addresses = ["127.0.1.1", "127.0.1.2"]
    with Snmpd(folder, addresses, free_udp_port(), values, (OURS,), snmp_users.config()) as agent:
        yield agent


def ask(library: str, how: Access, question: Callable[[Client], Awaitable[T]]) -> T:
    """The outcome of what one client is asked."""

    async def run() -> T:
        with snmp_users.client(library, how) as one:
            return await question(one)

    return asyncio.run(run())


@each_how
def test_values_come_and_what_is_absent_is_absent(snmpd: Snmpd, library: str, version: str) -> None:
    """Types as on the wire; more than one request's worth in one call, one of them unknown to the agent."""
    oids = [NAME, OBJECT_ID, ABSENT, *(f"{OURS}.{n}.0" for n in range(1, 61))]
    how = access(version, "127.0.1.1", snmpd.port)
    values = ask(library, how, lambda one: Asker(one, spoils=version == "1").get(oids))
    assert values[NAME] == b"branch"
    assert values[OBJECT_ID] == "1.3.6.1.4.1.8072.3.2.10"
    assert ABSENT not in values
    assert [values[f"{OURS}.{n}.0"] for n in range(1, 61)] == list(range(1, 61))


@each_how
def test_a_walk_tells_all_below_and_nothing_else(snmpd: Snmpd, library: str, version: str) -> None:
    """In the agent's order, whatever the number of rows in one answer; nothing for what is not there."""
    how = access(version, "127.0.1.1", snmpd.port)
    rows = ask(library, how, lambda one: walk(one, OURS, 7))
    assert rows == [(f"{OURS}.{n}.0", n) for n in range(1, 61)]
    assert ask(library, how, lambda one: walk(one, f"{OURS}.77", 20)) == []


@each_library
@pytest.mark.parametrize(("auth", "priv"), PROTOCOLS)
def test_every_protocol_of_v3(snmpd: Snmpd, library: str, auth: str, priv: str) -> None:
    """SHA-1 to SHA-512 with AES of 128, 192 and 256 bits."""
    how = access("3", "127.0.1.1", snmpd.port, who=lambda: snmp_users.user(auth, priv))
    assert ask(library, how, lambda one: one.get([NAME])) == {NAME: b"branch"}


@each_how
def test_silence_is_told(snmpd: Snmpd, library: str, version: str) -> None:
    """Frozen: nothing comes in time."""
    snmpd.freeze()
    try:
        with pytest.raises(NoAnswer):
            ask(library, access(version, "127.0.1.1", snmpd.port, 0.3), lambda one: one.get([NAME]))
    finally:
        snmpd.thaw()


@pytest.mark.parametrize("version", snmp_users.VERSIONS)
def test_a_closed_port_is_told_from_silence(version: str) -> None:
    """Nothing listens: the host lives, the process does not. pysnmp's one socket for all agents cannot hear that."""
    port = free_udp_port("127.0.1.1")
    with pytest.raises(NothingListens):
        ask("gufo-snmp", access(version, "127.0.1.1", port), lambda one: one.get([NAME]))
    with pytest.raises(NoAnswer):
        ask("pysnmp", access(version, "127.0.1.1", port, 0.3), lambda one: one.get([NAME]))


@pytest.mark.parametrize(("library", "version"), [how for how in HOWS if how[1] != "3"])
def test_a_wrong_community_is_silence(snmpd: Snmpd, library: str, version: str) -> None:
    """SNMP v1 and v2c tell no more than that, and the community is not in the message."""
    how = access(version, "127.0.1.1", snmpd.port, 0.3, who=lambda: Community("secret-word"))
    with pytest.raises(NoAnswer) as error:
        ask(library, how, lambda one: one.get([NAME]))
    assert "secret-word" not in str(error.value)


@each_library
@pytest.mark.parametrize(
    "who",
    [
        User("nobody", "SHA-256", snmp_users.AUTH_PHRASE, "AES", snmp_users.PRIV_PHRASE),
        User("sha-256-aes", "SHA-256", "another phrase", "AES", snmp_users.PRIV_PHRASE),
        User("sha-256-aes", "SHA-512", snmp_users.AUTH_PHRASE, "AES", snmp_users.PRIV_PHRASE),
        User("sha-256-aes", "SHA-256", snmp_users.AUTH_PHRASE, "AES", "another phrase"),
    ],
    ids=["unknown user", "wrong phrase", "wrong protocol", "wrong privacy phrase"],
)
def test_who_does_not_belong_reads_nothing(snmpd: Snmpd, library: str, who: User) -> None:
    """Refused, or left without an answer where the agent cannot even decrypt; no phrase is in the message."""
    how = access("3", "127.0.1.1", snmpd.port, 0.5, who=lambda: who)
    with pytest.raises(PollError) as error:
        ask(library, how, lambda one: one.get([NAME]))
    assert isinstance(error.value, NotAuthentic | NoAnswer)
    assert "phrase" not in str(error.value)


async def asked_at_last(one: Client) -> None:
    """Have a session stand, however long the machine takes for it."""
    for _ in range(100):
        with suppress(PollError):
            await one.get([NAME])
            return
        one.renew()


def through_proxy(  # noqa: PLR0917  # a test says them all
    snmpd: Snmpd,
    manner,
    timeout: float = 0.5,
    calls: int = 1,
    library: str = "gufo-snmp",
    version: str = "2c",
) -> list[Mapping[str, Raw] | Exception]:
    """The outcome of some calls in a row through a proxy with a manner, which begins once a session stands."""

    async def run() -> list[Mapping[str, Raw] | Exception]:
        proxy = UdpProxy(("127.0.1.1", snmpd.port))
        await proxy.start()
        outcomes: list[Mapping[str, Raw] | Exception] = []
        how = access(version, "127.0.0.1", proxy.port, timeout)
        with closing(proxy), snmp_users.client(library, how) as one:
            await asked_at_last(one)
            proxy.manner = manner
            for number in range(calls):
                try:
                    outcomes.append(await one.get([f"{OURS}.{number + 1}.0"]))
                except PollError as error:
                    outcomes.append(error)
        return outcomes

    return asyncio.run(run())


@each_how
def test_a_late_answer_is_not_taken_for_the_next(snmpd: Snmpd, library: str, version: str) -> None:
    """The first answer comes after its deadline, in the middle of the second call: the second gets its own value."""
    delays = iter([1.6, 0.0, 0.0])

    def manner(answer: bytes) -> list[tuple[float, bytes]]:
        return [(next(delays), answer)]

    first, second, third = through_proxy(snmpd, manner, 1.2, calls=3, library=library, version=version)
    assert isinstance(first, NoAnswer)
    assert second == {f"{OURS}.2.0": 2}
    assert third == {f"{OURS}.3.0": 3}


@each_how
def test_a_late_answer_replayed_during_a_slow_one_is_passed_over(
    snmpd: Snmpd, library: str, version: str
) -> None:
    """While the second answer is still on its way, the first arrives, twice: it is not the second's."""
    kept: list[bytes] = []

    def manner(answer: bytes) -> list[tuple[float, bytes]]:
        kept.append(answer)
        if len(kept) == 1:
            return []
        return [(0.02, kept[0]), (0.05, kept[0]), (0.2, answer)]

    first, second = through_proxy(snmpd, manner, 1.5, calls=2, library=library, version=version)
    assert isinstance(first, NoAnswer)
    assert second == {f"{OURS}.2.0": 2}


@each_how
def test_a_doubled_answer_is_harmless(snmpd: Snmpd, library: str, version: str) -> None:
    """Each answer twice: every call gets its own."""
    outcomes = through_proxy(
        snmpd, lambda answer: [(0.0, answer), (0.01, answer)], calls=4, library=library, version=version
    )
    assert outcomes == [{f"{OURS}.{n}.0": n} for n in range(1, 5)]


@each_how
@pytest.mark.parametrize(
    "spoil",
    [
        lambda answer: answer[:10],
        lambda _: b"",
        lambda _: b"\xff" * 1400,
        lambda answer: answer[:-1] + b"\x00\x00",
        lambda answer: b"\x30\x84\xff\xff\xff\xff" + answer,
    ],
    ids=["truncated", "empty", "noise", "longer", "length beyond the datagram"],
)
def test_what_is_no_answer_is_an_error_and_never_a_value(
    snmpd: Snmpd, spoil, library: str, version: str
) -> None:
    """Truncated, empty or forged: the call fails in time, and the next one works."""
    answers = iter(range(100))

    def manner(answer: bytes) -> list[tuple[float, bytes]]:
        return [(0.0, spoil(answer))] if next(answers) == 0 else faithful(answer)

    first, second = through_proxy(snmpd, manner, calls=2, library=library, version=version)
    assert isinstance(first, NoAnswer | Garbled) or first == {f"{OURS}.1.0": 1}
    assert second == {f"{OURS}.2.0": 2}


_changes = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("library", "version"), [("gufo-snmp", "1"), ("gufo-snmp", "2c"), ("gufo-snmp", "3")]
)
@settings(max_examples=100, deadline=None)
@given(spoil=st.one_of(st.binary(max_size=200), _changes))
def test_no_datagram_is_taken_for_an_answer_or_ends_the_poller(
    snmpd: Snmpd, library: str, version: str, spoil: bytes | list[tuple[float, int]]
) -> None:
    """Random bytes, and real answers with some bytes changed: an error of ours or a whole answer, nothing else."""

    def manner(answer: bytes) -> list[tuple[float, bytes]]:
        if isinstance(spoil, bytes):
            return [(0.0, spoil)]
        spoilt = bytearray(answer)
        for where, byte in spoil:
            spoilt[int(where * len(spoilt))] = byte
        return [(0.0, bytes(spoilt))]

    (outcome,) = through_proxy(snmpd, manner, timeout=0.05, library=library, version=version)
    assert isinstance(outcome, NoAnswer | NotAuthentic | Garbled | Mapping)


def test_an_answer_from_another_address_is_not_taken(snmpd: Snmpd) -> None:
    """A connected socket hears only its agent."""

    async def run() -> None:
        proxy = UdpProxy(("127.0.1.1", snmpd.port))
        await proxy.start()

        def manner(answer: bytes) -> list[tuple[float, bytes]]:
            client_address = next(iter(proxy._clients))
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                other.bind(("127.0.0.9", 0))
                other.sendto(answer, client_address)
            return []

        proxy.manner = manner
        how = access("2c", "127.0.0.1", proxy.port, 0.5)
        with closing(proxy), snmp_users.client("gufo-snmp", how) as one, pytest.raises(NoAnswer):
            await one.get([NAME])

    asyncio.run(run())


def plain(raw: Mapping[str, Raw]) -> Mapping[str, Value | Bad]:
    """Values as they are, by OID."""
    return {oid: value if isinstance(value, int) else str(value) for oid, value in raw.items()}


def poller(  # noqa: PLR0917  # a test says them all
    name: str, one: Client, posts: list[Input], oid: str = NAME, interval: float = 10.0, retries: int = 1
) -> SnmpPoller:
    """A poller of one variable."""
    target = Target(name, plain, interval, retries)
    return SnmpPoller(target, Reader(Asker(one), [oid]), one.renew, posts.append)


def test_one_dead_device_does_not_delay_the_others(snmpd: Snmpd) -> None:
    """Nine silent devices and one live one: the live one is polled in every interval."""
    posts: list[Input] = []

    async def run() -> None:
        dead = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(9)]
        for one in dead:
            one.bind(("127.0.1.1", 0))
        ports = {f"dead-{n}": one.getsockname()[1] for n, one in enumerate(dead)} | {"live": snmpd.port}
        libraries = Libraries()
        pollers = [
            poller(name, libraries.client(access("2c", "127.0.1.1", port, 5.0)), posts, interval=0.1)
            for name, port in ports.items()
        ]
        tasks = [asyncio.create_task(one.run()) for one in pollers]
        await asyncio.to_thread(wait_for, lambda: sum(isinstance(post, Polled) for post in posts) >= 10)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        libraries.close()
        for one in dead:
            one.close()

    asyncio.run(run())
    assert [post for post in posts if isinstance(post, PollFailed)] == []
    assert {post.device for post in posts} == {"live"}


@each_library
def test_an_agent_that_was_restarted_is_polled_again(tmp_path: Path, library: str) -> None:
    """Failures, then answers: through a new session, without a restart of ours."""
    posts: list[Input] = []
    port = free_udp_port("127.0.1.3")
    agent = Snmpd(tmp_path, ["127.0.1.3"], port)

    async def run() -> None:
        with snmp_users.client(library, access("2c", "127.0.1.3", port, 0.5)) as one:
            polling = poller("a", one, posts, retries=0)
            agent.start()
            await polling.poll()
            agent.stop()
            for _ in range(4):
                await polling.poll()
            await asyncio.to_thread(agent.start)
            await polling.poll()
            agent.stop()

    asyncio.run(run())
    kinds = [post.cause if isinstance(post, PollFailed) else "polled" for post in posts]
    silence = "refused" if library == "gufo-snmp" else "timeout"
    assert kinds == ["polled", *[silence] * 4, "polled"]


@pytest.mark.parametrize("version", ["1", "2c"])
def test_an_agent_that_bears_no_big_request_is_asked_in_parts(version: str) -> None:
    """TooBig for more than five variables: the values come all the same, and the size is learnt."""
    with SmallAgent(5) as agent:

        async def question(one: Client) -> tuple[Mapping[str, Raw], int, Mapping[str, Raw], int]:
            asker = Asker(one, spoils=version == "1")
            oids = [f"{OURS}.{n}.0" for n in range(PDU_OIDS)]
            first = await asker.get(oids)
            learning, agent.requests = agent.requests, 0
            return first, learning, await asker.get(oids), agent.requests

        how = access(version, "127.0.0.1", agent.port)
        first, learning, second, later = ask("gufo-snmp", how, question)
    assert len(first) == len(second) == PDU_OIDS
    assert later < learning
