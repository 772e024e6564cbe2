"""Alarms that ask for attention and give nobody time to act: chattering and fleeting ones (ISA-18.2)."""

from collections import deque

from msgspec import Struct

from agent.core.model import Text
from agent.core.quality.notes import Moment
from agent.core.quality.spans import span

CHATTER_CYCLES = 3
CHATTER_WITHIN = 60.0
"""Chattering: so many times raised and cleared in less than so many seconds."""
FLEETING = 10.0
"""Fleeting: the reading was normal again in less than so many seconds after the raise, and nobody had acknowledged."""


class Repeated(Struct, frozen=True):
    """An alarm and how often something was so."""

    alarm: str
    text: Text
    count: int


class Counter:
    """Counts by alarm, with the newest text of each."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._texts: dict[str, Text] = {}

    def __len__(self) -> int:
        return len(self._counts)

    def add(self, alarm: str, text: Text, count: int = 1) -> None:
        """Counts something that happened."""
        self._counts[alarm] = self._counts.get(alarm, 0) + count
        self._texts[alarm] = text

    def most(self, limit: int | None = None) -> tuple[Repeated, ...]:
        """The most frequent first; by id where they are equally frequent."""
        order = sorted(self._counts.items(), key=lambda one: (-one[1], one[0]))
        return tuple(Repeated(alarm, self._texts[alarm], count) for alarm, count in order[:limit])


class Chatter:
    """Finds alarms that come and go again and again. Counts each cycle that was part of it once."""

    def __init__(self) -> None:
        self.found = Counter()
        self._cycles: dict[str, deque[Moment]] = {}
        self._counted: dict[str, int] = {}
        """Of the last cycles of an alarm, how many are counted already."""

    def add(self, alarm: str, text: Text, raised: Moment, cleared: Moment) -> None:
        """Takes the next cycle of an alarm in."""
        cycles = self._cycles.setdefault(alarm, deque(maxlen=CHATTER_CYCLES))
        counted = self._counted.get(alarm, 0)
        if len(cycles) == CHATTER_CYCLES:
            counted = max(0, counted - 1)
        cycles.append(raised)
        whole = span(cycles[0], cleared)
        if len(cycles) == CHATTER_CYCLES and whole.certain and whole.seconds < CHATTER_WITHIN:
            self.found.add(alarm, text, CHATTER_CYCLES - counted)
            counted = CHATTER_CYCLES
        self._counted[alarm] = counted
