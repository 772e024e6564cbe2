"""The HTTP server with no thread lost to clients that connect and say nothing. The one place that knows cheroot.

Cheroot gives a worker to each new connection at once and shakes hands for TLS where it accepts: a phone that opens a
spare connection, or a scanner that says nothing, then holds a worker, or the whole panel, until its time is up
(measured: 20 silent clients kept the next one waiting for 20 s, three under TLS for 30 s). Here a new connection
first waits for its first byte like any idle one, and the worker that reads it shakes hands.
"""

import logging
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from cheroot.errors import FatalSSLAlert
from cheroot.server import HTTPConnection
from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Gateway_10, Server
from msgspec import Struct

from web.tls import Pair

log = logging.getLogger(__name__)

THREADS = 8
"""Each request waits for the agent, which answers within milliseconds; more threads would only cost memory."""
CLIENT_TIMEOUT = 10
"""Seconds that a client may be silent."""
CONNECTIONS_KEPT = 64
HEADER_BYTES_MAX = 32 * 1024
BODY_BYTES_MAX = 64 * 1024


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
        self._companions = companions
        self.max_request_header_size = HEADER_BYTES_MAX
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

    def process_conn(self, conn: HTTPConnection) -> None:
        """Give a connection to a worker once it has something to say."""
        if conn.last_used is None:
            self.put_conn(conn)
        else:
            super().process_conn(conn)


class LateSocket(ssl.SSLSocket):
    """A TLS socket of which the handshake is made by whoever first reads."""

    _is_open = False

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        """Read, after the handshake.

        Raises:
            FatalSSLAlert: the client does not speak TLS, or not with us; cheroot then hangs up without a word.
        """
        if not self._is_open:
            try:
                self.do_handshake()
            except OSError as error:
                raise FatalSSLAlert(*error.args) from error
            self._is_open = True
        return super().recv_into(buffer, nbytes, flags)


class LateTls(BuiltinSSLAdapter):
    """TLS by Python's own module, with late handshakes and certificates that are renewed while it runs.

    Args:
        pair: certificate and key.
    """

    def __init__(self, pair: Pair) -> None:
        # Without the parent's own: it would load the files once more, by its own settings.
        self.pair = pair

    def wrap(self, sock: socket.socket) -> tuple[ssl.SSLSocket, Mapping[str, str]]:
        """The socket under TLS, and what the application sees of that."""
        context = self.pair.current()
        context.sslsocket_class = LateSocket
        wrapped = context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        return wrapped, {"wsgi.url_scheme": "https", "HTTPS": "on"}
