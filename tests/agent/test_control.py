"""The control socket as its clients see it: real sockets, the kernel's word for who asks."""

import asyncio
import getpass
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from agent import api
from agent.control import LINE_MAX, Caller, ControlServer, origin
from agent.control_client import AgentForbidden, AgentUnreachable, ControlClient
from agent.core.inputs import Door, Origin, Verb


@contextmanager
def serving(path: Path) -> Iterator[list[Caller]]:
    """A socket whose agent says of everything that it is unknown; collects who asked."""
    callers: list[Caller] = []

    async def handle(question: api.Question, caller: Caller) -> api.Answer:
        callers.append(caller)
        return api.Failed("unknown", type(question).__name__)

    started, stop = threading.Event(), threading.Event()

    async def run() -> None:
        server = ControlServer(path, handle)
        await server.start()
        started.set()
        await asyncio.to_thread(stop.wait)
        await server.close()

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    assert started.wait(10)
    try:
        yield callers
    finally:
        stop.set()
        thread.join(10)


def test_a_question_is_answered_and_the_kernel_says_who_asked(tmp_path: Path) -> None:
    """Name and uid come from the socket, not from the message."""
    with serving(tmp_path / "s") as callers, ControlClient(tmp_path / "s") as client:
        assert client.ask(api.AskDevice("x")) == api.Failed("unknown", "AskDevice")
        assert client.ask(api.AskBranch()) == api.Failed("unknown", "AskBranch")
    assert callers[0] == Caller(os.getuid(), getpass.getuser())


def test_the_socket_is_for_its_owner_and_group_only(tmp_path: Path) -> None:
    """Nobody else may even connect."""
    with serving(tmp_path / "s"):
        assert (tmp_path / "s").stat().st_mode & 0o777 == 0o660


@pytest.mark.parametrize(
    "occurrence", ["-1", "2147483648", "9" * 4200, "9" * 60_000], ids=lambda text: text[:12]
)
def test_an_occurrence_that_no_alarm_has_is_no_order(occurrence: str) -> None:
    """Its digits would stand in reply and journal."""
    line = f'{{"type":"order","verb":"acknowledge","alarm":"a","occurrence":{occurrence}}}'.encode()
    with pytest.raises(msgspec.MsgspecError):
        api.decode_question(line)
    assert api.decode_question(line.replace(occurrence.encode(), b"2147483647"))


def test_a_line_that_is_no_question_is_said_to_be_malformed(tmp_path: Path) -> None:
    """And the conversation goes on."""
    with serving(tmp_path / "s"), socket.socket(socket.AF_UNIX) as raw:
        raw.connect(str(tmp_path / "s"))
        stream = raw.makefile("rwb")
        for line in (b"{}\n", b"\xff\n", b'{"type":"order","verb":"explode"}\n', b"\n"):
            stream.write(line)
            stream.flush()
            answer = api.decode_answer(stream.readline())
            assert isinstance(answer, api.Failed)
            assert answer.code == "malformed"
        stream.close()


def test_an_endless_line_ends_the_conversation_and_harms_nobody(tmp_path: Path) -> None:
    """The next client is served."""
    with serving(tmp_path / "s"), socket.socket(socket.AF_UNIX) as raw:
        raw.connect(str(tmp_path / "s"))
        try:
            raw.sendall(b"x" * (4 * LINE_MAX))
            assert raw.recv(1) == b""
        except ConnectionError:
            pass
        with ControlClient(tmp_path / "s") as client:
            assert isinstance(client.ask(api.AskBranch()), api.Failed)


def test_an_error_of_the_agent_is_not_told_as_a_long_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says which it was, with the trace of whatever nobody foresaw."""

    async def handle(_: api.Question, __: Caller) -> api.Answer:
        raise ValueError("nobody foresaw this")

    async def run() -> bytes:
        server = ControlServer(tmp_path / "s", handle)
        await server.start()
        reader, writer = await asyncio.open_unix_connection(tmp_path / "s")
        writer.write(b'{"type":"branch"}\n')
        answer = await reader.read()
        writer.close()
        await server.close()
        return answer

    assert asyncio.run(run()) == b""
    assert "refused" not in caplog.text
    assert "ValueError: nobody foresaw this" in caplog.text


def test_no_agent_is_told_apart_from_no_right(tmp_path: Path) -> None:
    """Nobody there; there but gone; there but not for this user."""
    with pytest.raises(AgentUnreachable):
        ControlClient(tmp_path / "nobody").ask(api.AskBranch())
    with serving(tmp_path / "s"):
        client = ControlClient(tmp_path / "s", timeout=2)
        client.ask(api.AskBranch())
    with pytest.raises(AgentUnreachable):
        client.ask(api.AskBranch())
    assert issubclass(AgentForbidden, PermissionError)


def test_a_client_that_reads_nothing_is_hung_up_on(tmp_path: Path) -> None:
    """Else the end of the agent would wait for it for ever: from Python 3.12 on a server waits for its connections."""

    async def handle(_question: api.Question, _caller: Caller) -> api.Answer:
        return api.Failed("unknown", "x" * LINE_MAX)

    async def run() -> None:
        server = ControlServer(tmp_path / "s", handle)
        await server.start()
        with socket.socket(socket.AF_UNIX) as raw:
            raw.connect(str(tmp_path / "s"))
            raw.sendall(api.encode(api.AskBranch()) * 100)
            writers = server._writers  # a full socket tells nobody else
            async with asyncio.timeout(20):
                while not any(one.transport.get_write_buffer_size() for one in writers):  # noqa: ASYNC110
                    await asyncio.sleep(0.005)
                await server.close()
                while writers:  # noqa: ASYNC110  # until the conversation itself has ended
                    await asyncio.sleep(0.005)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("caller", "name", "expected"),
    [
        ("linewarden-panel", "li.na", Origin("li.na", Door.PANEL, "192.0.2.7")),
        ("linewarden-panel", "", Origin("linewarden-panel", Door.CLI, "uid 7")),
        ("mallory", "li.na", None),
        ("mallory", "", Origin("mallory", Door.CLI, "uid 7")),
    ],
)
def test_only_the_panel_may_speak_for_others(caller: str, name: str, expected: Origin | None) -> None:
    """Anybody else orders under their own name."""
    order = api.GiveOrder(Verb.ACKNOWLEDGE, "a", name=name, place="192.0.2.7")
    assert origin(Caller(7, caller), order, "linewarden-panel") == expected
