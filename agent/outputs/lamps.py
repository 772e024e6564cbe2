"""The stack light as an output: what the core indicates, on the pins at once."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress

from agent.core.annunciator import Indication, Show
from agent.tasks import LONGEST_PAUSE, Backoff, Told, untold
from firmware.errors import FirmwareError
from firmware.lamps import Pattern, StackLight

log = logging.getLogger(__name__)

LAMPS = "lamps"
"""What this part is called where it is told of."""

FAILURES = 3
"""Failures in a row after which the lines are given back and opened anew."""

PATTERNS = {
    Show.OFF: Pattern.OFF,
    Show.STEADY: Pattern.STEADY,
    Show.HEARTBEAT: Pattern.HEARTBEAT,
    Show.SLOW_FLASH: Pattern.SLOW_FLASH,
    Show.FLASH: Pattern.FLASH,
    Show.FAST_FLASH: Pattern.FAST_FLASH,
    Show.DOUBLE_FLASH: Pattern.DOUBLE_FLASH,
}


def patterns(indication: Indication) -> dict[str, Pattern]:
    """What each lamp of the board shows for an indication."""
    return {
        "red": PATTERNS[indication.red],
        "amber": PATTERNS[indication.amber],
        "green": PATTERNS[indication.green],
        "blue": PATTERNS[indication.blue],
        "horn": _sound(indication),
    }


def _sound(indication: Indication) -> Pattern:
    if indication.horn:
        return Pattern.STEADY
    return Pattern.BURSTS if indication.ringback else Pattern.OFF


class LampOutput:
    """Shows indications; writes pins only when something changed.

    Lamps that cannot be opened, or fail, do not stop the watching: they are told of and tried again, ever more seldom.

    Args:
        light: opens the stack light.
        told: hears how it does.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        light: Callable[[], StackLight],
        told: Told = untold,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open, self._told, self._clock = light, told, clock
        self._light: StackLight | None = None
        self._shown: Indication | None = None
        self._backoff = Backoff()
        self._due = 0.0
        self._failures = 0

    def show(self, indication: Indication) -> None:
        """Show it now, and that somebody is there to do so; to be called every few seconds also where nothing changed."""
        if self._light is None and self._clock() < self._due:
            return
        try:
            self._show(indication)
        except FirmwareError as error:
            log.error("lamps: %s", error)  # noqa: TRY400  # the trace says nothing to a technician
            self._told(LAMPS, str(error))
            self._failed()
            return
        self._failures, self._shown = 0, indication
        self._told(LAMPS, "")

    def _show(self, indication: Indication) -> None:
        if self._light is None:
            self._light = self._open()
        if indication != self._shown:
            self._light.show(patterns(indication))
            return
        self._light.pulse()
        if self._light.fault is not None:
            self._light.refresh()

    def _failed(self) -> None:
        self._failures += 1
        if self._light is None or self._failures >= FAILURES:
            self.close()
            now = self._clock()
            if now - self._due > LONGEST_PAUSE:
                self._backoff = Backoff()
            self._failures, self._shown, self._due = 0, None, now + self._backoff.pause()

    def close(self) -> None:
        """Leave the lamps in their fail-safe state, as far as they can be reached."""
        light, self._light = self._light, None
        if light is not None:
            with suppress(FirmwareError):  # whoever failed was told of before
                light.close()
