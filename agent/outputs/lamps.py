"""The stack light as an output: what the core indicates, on the pins at once."""

import logging

from agent.core.annunciator import Indication, Show
from firmware.errors import FirmwareError
from firmware.lamps import Pattern, StackLight

log = logging.getLogger(__name__)

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
    """Shows indications; writes pins only when something changed."""

    def __init__(self, light: StackLight) -> None:
        self._light = light
        self._shown: Indication | None = None

    def show(self, indication: Indication) -> None:
        """Show it now, and that somebody is there to do so. A pin that fails does not stop the watching."""
        if indication == self._shown:
            self._light.pulse()
            return
        try:
            self._light.show(patterns(indication))
        except FirmwareError as error:
            log.error("lamps: %s", error)  # noqa: TRY400  # the trace says nothing to a technician
            return
        self._shown = indication

    def close(self) -> None:
        """Leave the lamps in their fail-safe state."""
        self._light.close()
