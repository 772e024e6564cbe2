"""The SNMP client and poller against a real `snmpd`, directly and through a proxy that misbehaves."""

import asyncio
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.core.inputs import Input, Polled, PollFailed
from agent.core.model import Bad, Value
from agent.sources.errors import Garbled, NoAnswer, NothingListens
from agent.sources.snmp import SnmpPoller, Target
from agent.sources.snmp_client import Raw, SnmpClient
from tests.parts.snmpd import Snmpd, free_udp_port
from tests.parts.udp_proxy import UdpProxy, faithful
from tests.waiting import wait_for

NAME = "1.3.6.1.2.1.1.5.0"
OURS = "1.3.6.1.4.1.8072.9999.7"
ABSENT = "1.3.6.1.4.1.8072.9999.7.99.0"


@pytest.fixture(scope="module")
def snmpd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snmpd]:
    """One agent for all tests of this file."""
    values: dict[str, int | str] = {f"{OURS}.{n}.0": n for n in range(1, 61)}
    folder = tmp_path_factory.mktemp("snmpd")
    with Snmpd(folder, ["127.0.1.1", "127.0.1.2"], free_udp_port(), values, (OURS,)) as agent:
        yield agent


def client(
    port: int, address: str = "127.0.1.1", timeout: float = 2.0, community: str = "public"
) -> SnmpClient:
    """A client of an agent or of the proxy before it."""
    return SnmpClient(address, port, lambda: community, timeout)


def test_values_come_and_what_is_absent_is_absent(snmpd: Snmpd) -> None:
    """Types as on the wire; more than one request's worth in one call."""
    oids = [NAME, ABSENT, *(f"{OURS}.{n}.0" for n in range(1, 61))]
    values = asyncio.run(client(snmpd.port).get(oids))
    assert values[NAME] == b"branch"
    assert ABSENT not in values
    assert [values[f"{OURS}.{n}.0"] for n in range(1, 61)] == list(range(1, 61))


def test_a_closed_port_is_told_from_silence(snmpd: Snmpd) -> None:
    """Nothing listens: the host lives, the process does not. Frozen: nothing comes in time."""
    port = free_udp_port("127.0.1.1")
    with pytest.raises(NothingListens):
        asyncio.run(client(port).get([NAME]))
    snmpd.freeze()
    try:
        with pytest.raises(NoAnswer):
            asyncio.run(client(snmpd.port, timeout=0.3).get([NAME]))
    finally:
        snmpd.thaw()


def test_a_wrong_community_is_silence(snmpd: Snmpd) -> None:
    """SNMP v2c tells no more than that, and the community is not in the message."""
    with pytest.raises(NoAnswer) as error:
        asyncio.run(client(snmpd.port, timeout=0.3, community="secret-word").get([NAME]))
    assert "secret-word" not in str(error.value)


def through_proxy(
    snmpd: Snmpd, manner, timeout: float = 0.5, calls: int = 1
) -> list[Mapping[str, Raw] | Exception]:
    """The outcome of some calls in a row through a proxy with a manner."""

    async def run() -> list[Mapping[str, Raw] | Exception]:
        proxy = UdpProxy(("127.0.1.1", snmpd.port))
        await proxy.start()
        proxy.manner = manner
        one = client(proxy.port, "127.0.0.1", timeout)
        outcomes: list[Mapping[str, Raw] | Exception] = []
        with closing(proxy):
            for number in range(calls):
                try:
                    outcomes.append(await one.get([f"{OURS}.{number + 1}.0"]))
                except (NoAnswer, Garbled) as error:
                    outcomes.append(error)
        return outcomes

    return asyncio.run(run())


def test_a_late_answer_is_not_taken_for_the_next(snmpd: Snmpd) -> None:
    """The first answer comes after its deadline, in the middle of the second call: the second gets its own value."""
    delays = iter([0.7, 0.0, 0.0])

    def manner(answer: bytes) -> list[tuple[float, bytes]]:
        return [(next(delays), answer)]

    first, second, third = through_proxy(snmpd, manner, calls=3)
    assert isinstance(first, NoAnswer)
    assert second == {f"{OURS}.2.0": 2}
    assert third == {f"{OURS}.3.0": 3}


def test_a_late_answer_replayed_during_a_slow_one_is_passed_over(snmpd: Snmpd) -> None:
    """While the second answer is still on its way, the first arrives: it is not the second's."""
    kept: list[bytes] = []

    def manner(answer: bytes) -> list[tuple[float, bytes]]:
        kept.append(answer)
        if len(kept) == 1:
            return []
        return [(0.05, kept[0]), (0.2, answer)]

    first, second = through_proxy(snmpd, manner, calls=2)
    assert isinstance(first, NoAnswer)
    assert second == {f"{OURS}.2.0": 2} or isinstance(second, Garbled | NoAnswer)


