"""Agents that tell what they were not asked, too much, too slowly or without end, and those who forge their answers."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import TypeVar

import pytest

from agent.config.convert import Conversion
from agent.config.profile import ProfilePoint
from agent.config.tables import cell
from agent.config.words import Wording
from agent.core.inputs import Input, Polled
from agent.core.model import Bad
from agent.sources.errors import Garbled, NoAnswer
from agent.sources.snmp.asking import PDU_OIDS, Asker
from agent.sources.snmp.client import Client, Raw, TooLarge
from agent.sources.snmp.engine import Rediscovering
from agent.sources.snmp.poller import SnmpPoller, Target
from agent.sources.snmp.reading import Reader
from agent.sources.snmp.tables import Rows, Table
from agent.sources.snmp.walking import walk
from tests.parts import snmp_users
from tests.parts.odd_agent import GET, Asked, Manner, OddAgent, Told, at_once, odd_agent, table
from tests.parts.snmp_users import HOWS, LIBRARIES, access
from tests.parts.snmpd import Snmpd, free_udp_port
from tests.parts.udp_proxy import UdpProxy

UPTIME = "1.3.6.1.2.1.1.3.0"
NAME = "1.3.6.1.2.1.1.5.0"
UNASKED = "1.3.6.1.2.1.1.99.0"
NAMES, STATES = "1.3.6.1.2.1.31.1.1.1.1", "1.3.6.1.2.1.2.2.1.8"
MANY = [f"1.3.6.1.4.1.8072.9999.7.{n}.0" for n in range(1, PDU_OIDS + 1)]
GEN_ERR = 5

T = TypeVar("T")

each_library = pytest.mark.parametrize("library", LIBRARIES)
each_plain_how = pytest.mark.parametrize(("library", "version"), [how for how in HOWS if how[1] != "3"])
each_how = pytest.mark.parametrize(("library", "version"), HOWS)


def ask(
    manner: Manner,
    question: Callable[[OddAgent, Client], Awaitable[T]],
    library: str = "gufo-snmp",
    version: str = "2c",
    timeout: float = 20.0,
) -> T:
    """The outcome of what an agent with a manner is asked."""

    async def run() -> T:
        async with odd_agent(manner) as agent:
            with snmp_users.client(library, access(version, "127.0.0.1", agent.port, timeout)) as one:
                return await question(agent, one)

    return asyncio.run(run())


@pytest.fixture(scope="module")
def snmpd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snmpd]:
    """A real agent."""
    folder = tmp_path_factory.mktemp("snmpd")
    with Snmpd(folder, ["127.0.1.6"], free_udp_port("127.0.1.6"), extra=snmp_users.config()) as agent:
        yield agent


def point(name: str, oid: str, **given: object) -> ProfilePoint:
    """A point of a number."""
    return ProfilePoint(**{"name": name, "oid": oid, "text": Wording("x", "某"), **given})


@each_plain_how
def test_what_was_not_asked_for_is_passed_over(library: str, version: str) -> None:
    """A variable more in each answer, with another value each time: neither the client nor the poller minds."""
    posts: list[Input] = []
    values = iter(range(100))

    def tell(asked: Asked) -> bytes:
        return asked.reply([(UNASKED, next(values)), *((oid, 5) for oid in asked.oids)])

    async def question(_: OddAgent, one: Client) -> Mapping[str, Raw]:
        target = Target("a", Conversion([point("up", UPTIME)]))
        poller = SnmpPoller(target, Reader(Asker(one), [UPTIME]), one.renew, posts.append)
        for _poll in range(3):
            await poller.poll()
        return await one.get([UPTIME])

    assert ask(at_once(tell), question, library, version) == {UPTIME: 5}
    assert posts == [Polled("a", {"up": 5})] * 3


@each_plain_how
def test_answers_larger_than_the_library_reads_come_in_parts(library: str, version: str) -> None:
    """24 texts of 255 bytes each: all come, at once, and the next reading knows the size."""
    text = b"x" * 255

    async def question(agent: OddAgent, one: Client) -> tuple[list[int], list[int]]:
        asker = Asker(one, spoils=version == "1")
        counts, requests = [], []
        for _ in range(3):
            agent.asked.clear()
            counts.append(len(await asker.get(MANY)))
            requests.append(len(agent.asked))
        return counts, requests

    tell = at_once(lambda asked: asked.reply((oid, text) for oid in asked.oids))
    # Nobody waits for this deadline: an answer that was cut is told at once.
    counts, requests = ask(tell, question, library, version, timeout=60.0)
    assert counts == [PDU_OIDS] * 3
    assert requests == ([3, 2, 2] if library == "gufo-snmp" else [1, 1, 1])


def test_an_answer_that_grows_too_large_is_found_out() -> None:
    """Its first cut answer is taken for noise until the deadline; the next one is measured."""
    size = [10]

    async def question(_: OddAgent, one: Client) -> list[int | str]:
        asker = Asker(one)
        told: list[int | str] = [len(await asker.get(MANY))]
        size[0] = 255
        for _poll in range(2):
            try:
                told.append(len(await asker.get(MANY)))
            except Garbled as error:
                told.append(type(error).__name__)
        return told

    tell = at_once(lambda asked: asked.reply((oid, b"x" * size[0]) for oid in asked.oids))
    assert ask(tell, question, timeout=0.5) == [PDU_OIDS, "Garbled", PDU_OIDS]


def test_one_variable_too_large_for_the_library_does_not_hide_the_others() -> None:
    """It is absent; and so it is in the readings after."""

    async def question(_: OddAgent, one: Client) -> list[set[str]]:
        asker = Asker(one)
        return [set(await asker.get(MANY)) for _poll in range(3)]

    tell = at_once(
        lambda asked: asked.reply((oid, b"x" * (5000 if oid == MANY[3] else 1)) for oid in asked.oids)
    )
    assert ask(tell, question) == [set(MANY) - {MANY[3]}] * 3


@each_library
def test_rows_of_large_answers_are_found(library: str) -> None:
    """A hundred rows at a time do not fit: fewer are asked for, until they do."""
    rows: list[Told] = [(f"{NAMES}.{n}", b"%03d" % n + b" " * 100) for n in range(1, 251)]

    async def question(_: OddAgent, one: Client) -> Mapping[str, Raw | Bad]:
        wanted = Table(NAMES, {"a": "003", "z": "250"}, (STATES,), cell, repetitions=100)
        reading = Reader(Asker(one), [UPTIME], [Rows(wanted, one)])
        return await reading.read()

    told = ask(at_once(table(rows)), question, library, timeout=20.0)
    there = {cell("present", row): True for row in ("a", "z")}
    assert told == {UPTIME: 7, cell(STATES, "a"): 7, cell(STATES, "z"): 7, **there}


@pytest.mark.slow
@each_how
def test_a_long_table_of_a_real_agent_is_walked_whole(snmpd: Snmpd, library: str, version: str) -> None:
    """The names of installed packages, a hundred at a time or as many as go, are as many as one by one."""
    names = "1.3.6.1.2.1.25.6.3.1.2"

    async def run() -> tuple[int, int]:
        with snmp_users.client(library, access(version, "127.0.1.6", snmpd.port, 20.0)) as one:
            whole = [oid for oid, _ in await walk(one, names, 1)]
            rows = Rows(Table(names, {"none": "no such package"}, (), cell, repetitions=100), one)
            return len(whole), len(await rows._walk(_no_turn))

    one_by_one, together = asyncio.run(run())
    assert one_by_one == together
    assert one_by_one > 0


class _NoTurn:
    async def __aenter__(self) -> None:
        """Nobody else asks."""

    async def __aexit__(self, *_: object) -> None:
        """Nobody waits."""


def _no_turn() -> _NoTurn:
    return _NoTurn()


@each_plain_how
def test_one_refusal_does_not_make_requests_small_for_ever(library: str, version: str) -> None:
    """GenErr now and then: the values come in that poll too, and the next asks for all at once."""
    refuse = [False]

    def tell(asked: Asked) -> bytes:
        refused, refuse[0] = refuse[0], False
        return asked.reply([], GEN_ERR) if refused else asked.reply((oid, 1) for oid in asked.oids)

    async def question(agent: OddAgent, one: Client) -> list[tuple[int, int]]:
        asker = Asker(one, spoils=version == "1")
        polls = []
        for number in range(8):
            refuse[0] = number % 2 == 0
            agent.asked.clear()
            values = await asker.get(MANY)
            polls.append((len(values), len(agent.asked)))
        return polls

    assert ask(at_once(tell), question, library, version) == [(PDU_OIDS, 3), (PDU_OIDS, 1)] * 4


@each_plain_how
def test_small_requests_grow_again(library: str, version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent that bears more after a change is asked for more after a while."""
    monkeypatch.setattr("agent.sources.snmp.asking.GROW_AFTER", 5)
    most = [5]

    def tell(asked: Asked) -> bytes:
        if len(asked.oids) > most[0]:
            return asked.reply([], 1)
        return asked.reply((oid, 1) for oid in asked.oids)

    async def question(agent: OddAgent, one: Client) -> tuple[int, int]:
        asker = Asker(one, spoils=version == "1")
        await asker.get(MANY)
        agent.asked.clear()
        await asker.get(MANY)
        small, most[0] = len(agent.asked), 100
        for _ in range(8 * 5):
            await asker.get(MANY)
        agent.asked.clear()
        await asker.get(MANY)
        return small, len(agent.asked)

    small, later = ask(at_once(tell), question, library, version)
    assert small >= 5
    assert later == 1


