"""How the agent's parts end: each step for itself, so that one that fails keeps no other from being done."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from agent.tasks import surviving

Step = tuple[str, Callable[[], Awaitable[None]]]
"""What ends, and how."""


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
