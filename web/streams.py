"""Long answers to many browsers by one thread: each is told, as a server-sent event, that it should look again.

The HTTP server's workers only begin a stream; from then on its socket belongs to the thread here, so that forty open
pages cost forty sockets and no worker. A stream says *that* something changed, never what: whoever may not look any
more gets nothing from a stream that lasts, and a slow reader finds one notice, not a backlog.
"""

import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from msgspec import Struct

from web.news import News

STREAMS_MAX = 40
PER_SESSION = 4
LIFE = 300.0
"""Seconds after which a stream ends; the browser comes again and is let in anew, or not."""
BEAT = 15.0
"""Seconds between two signs of life."""
GAP = 1.0
"""Seconds between two events of one stream at least."""
STUCK = 20.0
"""Seconds for which a client may take nothing before it counts as dead."""
RETRY_MS = 2000
"""How long a browser waits before it comes again."""


class Guest(Struct, frozen=True):
    """Who gets a stream, and for which page."""

    session: str
    device: str
    """The device whose page it is; empty for the branch."""
    seen: str
    """Tag of the news that the page shows."""
    allowed: Callable[[], bool]
    """Whether they may be told more."""


class Stream(Struct, eq=False):
    """One browser's stream."""

    guest: Guest
    connection: socket.socket
    chunked: bool
    """Whether the answer is sent in HTTP/1.1 chunks."""
    seen: str
    end: float
    beat: float
    """When it is due a sign of life."""
    not_before: float = 0.0
    """When it may be told something again; 0 for at once."""
    waiting: bytes = b""
    """What the client has not taken yet."""
    stuck_at: float = 0.0

    @property
    def due(self) -> float:
        """When to look at it though nothing has happened."""
        if self.waiting:
            return self.stuck_at + STUCK
        return min(self.end, self.beat, self.not_before or self.end)


def event(tag: str, *, present: bool) -> bytes:
    """That there are news, as a browser reads it."""
    return f"id: {tag}\nevent: change\ndata: {'present' if present else 'away'}\n\n".encode()


def opening(tag: str) -> bytes:
    """The first words of a stream; a browser that was told this tag before need not look again."""
    return f"retry: {RETRY_MS}\n: {tag}\n\n".encode()


BEAT_EVENT = b": heartbeat\nevent: beat\ndata:\n\n"
"""The comment is for whatever stands between; the event tells the page's script that contact holds."""


class Streams:
    """Owns the sockets of all streams.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.news = News(self.wake)
        self._clock = clock
        self._mouth: socket.socket | None = None
        self._lock = threading.Lock()
        self._newcomers: list[Stream] = []
        self._streams: set[Stream] = set()
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="streams", daemon=True)

    def __len__(self) -> int:
        with self._lock:
            return len(self._streams) + len(self._newcomers)

    def has_room(self, session: str) -> bool:
        """Whether there is a place for another stream of this session."""
        with self._lock:
            return self._has_room(session)

    def _has_room(self, session: str) -> bool:
        known = [*self._streams, *self._newcomers]
        return len(known) < STREAMS_MAX and sum(one.guest.session == session for one in known) < PER_SESSION

    def adopt(self, connection: socket.socket, guest: Guest, *, chunked: bool) -> None:
        """Take over a connection on which a stream has begun; closed at once where the last place is gone."""
        connection.settimeout(0)
        now = self._clock()
        stream = Stream(guest, connection, chunked, guest.seen, now + LIFE, now + BEAT)
        with self._lock:
            has_room = not self._ending and self._has_room(guest.session)
            if has_room:
                self._newcomers.append(stream)
        if has_room:
            self.wake()
        else:
            connection.close()

    def wake(self) -> None:
        """Have the thread look at the news; may be called from any thread."""
        if self._mouth is not None:
            with suppress(OSError):  # it is awake already, or ending
                self._mouth.send(b"!", socket.MSG_DONTWAIT)

    def start(self) -> None:
        """Begin."""
        self._selector = selectors.DefaultSelector()
        self._ear, self._mouth = socket.socketpair()
        self._selector.register(self._ear, selectors.EVENT_READ)
        self._thread.start()

    def stop(self) -> None:
        """Hang up on everybody."""
        with self._lock:
            self._ending = True
        self.wake()
        if self._mouth is not None:
            self._thread.join(STUCK)
            self._selector.close()
            self._ear.close()
            self._mouth.close()

    # --- the thread ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._ending:
            for key, mask in self._selector.select(self._patience()):
                if key.data is None:
                    self._ear.recv(4096)
                else:
                    self._heard(key.data, mask)
            self._welcome()
            now = self._clock()
            for stream in list(self._streams):
                self._tend(stream, now)
        for stream in [*self._streams, *self._newcomers]:
            stream.connection.close()

    def _patience(self) -> float:
        """Seconds until something is due without anybody saying so."""
        now = self._clock()
        return max(0.0, min((one.due for one in self._streams), default=now + LIFE) - now)

    def _welcome(self) -> None:
        with self._lock:
            newcomers, self._newcomers = self._newcomers, []
            self._streams.update(newcomers)
        for stream in newcomers:
            self._selector.register(stream.connection, selectors.EVENT_READ, stream)

    def _tend(self, stream: Stream, now: float) -> None:
        """Tell one stream what is due."""
        if stream.waiting:
            if now - stream.stuck_at > STUCK:
                self._leave(stream)
            return
        if now >= stream.end or not stream.guest.allowed():
            self._end(stream)
            return
        if now < stream.not_before:
            return
        stream.not_before = 0.0
        tag = self.news.tag(stream.guest.device)
        if tag != stream.seen:
            stream.seen, stream.not_before = tag, now + GAP
            self._say(stream, event(tag, present=self.news.present), now)
        elif now >= stream.beat:
            self._say(stream, BEAT_EVENT, now)

    def _say(self, stream: Stream, words: bytes, now: float) -> None:
        stream.beat, stream.stuck_at = now + BEAT, now
        stream.waiting = b"%x\r\n%s\r\n" % (len(words), words) if stream.chunked else words
        self._flush(stream)

    def _flush(self, stream: Stream) -> None:
        try:
            sent = stream.connection.send(stream.waiting)
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            sent = 0
        except OSError:
            self._leave(stream)
            return
        stream.waiting = stream.waiting[sent:]
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if stream.waiting else 0)
        self._selector.modify(stream.connection, wanted, stream)

    def _heard(self, stream: Stream, mask: int) -> None:
        """The client takes again, has hung up, or says something, which on a stream it has no reason to."""
        if mask & selectors.EVENT_WRITE:
            self._flush(stream)
        if mask & selectors.EVENT_READ and stream in self._streams:
            try:
                stream.connection.recv(4096)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            except OSError:
                pass
            self._leave(stream)

    def _end(self, stream: Stream) -> None:
        """End in good order: the browser sees a whole answer, and comes again."""
        if stream.chunked:
            with suppress(OSError):
                stream.connection.send(b"0\r\n\r\n")
        self._leave(stream)

    def _leave(self, stream: Stream) -> None:
        self._selector.unregister(stream.connection)
        with self._lock:
            self._streams.discard(stream)
        stream.connection.close()
