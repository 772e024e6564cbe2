"""What the service manager is told while the agent runs; its watchdog is fed only while every essential part gets on."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from agent.service_manager import ServiceManager

SHARE = 3
"""Signs of life within the time that the manager waits for one."""


async def attend(
    manager: ServiceManager, ready: asyncio.Event, stop: asyncio.Event, stuck: Callable[[], Sequence[str]]
) -> None:
    """Tell that the agent is ready, then that it lives, then that it ends.

    Args:
        manager: who started this process.
        ready: set once everything runs.
        stop: set when the end begins.
        stuck: the names of essential parts that do not get on.
    """
    await ready.wait()
    manager.ready()
    pause = manager.patience / SHARE or None
    while not stop.is_set():
        _sign(manager, stuck())
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await stop.wait()
    manager.ending()


def _sign(manager: ServiceManager, names: Sequence[str]) -> None:
    if names:
        manager.troubled(f"stuck: {', '.join(names)}")
    else:
        manager.alive("watching")
