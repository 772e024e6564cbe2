"""What has arrived of a client's next request, and how many clients there may be. No sockets are read here."""

import re
import socket
import weakref

from web.throttle import neighbourhood

HEAD_BYTES_MAX = 32 * 1024
BODY_BYTES_MAX = 64 * 1024
PER_ADDRESS = 64
"""Connections of one address: all forty streams may come through one proxy of the site, and each browser behind it
opens a few more for a moment. What waits here holds no worker, so that more than a person needs does no harm."""
IN_ALL = 512
"""Connections of all addresses; well below the 1024 files that a process may have open."""

_END_OF_HEAD = re.compile(rb"\n\r?\n")
_LENGTH = re.compile(rb"^[ \t]*content-length[ \t]*:[ \t]*(\d{1,12})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)


class Intake:
    """Collects the bytes of one request after the other (RFC 9112 section 2).

    Whether they make sense is for the HTTP server to say: here only their end is looked for. Where a request is too
    large it counts as whole as soon as that is known; the server then refuses what it sees.
    """

    def __init__(self) -> None:
        self._received = bytearray()
        self._end: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether a request can be answered."""
        return self._end is not None and len(self._received) >= self._end

    def feed(self, received: bytes) -> None:
        """More has come."""
        searched = max(0, len(self._received) - 2)
        self._received += received
        self._look(searched)

    def take(self) -> bytes:
        """The request that is whole; what was sent after it stays."""
        end = self._end or 0
        request = bytes(self._received[:end])
        del self._received[:end]
        self._end = None
        self._look(0)
        return request

    def _look(self, searched: int) -> None:
        if self._end is not None:
            return
        head = _END_OF_HEAD.search(self._received, searched)
        if head is not None:
            self._end = head.end() + self._body(head.end())
        elif len(self._received) > HEAD_BYTES_MAX:
            self._end = len(self._received)

    def _body(self, end_of_head: int) -> int:
        """Bytes of the body to wait for. The largest length counts: none of its bytes may pass for a request."""
        told = [int(one) for one in _LENGTH.findall(self._received, 0, end_of_head)]
        length = max(told, default=0)
        return length if length <= BODY_BYTES_MAX else 0


class Census:
    """Who is connected."""

    def __init__(self, per_address: int = PER_ADDRESS, in_all: int = IN_ALL) -> None:
        self._per_address, self._in_all = per_address, in_all
        self._open: dict[str, weakref.WeakSet[socket.socket]] = {}

    def admit(self, address: str, connection: socket.socket) -> bool:
        """Count a new connection, unless there are too many."""
        self._forget_closed()
        place = neighbourhood(address)
        mine = self._open.get(place, ())
        if len(mine) >= self._per_address or sum(map(len, self._open.values())) >= self._in_all:
            return False
        self._open.setdefault(place, weakref.WeakSet()).add(connection)
        return True

    def _forget_closed(self) -> None:
        for place, connections in list(self._open.items()):
            for one in list(connections):
                if one.fileno() < 0:
                    connections.discard(one)
            if not connections:
                del self._open[place]
