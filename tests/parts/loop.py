"""An event loop in a thread, so that a test can look at what runs on it from outside."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class LoopThread:
    """Runs an event loop until it is stopped."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="test-loop", daemon=True)
        self._thread.start()

    def call(self, function: Callable[..., T], *args: Any) -> T:
        """Call a function on the loop and return its result."""

        async def calling() -> T:
            return function(*args)

        return self.run(calling())

    def run(self, task: Coroutine[Any, Any, T], timeout: float = 60.0) -> T:
        """Run a coroutine on the loop to its end."""
        return asyncio.run_coroutine_threadsafe(task, self.loop).result(timeout)

    def stop(self) -> None:
        """End the loop and what still runs on it."""
        self.run(self._cancel_rest())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(20)
        self.loop.close()

    async def _cancel_rest(self) -> None:
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
