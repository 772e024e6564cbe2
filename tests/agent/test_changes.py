"""Changes as those who follow them hear of them, over the real control socket."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from agent import api, changes, control
from agent.changes import Changes
from agent.control import Caller, ControlServer
from agent.core.annunciator import LAMP_TEST, Indication
from agent.core.inputs import Polled, PollFailed, Tick


async def handle(question: api.Question, _caller: Caller) -> api.Answer:
    """An agent that knows nothing else."""
    return api.Failed("unknown", type(question).__name__)


def run(path: Path, talk: Callable[[Changes, ControlServer], Awaitable[None]]) -> None:
    """Talk to a served socket."""

    async def whole() -> None:
        told = Changes("run")
        server = ControlServer(path, handle, told)
        await server.start()
        try:
            async with asyncio.timeout(60):
                await talk(told, server)
        finally:
            await server.close()

    asyncio.run(whole())


class Follower:
    """A client that follows."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def __aenter__(self) -> "Follower":
        self._reader, self._writer = await asyncio.open_unix_connection(self._path)
        self._writer.write(api.encode(api.Watch()))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def next(self) -> api.Answer:
        """The next notice."""
        return api.decode_answer(await self._reader.readline())


def test_changes_are_told_at_once_and_then_as_one(tmp_path: Path) -> None:
    """The first says how things stand; a burst is one notice more, with all devices in it."""

    async def talk(told: Changes, _server: ControlServer) -> None:
        async with Follower(tmp_path / "s") as follower:
            assert await follower.next() == api.Change("run", 0)
            for number in range(50):
                told.noted(PollFailed(f"d{number}", "timeout", ""), [])
            assert await follower.next() == api.Change("run", 50, sorted(f"d{n}" for n in range(50)))

    run(tmp_path / "s", talk)


def test_what_is_the_same_as_before_moves_no_revision() -> None:
    """Readings of a device that answers as before are news of that device alone; a tick is none at all."""
    told = Changes("run")
    told.noted(Polled("d", {}), [])
    first = told.revision
    told.noted(Polled("d", {"a": 1}), [])
    told.noted(Tick(), [])
    assert told.revision == first
    told.noted(PollFailed("d", "timeout", ""), [])
    told.touched()
    assert told.revision == first + 2


def test_lamps_that_change_without_an_event_are_told() -> None:
    """The end of a lamp test is decided by time alone."""
    told, shown = Changes("run"), []
    show = told.showing(shown.append)
    for indication in (Indication(), LAMP_TEST, LAMP_TEST, Indication()):
        show(indication)
    assert told.revision == 3
    assert len(shown) == 4


def test_silence_is_filled_so_that_a_dead_agent_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same notice again."""
    monkeypatch.setattr(changes, "HEARTBEAT", 0.3)

    async def talk(_told: Changes, _server: ControlServer) -> None:
        async with Follower(tmp_path / "s") as follower:
            assert await follower.next() == await follower.next() == api.Change("run", 0)

    run(tmp_path / "s", talk)


def test_few_may_follow_and_who_leaves_makes_room(tmp_path: Path) -> None:
    """Each costs a place and work."""

    async def talk(_told: Changes, server: ControlServer) -> None:
        followers = [Follower(tmp_path / "s") for _ in range(control.FOLLOWERS_MAX)]
        for one in followers:
            await one.__aenter__()
            await one.next()
        async with Follower(tmp_path / "s") as late:
            answer = await late.next()
            assert isinstance(answer, api.Failed)
            assert answer.code == "busy"
        for one in followers:
            await one.__aexit__()
        while server.followers:  # noqa: ASYNC110  # nothing tells when the last has gone
            await asyncio.sleep(0.005)

    run(tmp_path / "s", talk)


def test_a_client_that_asks_nothing_loses_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Soon before its first question, later after one."""
    monkeypatch.setattr(control, "FIRST_SECONDS", 0.05)

    async def talk(_told: Changes, _server: ControlServer) -> None:
        reader, writer = await asyncio.open_unix_connection(tmp_path / "s")
        assert await reader.read() == b""
        writer.close()

    run(tmp_path / "s", talk)


def test_one_user_cannot_take_all_places(tmp_path: Path) -> None:
    """What is over the share is hung up on; places that are left serve again."""

    async def talk(_told: Changes, _server: ControlServer) -> None:
        held = [await asyncio.open_unix_connection(tmp_path / "s") for _ in range(control.SHARE)]
        reader, writer = await asyncio.open_unix_connection(tmp_path / "s")
        assert await reader.read() == b""
        writer.close()
        for _, one in held:
            one.close()
        while True:
            reader, writer = await asyncio.open_unix_connection(tmp_path / "s")
            writer.write(api.encode(api.AskBranch()))
            answer = await _line(reader)
            writer.close()
            if answer:
                break
        assert b"AskBranch" in answer

    assert control.SHARE < control.CONNECTIONS_MAX
    run(tmp_path / "s", talk)


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readline()
    except ConnectionError:
        return b""


def test_a_follower_that_reads_nothing_has_no_backlog(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it missed is one notice; the kernel holds a few at most."""
    monkeypatch.setattr(changes, "EVERY", 0.0)

    async def talk(told: Changes, server: ControlServer) -> None:
        with socket.socket(socket.AF_UNIX) as raw:
            raw.connect(str(tmp_path / "s"))
            raw.sendall(api.encode(api.Watch()))
            for number in range(3000):
                told.noted(PollFailed(f"device-{number}", "timeout", ""), [])
                await asyncio.sleep(0)
            raw.settimeout(0)
            waiting = await asyncio.to_thread(_drain, raw)
        assert waiting < 1_000_000
        assert server.followers <= 1

    run(tmp_path / "s", talk)


def _drain(raw: socket.socket) -> int:
    size = 0
    try:
        while chunk := raw.recv(65536):
            size += len(chunk)
    except BlockingIOError:
        pass
    return size
