"""How the agent's parts end: each step for itself, so that one that fails keeps no other from being done."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

from agent.sources.worker import Worker
from agent.tasks import surviving

Step = tuple[str, Callable[[], Awaitable[None]]]
"""What ends, and how."""

WIRE_SECONDS = 1.0
"""How long the end waits for all wires together."""


async def end_all(steps: Sequence[Step]) -> None:
    """Take the steps in their order, also after one that failed."""
    for name, step in steps:
        with surviving(f"the end of {name}"):
            await step()


async def cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    """End tasks and wait until they have."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def join(wires: Sequence[Worker]) -> None:
    """Wait for threads that were told to stop; one that hangs in the kernel is left behind."""
    end = time.monotonic() + WIRE_SECONDS
    for wire in wires:
        wire.join(max(0.0, end - time.monotonic()))
