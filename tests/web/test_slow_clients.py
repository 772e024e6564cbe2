"""Clients that trickle, send nonsense, take nothing or come in crowds keep nobody from the panel."""

import http.client
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.parts.panel_certificates import write_pair
from tests.waiting import wait_for
from tests.web.panel_person import settings_for
from tests.web.panel_room import Room
from tests.web.test_streams import panel
from tests.web.test_tls import free_port
from web.intake import PER_ADDRESS
from web.redirect import Redirect
from web.settings import Tls
from web.wire import SEND_BUFFER, PanelServer

TRICKLERS = 12
PACE = 0.5
"""Seconds between two bytes; far below the time after which a silent client is hung up on."""
HEAD = b"GET /login HTTP/1.1\r\nHost: x\r\nX-a: "
BODY = b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\n"
HELLO = bytes.fromhex("16030102000100")
"""The begin of a TLS record that promises 512 bytes."""


class Tricklers:
    """Clients that never come to an end.

    Args:
        port: whom they bother.
        opening: what they send at once.
        count: how many they are.
    """

    def __init__(self, port: int, opening: bytes, count: int = TRICKLERS) -> None:
        self._sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
        for one in self._sockets:
            one.sendall(opening)
        self.hung_up = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._trickle)
        self._thread.start()

    def _trickle(self) -> None:
        rest = list(self._sockets)
        while not self._stop.wait(PACE):
            for one in list(rest):
                try:
                    one.sendall(b"a")
                except OSError:
                    rest.remove(one)
                    self.hung_up += 1

    def close(self) -> None:
        """Leave."""
        self._stop.set()
        self._thread.join(20)
        for one in self._sockets:
            one.close()


@contextmanager
def trickling(port: int, opening: bytes, count: int = TRICKLERS) -> Iterator[Tricklers]:
    """Some of them."""
    crowd = Tricklers(port, opening, count)
    try:
        yield crowd
    finally:
        crowd.close()


def status(port: int, tls: Tls | None = None) -> int:
    """What the login page answers."""
    if tls is None:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    else:
        trust = ssl.create_default_context(cafile=tls.certificate)
        client = http.client.HTTPSConnection("localhost", port, context=trust, timeout=30)
    with closing(client):
        client.request("GET", "/login")
        return client.getresponse().status


@pytest.mark.slow
@pytest.mark.parametrize("opening", [HEAD, BODY])
def test_tricklers_hold_no_worker_and_are_hung_up_on(room: Room, tmp_path: Path, opening: bytes) -> None:
    """More of them than workers, a byte each half second, in the head or in the body."""
    with panel(settings_for(room, tmp_path)) as server, trickling(server.port, opening) as crowd:
        assert [status(server.port) for _ in range(3)] == [200] * 3
        assert crowd.hung_up == 0
        wait_for(lambda: crowd.hung_up == TRICKLERS, 60, "all of them to be hung up on")
        assert status(server.port) == 200


@pytest.mark.slow
@pytest.mark.parametrize("opening", [HELLO, b""])
def test_under_tls_too(room: Room, tmp_path: Path, opening: bytes) -> None:
    """In the handshake, or with what is no handshake at all."""
    pair = write_pair(tmp_path, "a")
    settings = replace(settings_for(room, tmp_path), tls=pair)
    with panel(settings) as server, trickling(server.port, opening) as crowd:
        assert [status(server.port, pair) for _ in range(3)] == [200] * 3
        wait_for(lambda: crowd.hung_up == TRICKLERS, 60, "all of them to be hung up on")


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, TRICKLERS])
def test_the_plain_port_beside_tls_is_not_held_either(count: int) -> None:
    """It has one worker only."""
    address = ("127.0.0.1", free_port())
    redirect = Redirect(address, lambda: 443)
    redirect.start()
    try:
        with trickling(address[1], HEAD, count) as crowd:
            assert status(address[1]) == 308
            wait_for(lambda: crowd.hung_up == count, 60, "all of them to be hung up on")
    finally:
        redirect.stop()


def answers(port: int, sent: bytes) -> list[bytes]:
    """The statuses that come back for what is sent."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        heard = b""
        while piece := client.recv(65536):
            heard += piece
    return re.findall(rb"HTTP/1\.1 (\d+)", heard)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"GET /login HTTP/1.1\r\nHost: x\r\n\r\n" * 3, [b"200"] * 3),
        (b"\r\nGET /static/icon.svg HTTP/1.1\r\nHost: x\r\n\r\n", [b"200"]),
        (b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na=bGET /login HTTP/1.1\r\n\r\n", [b"400", b"200"]),
        (b"GET /login HTTP/1.1\n\n", [b"400"]),
        (b"POST /login HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n", [b"411"]),
        (b"POST /login HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", [b"413"]),
        (b"GET /" + b"a" * 40_000, [b"414"]),
        (b"GET /login HTTP/1.1\r\nX: " + b"a" * 40_000, [b"413"]),
    ],
)  # fmt: skip
def test_requests_are_told_apart_and_what_is_none_is_refused_at_once(
    room: Room, tmp_path: Path, sent: bytes, expected: list[bytes]
) -> None:
    """Several in one packet, a body of its length, chunks, bare line feeds, and what is too large."""
    with panel(settings_for(room, tmp_path)) as server:
        assert answers(server.port, sent) == expected


def test_a_request_in_single_bytes_is_answered(room: Room, tmp_path: Path) -> None:
    """As a bad line delivers it."""
    with (
        panel(settings_for(room, tmp_path)) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=60) as client,
    ):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in b"GET /login HTTP/1.1\r\nHost: x\r\n\r\n":
            client.sendall(bytes([number]))
        assert client.recv(12) == b"HTTP/1.1 200"


def test_one_address_has_so_many_connections_and_no_more(
    room: Room, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Another address is served all the same; the log says so once."""
    with panel(settings_for(room, tmp_path)) as server, ExitStack() as stack:
        for _ in range(PER_ADDRESS):
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", server.port), timeout=60) as late:
                assert late.recv(1) == b""
        other = http.client.HTTPConnection(
            "127.0.0.1", server.port, timeout=60, source_address=("127.0.0.9", 0)
        )
        other.request("GET", "/login")
        assert other.getresponse().status == 200
        other.close()
        stack.close()
        wait_for(lambda: reached(server.port), 60, "a place to be free again")
    assert caplog.text.count("too many connections") == 1


def reached(port: int) -> bool:
    """Whether the panel answers."""
    try:
        return status(port) == 200
    except (OSError, http.client.HTTPException):
        return False


@pytest.mark.slow
def test_who_takes_no_answer_is_hung_up_on() -> None:
    """One worker, an answer larger than all buffers, and a client that reads none of it."""
    served = threading.Event()

    def app(environ: dict[str, object], start: object) -> list[bytes]:
        assert callable(start)
        large = environ["PATH_INFO"] == "/large"
        start("200 OK", [("Content-Type", "text/plain")])
        if large:
            served.set()
        return [b"a" * (800 * SEND_BUFFER)] if large else [b"small"]

    server = PanelServer(("127.0.0.1", 0), app, threads=1)
    server.prepare()
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        with socket.socket() as greedy:
            greedy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            greedy.connect(("127.0.0.1", server.port))
            greedy.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
            assert served.wait(20)
            wait_for(lambda: reached(server.port), 60, "the worker to be free again")
    finally:
        server.stop()
        thread.join(20)
