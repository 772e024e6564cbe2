"""Timers for many pollers at the price of a few: those of one moment share one, and deadlines that are met need none."""

import asyncio
from collections import deque
from collections.abc import Callable

Waiter = asyncio.Future[None]


class Bell:
    """Wakes all who wait for the same moment by one timer of the loop."""

    def __init__(self) -> None:
        self._waiting: dict[float, list[Waiter]] = {}

    def at(self, due: float) -> Waiter:
        """What is done at a moment of the loop's clock, unless somebody has it done before."""
        loop = asyncio.get_running_loop()
        waiter: Waiter = loop.create_future()
        if due not in self._waiting:
            self._waiting[due] = []
            loop.call_at(due, self._ring, due)
        self._waiting[due].append(waiter)
        return waiter

    def _ring(self, due: float) -> None:
        for waiter in self._waiting.pop(due):
            if not waiter.done():
                waiter.set_result(None)


class Deadlines:
    """Gives up on what was not done in time; all of one kind have the same time.

    Nearly all is done in time, so deadlines stand in a row, and the loop has a timer for the first only.

    Args:
        patience: seconds.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._row: deque[tuple[float, asyncio.Future[object], Callable[[], BaseException]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, done: asyncio.Future[object], error: Callable[[], BaseException]) -> None:
        """Have a future fail with `error()` unless it is done in time."""
        loop = asyncio.get_running_loop()
        self._row.append((loop.time() + self._patience, done, error))
        if self._timer is None:
            self._timer = loop.call_later(self._patience, self._look)

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        row, now = self._row, loop.time()
        while row and (row[0][1].done() or row[0][0] <= now):
            _, done, error = row.popleft()
            if not done.done():
                done.set_exception(error())
        self._timer = loop.call_at(row[0][0], self._look) if row else None
