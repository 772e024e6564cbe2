"""Tasks that must not die: each is run again after an error, ever more slowly, and the error is told once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0


async def supervise(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Run a part for ever. A part that returns or raises is started again after a pause that doubles."""
    pause = FIRST_PAUSE
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        try:
            await run()
        except Exception:  # the one place: whatever a part dies of, the others go on and it is started again
            log.exception("%s died; starting it again in %g s", name, pause)
        if loop.time() - began > LONGEST_PAUSE:
            pause = FIRST_PAUSE
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
