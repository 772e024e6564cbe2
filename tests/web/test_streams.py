"""Server-sent events: who gets them, what they say, and that they end when they should."""

import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from msgspec.structs import replace
from werkzeug.security import generate_password_hash

from agent import api
from tests.waiting import wait_for
from tests.web.panel_person import CHEAP_METHOD, PASSWORD, Person, settings_for
from tests.web.panel_room import Room, serving
from tests.web.test_server import certificate
from web import streams
from web.app import create_app
from web.server import build
from web.settings import Settings
from web.streams import BEAT, LIFE, PER_SESSION, STREAMS_MAX, STUCK, Guest, Streams
from web.wire import PanelServer


@contextmanager
def panel(settings: Settings) -> Iterator[PanelServer]:
    """A panel that serves in a thread."""
    server = build(settings)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(30)


def house(server: PanelServer) -> Streams:
    """The streams of a panel."""
    found: Streams = server.wsgi_app.extensions["live"].streams
    return found


def cookie(server: PanelServer, name: str = "demo") -> str:
    """The session of somebody who has logged in."""
    person = Person(server.wsgi_app)
    assert person.login(name).status_code == 302
    return f"linewarden-session={person.client.get_cookie('linewarden-session').value}"


class Listener:
    """A browser's stream.

    Args:
        port: of the panel.
        session: cookie.
        path: of the stream.
        last: id of the last event that was heard.
    """

    def __init__(self, port: int, session: str, path: str = "/live", last: str = "") -> None:
        self.client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        headers = {"Cookie": session} | ({"Last-Event-ID": last} if last else {})
        self.client.request("GET", path, headers=headers)
        self.response = self.client.getresponse()
        self.status = self.response.status

    def event(self) -> dict[str, str]:
        """The next event of a change; empty at the end of the stream."""
        found: dict[str, str] = {}
        while line := self.response.readline().decode():
            key, _, value = line.rstrip("\n").partition(": ")
            if not key and found.get("event") == "change":
                return found
            found = found | {key: value} if key else {}
        return {}

    def close(self) -> None:
        """Hang up."""
        self.response.close()
        self.client.close()


