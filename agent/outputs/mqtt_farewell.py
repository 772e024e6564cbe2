"""The end of a connection on which we took leave: the broker must hear of our leave before it hears of the end."""

import socket
import time
from contextlib import suppress

SECONDS = 1.0
"""How long the broker may take to close its side."""
PIECE = 64 * 1024


def listen_to_the_end(sock: socket.socket) -> None:
    """Close our direction and wait for the broker's; what still comes is thrown away.

    A close with bytes unread would be a reset. Brokers hear of a reset before they read what came ahead of it, our
    DISCONNECT, and would publish the last will.
    """
    end = time.monotonic() + SECONDS
    with suppress(OSError):
        sock.shutdown(socket.SHUT_WR)  # ends TLS too: from here on bytes come as they are on the wire
        sock.settimeout(SECONDS)
        while sock.recv(PIECE) and time.monotonic() < end:
            pass