@each_library
@pytest.mark.parametrize("way", ["again", "back", "root", "endless"])
def test_rows_without_order_or_end_are_no_table(library: str, way: str) -> None:
    """The walk ends with an error, whatever comes."""
    told = iter(range(1, 10**6))

    def tell(asked: Asked) -> bytes:
        number = next(told)
        place = {"again": 1, "back": 10**6 - number, "root": 0, "endless": number}[way]
        if way == "endless":
            return asked.reply((f"{NAMES}.{number * 100 + n}", b"x") for n in range(100))
        return asked.reply([(f"{NAMES}.{place}" if place else NAMES, b"x")])

    async def question(_: OddAgent, one: Client) -> None:
        await walk(one, NAMES, 100)

    if (library, way) == ("pysnmp", "root"):
        return  # what is not below the root is the end for it
    with pytest.raises(Garbled, match="more than" if way == "endless" else "in order"):
        ask(at_once(tell), question, library)


def slow_table(
    library: str, version: str, delay: float, polls: int
) -> tuple[list[Mapping[str, object]], list[int]]:
    """What a poller posts of an agent with a long table whose last row is wanted, each answer after a while.

    Also how often the agent was asked for rows before each post.
    """
    rows: list[Told] = [(f"{NAMES}.{n}", b"port %d" % n) for n in range(1, 31)]
    posts: list[Mapping[str, object]] = []
    walked: list[int] = []

    async def question(agent: OddAgent, one: Client) -> None:
        def post(one_input: Input) -> None:
            assert isinstance(one_input, Polled)
            posts.append(dict(one_input.values))
            walked.append(sum(asked.kind != GET for asked in agent.asked))

        wanted = Table(NAMES, {"last": "port 30"}, (STATES,), cell, repetitions=1)
        reader = Reader(Asker(one, spoils=version == "1"), [UPTIME], [Rows(wanted, one)])
        states = point("state", cell(STATES, "last"), type="enum", enum={7: "up", -1: "gone"}, absent=-1)
        poller = SnmpPoller(Target("a", Conversion([point("up", UPTIME), states])), reader, one.renew, post)
        for _ in range(polls):
            await poller.poll()
            if posts[-1]["state"] == "up":
                break
        reader.close()

    ask(at_once(table(rows), delay), question, library, version, timeout=1.5)
    return posts, walked


