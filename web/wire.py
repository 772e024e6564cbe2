"""The HTTP server with no thread lost to clients that connect and say nothing. The one place that knows cheroot.

Cheroot gives a worker to each new connection at once, shakes hands for TLS where it accepts, and counts its timeout
anew for each byte: a phone that opens a spare connection then holds a worker until its time is up, and eight clients
that trickle a byte every four seconds hold the panel for as long as they like. Here the thread that waits for all
connections collects what they send without blocking (the handshake too), and a worker is given a request once it is
whole, head and body. So a client that is slow costs a socket, and its time is up `CLIENT_TIMEOUT` after its first
byte. What a worker still waits for is that an answer is taken; that has a deadline too.
"""

import io
import logging
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from cheroot.server import HTTPConnection, HTTPRequest
from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Gateway_10, Server
from msgspec import Struct

from web.intake import BODY_BYTES_MAX, HEAD_BYTES_MAX, Census, Intake
from web.tls import Pair

log = logging.getLogger(__name__)

THREADS = 8
"""Each request waits for the agent, which answers within milliseconds; more threads would only cost memory."""
CLIENT_TIMEOUT = 10
"""Seconds that a client may be idle, and then for its whole request, handshake and body included."""
ANSWER_RATE = 8 * 1024
"""Bytes per second that a client must take at least of what its socket's buffer does not hold."""
SEND_BUFFER = 64 * 1024
"""Bytes asked of the kernel to keep for a slow client: most pages, so that no worker waits until they are taken."""
PIECE = 16 * 1024
CONNECTIONS_KEPT = 64
TELL_EVERY = 60.0
"""Seconds between two lines of the log on clients that were turned away."""

HEIR = "linewarden.heir"
"""Key of a request's environment: who takes the connection over once the answer has begun."""


class Connection(Struct, frozen=True):
    """A connection that no worker serves any more."""

    socket: socket.socket
    chunked: bool
    """Whether what follows must be written in chunks."""


Heir = Callable[[Connection], None]


class Companion(Protocol):
    """What runs for as long as the server serves."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End."""


class HandOver(Gateway_10):
    """Answers a request; where the application has named an heir, the connection goes to it afterwards."""

    def respond(self) -> None:
        """Answer."""
        super().respond()
        heir: Heir | None = self.env.get(HEIR)
        if heir is not None:
            request = self.req
            chunked = bool(request.chunked_write)
            # Nothing ends the answer, and nothing closes the socket but its new owner.
            request.chunked_write, request.close_connection, request.conn.linger = False, True, True
            heir(Connection(request.conn.socket, chunked))


class Received(io.BytesIO):
    """The whole of a request; nobody waits for more."""

    def has_data(self) -> bool:
        """Cheroot asks whether the connection may wait: what came after the request is not here."""
        return False


