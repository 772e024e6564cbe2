"""Parts that must not die: each is run again after an error, ever more slowly, and the error is told once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import extract_tb

from firmware.errors import FirmwareError

log = logging.getLogger(__name__)

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0

Told = Callable[[str, str], None]
"""Takes the name of a part and what it died of; nothing of that where it has begun, or done, its work."""


def untold(_part: str, _error: str) -> None:
    """For whoever needs not know how a part does."""


@contextmanager
def surviving(name: str, told: Told = untold) -> Iterator[None]:
    """Whatever something dies of is logged and told, and the others go on."""
    try:
        yield
    except FirmwareError as error:
        log.error("%s: %s", name, error, extra={"part": name})  # noqa: TRY400  # foreseen: the trace helps nobody
        told(name, str(error))
    except (
        Exception
    ) as error:  # the one place that takes every error: what nobody foresaw must not end the watching
        log.exception("%s died; the others go on", name, extra={"part": name})
        told(name, died_of(error))


async def supervise(name: str, run: Callable[[], Awaitable[None]], told: Told = untold) -> None:
    """Run a part for ever. A part that returns or raises is started again after a pause that doubles.

    Args:
        name: of the part.
        run: its work, which never ends by itself.
        told: hears when it begins and what it died of.
    """
    backoff = Backoff(FIRST_PAUSE)
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        told(name, "")
        with surviving(name, told):
            await _unless_cancelled(run)
            told(name, "ended by itself")
        if loop.time() - began > LONGEST_PAUSE:
            backoff = Backoff(FIRST_PAUSE)
        await asyncio.sleep(backoff.pause())


class Backoff:
    """Pauses that double with each try that fails, up to the longest; seconds.

    Args:
        first: the first of them.
    """

    def __init__(self, first: float = FIRST_PAUSE) -> None:
        self._next = first

    def pause(self) -> float:
        """How long to wait after one more failure."""
        pause, self._next = self._next, min(2 * self._next, LONGEST_PAUSE)
        return pause


def died_of(error: BaseException) -> str:
    """Where an error that nobody foresaw came from. Not its words: a secret may be among them."""
    frames = extract_tb(error.__traceback__)
    place = f" in {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"


async def _unless_cancelled(run: Callable[[], Awaitable[None]]) -> None:
    """Run a part. Something that it awaits may be cancelled without anybody wanting the part itself to end."""
    try:
        await run()
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise RuntimeError("what it waited for was cancelled") from error