@pytest.mark.slow
@each_plain_how
def test_polls_go_on_while_rows_of_a_slow_table_are_looked_for(library: str, version: str) -> None:
    """No poll waits for the search to end; what is not found yet is bad, and not what its absence would mean."""
    posts, walked = slow_table(library, version, 0.1, 200)
    sought = [values for values in posts if values["state"] != "up"]
    assert {values["up"] for values in posts} == {7}
    assert {values["state"] for values in sought} == {Bad("missing")}
    assert len(sought) > 2
    assert walked[0] < 30
    assert posts[-1]["state"] == "up"
    # What is found while a poll is under way is not taken for a row that moved: one walk is enough.
    assert walked[-1] < 2 * 30


def test_a_search_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent with ever another row, slowly: its search has an end, and is not begun again at once."""
    monkeypatch.setattr("agent.sources.snmp.tables.SEARCH_WITHIN", 0.5)
    numbers = iter(range(1, 10**6))
    now = [0.0]

    async def question(_: OddAgent, one: Client) -> bool:
        rows = Rows(Table(NAMES, {"a": "none"}, (STATES,), cell), one, lambda: now[0])
        with pytest.raises(NoAnswer):
            await rows.search()
        return rows.wants_search

    tell = at_once(lambda asked: asked.reply([(f"{NAMES}.{next(numbers)}", b"x")]), 0.02)
    assert ask(tell, question) is False


@each_library
def test_a_lost_datagram_does_not_end_a_search(library: str) -> None:
    """One answer of many stays out: the row is found all the same."""
    rows: list[Told] = [(f"{NAMES}.{n}", b"port %d" % n) for n in range(1, 9)]
    tell, lost = table(rows), iter([False, False, True])

    async def question(_: OddAgent, one: Client) -> int:
        return len(await walk(one, NAMES, 2))

    def manner(asked: Asked) -> list[tuple[float, bytes]]:
        return [] if next(lost, False) else [(0.0, tell(asked))]

    assert ask(manner, question, library, timeout=0.5) == 8


JUNK = {
    "one byte": lambda _: b"x",
    "nothing": lambda _: b"",
    "text": lambda _: b"hello world hello",
    "v3 head": lambda _: bytes.fromhex("3003020103"),
    "half": lambda answer: answer[: len(answer) // 2],
    "noise": lambda _: b"\xff" * 1400,
}


@each_how
@pytest.mark.parametrize("junk", JUNK)
def test_a_stray_datagram_before_the_answer_is_passed_over(
    snmpd: Snmpd, library: str, version: str, junk: str
) -> None:
    """Anybody can send one: the answer that follows counts, be it the first of a session or a later one."""

    async def run() -> list[Mapping[str, Raw]]:
        proxy = UdpProxy(("127.0.1.6", snmpd.port))
        await proxy.start()
        spoil = JUNK[junk]
        proxy.manner = lambda answer: [(0.0, spoil(answer)), (0.02, answer)]
        try:
            with snmp_users.client(library, access(version, "127.0.0.1", proxy.port, 5.0)) as one:
                return [await one.get([NAME]) for _ in range(3)]
        finally:
            proxy.close()

    assert asyncio.run(run()) == [{NAME: b"branch"}] * 3


@each_library
def test_an_answer_from_another_place_is_not_taken(library: str) -> None:
    """The right answer from another port or address: only the agent's own socket counts."""

    async def run(source: tuple[str, int]) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(source)

            class Forged(OddAgent):
                def _send(self, data: bytes, client: tuple[str, int]) -> None:
                    other.sendto(data, client)

            agent = Forged(at_once(lambda asked: asked.reply([(UPTIME, 666)])))
            loop = asyncio.get_running_loop()
            await loop.create_datagram_endpoint(lambda: agent, local_addr=("127.0.0.1", 0))
            how = access("2c", "127.0.0.1", agent.port, 0.5)
            with snmp_users.client(library, how) as one, pytest.raises(NoAnswer):
                await one.get([UPTIME])
            agent.close()

    for source in (("127.0.0.1", 0), ("127.0.0.9", 0)):
        asyncio.run(run(source))