def test_an_alarm_is_told_to_every_stream_and_needs_no_worker(room: Room, tmp_path: Path) -> None:
    """Forty of them, and the next page is served; one more is told to ask instead; a place that is left is free."""
    with panel(settings_for(room, tmp_path)) as server, ExitStack() as stack:
        wait_for(lambda: house(server).news.present, what="the agent's changes")
        sessions = [cookie(server) for _ in range(STREAMS_MAX // PER_SESSION + 1)]
        opened = [Listener(server.port, sessions[n // PER_SESSION]) for n in range(STREAMS_MAX)]
        for one in opened:
            stack.callback(one.close)
        assert {one.status for one in opened} == {200}
        wait_for(lambda: len(house(server)) == STREAMS_MAX, what="all streams")
        late = Listener(server.port, sessions[-1])
        assert late.status == 204
        late.close()
        room.silent["pbx-1"] = "timeout"
        room.live(40)
        assert {one.event()["data"] for one in opened} == {"present"}
        opened[0].close()
        wait_for(lambda: len(house(server)) == STREAMS_MAX - 1, what="the place of who hung up")
        again = Listener(server.port, sessions[-1])
        assert again.status == 200
        again.close()


def test_one_session_has_few_streams(room: Room, tmp_path: Path) -> None:
    """So that one browser with many windows does not take the places of all."""
    with panel(settings_for(room, tmp_path)) as server, ExitStack() as stack:
        session = cookie(server)
        for _ in range(PER_SESSION):
            stack.callback(Listener(server.port, session).close)
        wait_for(lambda: len(house(server)) == PER_SESSION, what="the streams")
        more = Listener(server.port, session)
        assert more.status == 204
        more.close()


def test_a_stranger_gets_no_stream(stranger: Person) -> None:
    """And no redirect, which a stream would follow to a page."""
    assert stranger.get("/live").status_code == 401


@pytest.mark.parametrize("way", ["logout", "password", "expiry", "removed"])
def test_a_stream_dies_with_its_session(room: Room, tmp_path: Path, way: str) -> None:
    """Nothing is told to somebody who may not look any more, however the session ended."""
    settings = settings_for(room, tmp_path)
    if way == "expiry":
        settings = replace(settings, session=replace(settings.session, hours=4 / 3600))
    with panel(settings) as server:
        wait_for(lambda: house(server).news.present, what="the agent's changes")
        person = Person(server.wsgi_app)
        person.login()
        listener = Listener(
            server.port, f"linewarden-session={person.client.get_cookie('linewarden-session').value}"
        )
        assert listener.status == 200
        wait_for(lambda: len(house(server)) == 1, what="the stream")
        if way == "logout":
            person.post("/logout")
        elif way == "password":
            settings.users["demo"] = generate_password_hash("another", CHEAP_METHOD)
        elif way == "removed":
            del settings.users["demo"]
        else:
            wait_for(lambda: person.get("/").status_code == 302, 60, "the session's end")
        room.silent["pbx-1"] = "timeout"
        room.live(2)
        assert listener.event() == {}
        wait_for(lambda: len(house(server)) == 0, what="the end of the stream")
        listener.close()


def test_who_comes_again_hears_only_what_is_new(room: Room, tmp_path: Path) -> None:
    """By the id of the last event."""
    with panel(settings_for(room, tmp_path)) as server:
        session = cookie(server)
        wait_for(lambda: house(server).news.present, what="the agent's changes")
        first = Listener(server.port, session)
        wait_for(lambda: len(house(server)) == 1, what="the stream")
        room.silent["pbx-1"] = "timeout"
        room.live(1)
        tag = first.event()["id"]
        first.close()
        room.live(40)
        wait_for(lambda: house(server).news.tag() != tag, what="a newer tag")
        now = house(server).news.tag()
        behind, abreast = Listener(server.port, session, last=tag), Listener(server.port, session, last=now)
        assert behind.event()["id"] == now
        wait_for(lambda: len(house(server)) == 2, what="both streams")
        room.silent.clear()
        room.live(1)
        assert abreast.event()["id"] != now
        behind.close()
        abreast.close()


def test_the_page_of_a_device_hears_its_readings_and_the_branch_does_not(room: Room, tmp_path: Path) -> None:
    """A branch in good order is silent, though every device is polled."""
    with panel(settings_for(room, tmp_path)) as server:
        session = cookie(server)
        wait_for(lambda: house(server).news.present, what="the agent's changes")
        room.live(1)
        heard = f"-{len(room.values)}"
        wait_for(
            lambda: house(server).news.tag().endswith(heard), what="all devices, heard for the first time"
        )
        branch = Listener(server.port, session)
        before = house(server).news.tag()
        device = Listener(server.port, session, "/live?device=ups-1")
        wait_for(lambda: len(house(server)) == 2, what="both streams")
        room.live(1)
        assert device.event()["id"].startswith(before)
        assert house(server).news.tag() == before
        device.close()
        branch.close()


def test_an_agent_that_goes_and_comes_is_told(room: Room, tmp_path: Path) -> None:
    """Away, then present, over the same stream; the panel takes up its one subscription by itself."""
    with panel(settings_for(room, tmp_path)) as server:
        session = cookie(server)
        wait_for(lambda: house(server).news.present, what="the agent's changes")
        listener = Listener(server.port, session)
        wait_for(lambda: len(house(server)) == 1, what="the stream")
        room.leave()
        assert listener.event()["data"] == "away"
        with serving(room):
            assert listener.event()["data"] == "present"
        listener.close()


@pytest.mark.slow
def test_a_stream_runs_under_tls(room: Room, tmp_path: Path) -> None:
    """The socket that is handed over goes on encrypting."""
    import ssl

    settings = replace(settings_for(room, tmp_path), tls=certificate(tmp_path, "panel"))
    with panel(settings) as server:
        wait_for(lambda: house(server).news.present, what="the agent's changes")
        trust = ssl.create_default_context(cafile=str(tmp_path / "panel.pem"))
        client = http.client.HTTPSConnection("localhost", server.port, context=trust, timeout=60)
        client.request("GET", "/live", headers={"Cookie": cookie(server)})
        response = client.getresponse()
        assert response.headers["Content-Type"].startswith("text/event-stream")
        wait_for(lambda: len(house(server)) == 1, what="the stream")
        room.silent["pbx-1"] = "timeout"
        room.live(2)
        told = b""
        while b"event: change" not in told:
            told += response.readline()
        client.close()
        response.close()
        wait_for(lambda: len(house(server)) == 0, what="the place of who hung up")


def test_the_panel_holds_one_subscription(room: Room, tmp_path: Path) -> None:
    """However many look on."""
    with panel(settings_for(room, tmp_path)) as server, ExitStack() as stack:
        session = cookie(server)
        for _ in range(PER_SESSION):
            stack.callback(Listener(server.port, session).close)
        wait_for(lambda: len(house(server)) == PER_SESSION, what="the streams")
        wait_for(lambda: room.followers() == 1, what="the subscription")
        assert room.followers() == 1


# --- by a clock of the test's own ------------------------------------------------------------------------------------


class Hands:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


@contextmanager
def streaming(hands: Hands) -> Iterator[tuple[Streams, Callable[[float], None]]]:
    """Streams by a clock of the test's own, and how to move it."""
    house = Streams(hands)
    house.start()

    def pass_(seconds: float) -> None:
        hands.now += seconds
        house.wake()

    try:
        yield house, pass_
    finally:
        house.stop()


@contextmanager
def adopted(house: Streams, *, full: bool = False) -> Iterator[socket.socket]:
    """A stream, perhaps on a wire that is full already; the other end of it."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    if full:
        with suppress(BlockingIOError):
            while True:
                ours.send(b"." * 4096)
    house.adopt(ours, Guest("s", "", house.news.tag(), lambda: True), chunked=False)
    theirs.settimeout(20)
    try:
        yield theirs
    finally:
        theirs.close()


def test_silence_is_filled_and_no_stream_lasts_for_ever() -> None:
    """A heartbeat every so often; at the end of its life the browser must come again and be let in anew."""
    with streaming(Hands()) as (house, pass_), adopted(house) as theirs:
        wait_for(lambda: len(house) == 1)
        pass_(BEAT)
        assert theirs.recv(100).startswith(b": heartbeat")
        pass_(LIFE)
        assert theirs.recv(100) == b""
        wait_for(lambda: len(house) == 0)


def test_a_slow_reader_finds_the_latest_and_no_backlog() -> None:
    """What happened while it did not read is one event, with the newest tag."""
    with streaming(Hands()) as (house, pass_), adopted(house, full=True) as theirs:
        stuck(house)
        for revision in range(2, 500):
            house.news.take(api.Change("r", revision))
            pass_(streams.GAP / 1000)
        told = b""
        while b"r-499\n" not in told:
            told += theirs.recv(65536)
            pass_(streams.GAP)
        assert told.count(b"event: change") == 2
        assert len(house) == 1


def stuck(house: Streams) -> None:
    """Tell something that the reader does not take."""
    wait_for(lambda: len(house) == 1)
    house.news.take(api.Change("r", 1))
    wait_for(lambda: any(one.waiting for one in list(house._streams)), what="a full wire")


def test_a_reader_that_takes_nothing_is_dead_after_a_while() -> None:
    """Its place is free again."""
    with streaming(Hands()) as (house, pass_), adopted(house, full=True):
        stuck(house)
        pass_(STUCK + 1)
        wait_for(lambda: len(house) == 0)


def test_the_panel_without_a_server_begins_a_stream_and_ends_it(room: Room, tmp_path: Path) -> None:
    """Where nobody can take the connection over, the browser just comes again."""
    person = Person(create_app(settings_for(room, tmp_path)))
    person.login("demo", PASSWORD)
    answer = person.get("/live")
    assert answer.mimetype == "text/event-stream"
    assert answer.text.startswith("retry: ")