class Outlet:
    """Sends answers, at the pace of `ANSWER_RATE` at least."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._end = 0.0
        self._ahead = 0
        """Bytes sent beyond those that the kernel may keep; Linux keeps twice what it is asked."""

    def begin(self) -> None:
        """An answer follows."""
        self._end, self._ahead = time.monotonic() + CLIENT_TIMEOUT, -2 * SEND_BUFFER

    def write(self, words: bytes) -> int:
        """Send all of it.

        Raises:
            TimeoutError: the client takes too little.
        """
        rest = memoryview(words)
        while rest:
            end = self._end + max(0, self._ahead) / ANSWER_RATE
            self._connection.settimeout(max(0.01, end - time.monotonic()))
            sent = self._connection.send(rest[:PIECE])
            self._ahead += sent
            rest = rest[sent:]
        return len(words)


class Request(HTTPRequest):
    """A request whose length is known beforehand."""

    def read_request_headers(self) -> bool:
        """Read them; a body in chunks is refused, as no browser sends one."""
        good = bool(super().read_request_headers())  # type: ignore[no-untyped-call]  # cheroot's stubs lack it
        if good and self.chunked_read:
            self.simple_response("411 Length Required")
        return good and not self.chunked_read


class Client(HTTPConnection):
    """A connection of which a whole request is read before anybody waits for it."""

    RequestHandlerClass = Request

    def __init__(self, server: Server, sock: socket.socket, _makefile: object = None) -> None:
        super().__init__(server, sock, lambda its, mode, _size: Received() if "r" in mode else Outlet(its))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        self.is_gone = False
        self._intake = Intake()
        self._since: float | None = None
        self._is_talking = False

    @property
    def last_used(self) -> float | None:
        """What cheroot ends a connection by: since when it is idle, or since when its request is under way."""
        return self._since

    @last_used.setter
    def last_used(self, now: float) -> None:
        if not self._is_talking:
            self._since = now

    def talk(self) -> None:
        """It says something; from now on its time runs."""
        if not self._is_talking:
            self._since, self._is_talking = time.time(), True

    def rest(self) -> None:
        """It has its answer."""
        self._is_talking = False

    def gather(self) -> bool:
        """Take what has come, without waiting; true once a request is whole, which a worker finds then."""
        self.socket.settimeout(0)
        try:
            while not self._intake.is_whole and not self.is_gone:
                received = self.socket.recv(PIECE)
                self._intake.feed(received)
                self.is_gone = not received
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        except OSError:  # also whoever does not speak TLS where we do
            self.is_gone = True
        if self.is_gone:
            return False
        self.rfile = Received(self._intake.take())
        self.wfile.begin()
        return True


class PanelServer(Server):
    """Serves an application at an address, with bounded threads, queues and sizes.

    Args:
        address: host and port; port 0 is any free one.
        app: what answers (WSGI).
        companions: what is started and stopped with it.
        threads: how many requests it answers at a time.
    """

    def __init__(
        self,
        address: tuple[str, int],
        app: Callable[..., Any],
        companions: Sequence[Companion] = (),
        threads: int = THREADS,
    ) -> None:
        super().__init__(
            address,
            app,
            numthreads=threads,
            max=threads,
            server_name="linewarden",
            request_queue_size=32,
            timeout=CLIENT_TIMEOUT,
            shutdown_timeout=5,
            accepted_queue_size=64,
            accepted_queue_timeout=5,
        )
        self.gateway = HandOver
        self.ConnectionClass = Client
        self._companions = companions
        self._census, self._told = Census(), float("-inf")
        self.max_request_header_size = HEAD_BYTES_MAX
        self.max_request_body_size = BODY_BYTES_MAX
        self.keep_alive_conn_limit = CONNECTIONS_KEPT

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.bind_addr[1])

    def serve(self) -> None:
        """Serve until stopped."""
        for one in self._companions:
            one.start()
        super().serve()

    def stop(self) -> None:
        """Stop serving, and all that goes with it."""
        for one in self._companions:
            one.stop()
        super().stop()

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:  # noqa: FBT001, FBT002  # cheroot's
        """What cheroot has to say, as a line like any other; much of it is what a client did."""
        log.log(level, "%s", msg.strip(), exc_info=traceback)

    def process_conn(self, conn: Client) -> None:
        """A connection is new, or something has come on it."""
        if conn.last_used is None:
            self._admit(conn)
        else:
            conn.talk()
            self._advance(conn)

    def put_conn(self, conn: Client) -> None:
        """A connection has its answer; its next request may be here already."""
        conn.rest()
        self._advance(conn)

    def _advance(self, conn: Client) -> None:
        if conn.gather():
            super().process_conn(conn)
        elif conn.is_gone:
            conn.close()
        else:
            super().put_conn(conn)

    def _admit(self, conn: Client) -> None:
        if self._census.admit(str(conn.remote_addr), conn.socket):
            super().put_conn(conn)
            return
        conn.close()
        now = time.monotonic()
        if now - self._told >= TELL_EVERY:
            self._told = now
            log.warning("too many connections, also from %s: some are turned away", conn.remote_addr)


class LateTls(BuiltinSSLAdapter):
    """TLS by Python's own module, with handshakes made as bytes come, and certificates that are renewed while it runs.

    Args:
        pair: certificate and key.
    """

    def __init__(self, pair: Pair) -> None:
        # Without the parent's own: it would load the files once more, by its own settings.
        self.pair = pair

    def wrap(self, sock: socket.socket) -> tuple[ssl.SSLSocket, Mapping[str, str]]:
        """The socket under TLS, and what the application sees of that."""
        context = self.pair.current()
        wrapped = context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        return wrapped, {"wsgi.url_scheme": "https", "HTTPS": "on"}