@each_library
def test_a_walk_long_after_the_last_request_begins_a_new_session(
    snmpd: Snmpd, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An agent refuses the engine time of a session that was still for long (RFC 3414)."""
    how = access("3", "127.0.1.6", snmpd.port, 5.0)

    async def run() -> list[str]:
        with snmp_users.client(library, how) as one:
            await one.get([NAME])
            if library == "gufo-snmp":
                monkeypatch.setattr("agent.sources.snmp.gufo_client.ENGINE_REFRESH", -1.0)
            before = getattr(one, "_session", None)
            told = [oid for oid, _ in await walk(one, "1.3.6.1.2.1.1.5", 5)]
            assert library == "pysnmp" or getattr(one, "_session", None) is not before
            return told

    assert asyncio.run(run()) == [NAME]


@each_library
def test_a_walk_follows_an_agent_that_starts_anew(tmp_path, library: str) -> None:
    """It counts another boot since the last request, or is another engine: the walk renews the session by itself."""
    port = free_udp_port("127.0.1.7")
    agent = Snmpd(tmp_path, ["127.0.1.7"], port, extra=snmp_users.config())

    async def run() -> list[str]:
        with snmp_users.client(library, access("3", "127.0.1.7", port, 2.0)) as one:
            client = Rediscovering(one, lambda _: None)
            await client.get([NAME])
            agent.stop()
            agent.lose_identity()
            await asyncio.to_thread(agent.start)
            return [oid for oid, _ in await walk(client, "1.3.6.1.2.1.1.5", 5)]

    agent.start()
    try:
        assert asyncio.run(run()) == [NAME]
    finally:
        agent.stop()


def test_too_large_requests_are_told() -> None:
    """The library cannot even write a request of so many long names."""
    long = [".".join(["1.3.6.1.4.1", *["4294967295"] * 100, str(n)]) for n in range(24)]

    async def question(_: OddAgent, one: Client) -> None:
        with pytest.raises(TooLarge):
            await one.get(long)
        assert len(await Asker(one).get(long)) == len(long)

    ask(at_once(lambda asked: asked.reply((oid, 1) for oid in asked.oids)), question)