def test_a_doubled_answer_is_harmless(snmpd: Snmpd) -> None:
    """Each answer twice: every call gets its own."""
    outcomes = through_proxy(snmpd, lambda answer: [(0.0, answer), (0.01, answer)], calls=4)
    values = [outcome for outcome in outcomes if not isinstance(outcome, Exception)]
    assert values == [{f"{OURS}.{n}.0": n} for n in range(1, 5)]


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
def test_what_is_no_answer_is_an_error_and_never_a_value(snmpd: Snmpd, spoil) -> None:
    """Truncated, empty or forged: the call fails in time, and the next one works."""
    answers = iter(range(100))

    def manner(answer: bytes) -> list[tuple[float, bytes]]:
        return [(0.0, spoil(answer))] if next(answers) == 0 else faithful(answer)

    first, second = through_proxy(snmpd, manner, calls=2)
    assert isinstance(first, NoAnswer | Garbled) or first == {f"{OURS}.1.0": 1}
    assert second == {f"{OURS}.2.0": 2}


_changes = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=4)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=200), _changes))
def test_no_datagram_is_taken_for_an_answer_or_ends_the_poller(
    snmpd: Snmpd, spoil: bytes | list[tuple[float, int]]
) -> None:
    """Random bytes, and real answers with some bytes changed: an error of ours or a whole answer, nothing else."""

    def manner(answer: bytes) -> list[tuple[float, bytes]]:
        if isinstance(spoil, bytes):
            return [(0.0, spoil)]
        spoilt = bytearray(answer)
        for where, byte in spoil:
            spoilt[int(where * len(spoilt))] = byte
        return [(0.0, bytes(spoilt))]

    (outcome,) = through_proxy(snmpd, manner, timeout=0.05)
    assert isinstance(outcome, NoAnswer | Garbled | Mapping)


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
        with closing(proxy), pytest.raises(NoAnswer):
            await client(proxy.port, "127.0.0.1", 0.5).get([NAME])

    asyncio.run(run())


def plain(raw: Mapping[str, Raw]) -> Mapping[str, Value | Bad]:
    """Values as they are, by OID."""
    return {oid: value if isinstance(value, int) else str(value) for oid, value in raw.items()}


def test_one_dead_device_does_not_delay_the_others(snmpd: Snmpd) -> None:
    """Nine silent devices and one live one: the live one is polled in every interval."""
    posts: list[Input] = []

    async def run() -> None:
        dead = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(9)]
        for one in dead:
            one.bind(("127.0.1.1", 0))
        clients = {f"dead-{n}": client(one.getsockname()[1], timeout=5.0) for n, one in enumerate(dead)}
        clients["live"] = client(snmpd.port)
        pollers = [
            SnmpPoller(Target(name, (NAME,), plain, interval=0.1), one, posts.append)
            for name, one in clients.items()
        ]
        tasks = [asyncio.create_task(poller.run()) for poller in pollers]
        await asyncio.to_thread(wait_for, lambda: sum(isinstance(post, Polled) for post in posts) >= 10)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for one in dead:
            one.close()

    asyncio.run(run())
    assert [post for post in posts if isinstance(post, PollFailed)] == []
    assert {post.device for post in posts} == {"live"}


def test_an_unchanged_answer_is_the_very_same_mapping(snmpd: Snmpd) -> None:
    """So that the core knows it at a glance."""
    posts: list[Input] = []

    async def run() -> None:
        poller = SnmpPoller(Target("a", (f"{OURS}.1.0",), plain), client(snmpd.port), posts.append)
        await poller.poll()
        await poller.poll()

    asyncio.run(run())
    first, second = posts
    assert isinstance(first, Polled)
    assert isinstance(second, Polled)
    assert first.values is second.values


def test_an_agent_that_was_restarted_is_polled_again(tmp_path: Path) -> None:
    """Failures, then answers: through a new session, without a restart of ours."""
    posts: list[Input] = []
    port = free_udp_port("127.0.1.3")
    agent = Snmpd(tmp_path, ["127.0.1.3"], port)

    async def run() -> None:
        poller = SnmpPoller(
            Target("a", (NAME,), plain, retries=0), client(port, "127.0.1.3", 0.5), posts.append
        )
        agent.start()
        await poller.poll()
        agent.stop()
        for _ in range(4):
            await poller.poll()
        await asyncio.to_thread(agent.start)
        await poller.poll()
        agent.stop()

    asyncio.run(run())
    kinds = [post.cause if isinstance(post, PollFailed) else "polled" for post in posts]
    assert kinds == ["polled", "refused", "refused", "refused", "refused", "polled"]
