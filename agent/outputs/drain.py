"""The window through which the journal drains to the broker: strictly in order out, acknowledged in any order. Pure.

The cursor stands on the last event before which everything is acknowledged. When the link breaks, what lies behind
the cursor is read and sent again: an event may arrive twice, with the same id, but none is left out.
"""

from collections import deque
from collections.abc import Iterable

from agent.store.records import Position, Record


class Window:
    """Events between the cursor and the end of what was read.

    Args:
        cursor: up to where the broker has confirmed everything.
    """

    def __init__(self, cursor: Position) -> None:
        self.cursor = cursor
        self.tail = cursor
        """Where to go on reading."""
        self._ready: deque[Record] = deque()
        self._flight: deque[Position] = deque()
        """What was sent behind the cursor, in order."""
        self._owed: set[Position] = set()
        """What of it is not acknowledged."""

    @property
    def ready(self) -> int:
        """Events read and not sent."""
        return len(self._ready)

    @property
    def owed(self) -> int:
        """Events sent and not acknowledged."""
        return len(self._owed)

    @property
    def idle(self) -> bool:
        """Whether everything that was read is acknowledged."""
        return not self._ready and not self._flight

    def offer(self, page: Iterable[Record]) -> None:
        """Take a page that was read after `tail`.

        Raises:
            ValueError: the page does not follow what was taken before; nothing of the rest is taken.
        """
        for record in page:
            if record.position <= self.tail:
                raise ValueError(f"event {record.id} does not follow {self.tail}")
            self._ready.append(record)
            self.tail = record.position

    @property
    def next(self) -> Record | None:
        """The next event to send."""
        return self._ready[0] if self._ready else None

    def take(self) -> Record | None:
        """The next event to send, which is then in flight."""
        if not self._ready:
            return None
        record = self._ready.popleft()
        self._flight.append(record.position)
        self._owed.add(record.position)
        return record

    def acknowledge(self, place: Position) -> int:
        """The broker has this event; returns by how many events the cursor moved.

        What was sent before the last `rewind` is unknown here and moves nothing.
        """
        if place not in self._owed:
            return 0
        self._owed.remove(place)
        done = 0
        while self._flight and self._flight[0] not in self._owed:
            self.cursor = self._flight.popleft()
            done += 1
        return done

    def rewind(self) -> None:
        """The link broke: go back to the cursor."""
        self._ready.clear()
        self._flight.clear()
        self._owed.clear()
        self.tail = self.cursor
