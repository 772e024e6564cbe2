"""Parts that must not die: each is run again after an error, ever more slowly, and the error is told once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0


@contextmanager
def surviving(name: str) -> Iterator[None]:
    """Whatever something dies of is logged, and the others go on."""
    try:
        yield
    except Exception:  # the one place that takes every error: what nobody foresaw must not end the watching
        log.exception("%s died; the others go on", name, extra={"part": name})


async def supervise(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Run a part for ever. A part that returns or raises is started again after a pause that doubles."""
    pause = FIRST_PAUSE
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        with surviving(name):
            await _unless_cancelled(run)
        if loop.time() - began > LONGEST_PAUSE:
            pause = FIRST_PAUSE
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


async def _unless_cancelled(run: Callable[[], Awaitable[None]]) -> None:
    """Run a part. Something that it awaits may be cancelled without anybody wanting the part itself to end."""
    try:
        await run()
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise RuntimeError("what it waited for was cancelled") from error
