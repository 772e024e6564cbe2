"""The one bounded queue through which threads and tasks hand inputs to the core's loop."""

import asyncio
import threading
from collections import deque

from agent.core.inputs import Input, Polled, PollFailed

CAPACITY = 10_000


class Inbox:
    """Takes inputs from any thread, gives them to one task in order.

    When it is full the newest reading is dropped and counted (the next poll brings a newer one); orders are never
    dropped, since people wait for them and are few.

    Args:
        loop: the loop of the task that takes.
        capacity: how many inputs may wait.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, capacity: int = CAPACITY) -> None:
        self._loop = loop
        self._capacity = capacity
        self._waiting: deque[Input] = deque()
        self._lock = threading.Lock()
        self._arrived = asyncio.Event()
        self._woken = False
        self._taker = 0
        """The thread of the loop, once somebody takes."""
        self.dropped = 0

    def post(self, given: Input) -> None:
        """Hand over one input; never blocks, may be called from any thread."""
        with self._lock:
            if len(self._waiting) >= self._capacity and isinstance(given, Polled | PollFailed):
                self.dropped += 1
                return
            self._waiting.append(given)
            wake, self._woken = not self._woken, True
        if wake:
            self._wake()

    def _wake(self) -> None:
        if threading.get_ident() == self._taker:
            self._arrived.set()
        elif not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._arrived.set)

    async def take(self, within: float | None) -> list[Input]:
        """All that waits; waits itself for the first, at most `within` seconds (then the list is empty)."""
        self._taker = threading.get_ident()
        try:
            async with asyncio.timeout(within):
                await self._arrived.wait()
        except TimeoutError:
            return []
        with self._lock:
            taken = list(self._waiting)
            self._waiting.clear()
            self._arrived.clear()
            self._woken = False
        return taken
