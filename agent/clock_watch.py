"""Whether wall time is another one than what was told of it: then times to come have to be told anew. Pure."""

from agent.core.dating import is_step
from agent.core.model import Instant


class ClockWatch:
    """Compares the clock with what it was when times were told last.

    Args:
        now: when that was.
    """

    def __init__(self, now: Instant) -> None:
        self._told = now

    def moved(self, now: Instant) -> bool:
        """Whether the clock was set, or is believed otherwise; if so, that counts as told."""
        before = self._told
        stepped = is_step(before.wall - before.mono, now.wall - now.mono)
        if not stepped and now.quality is before.quality:
            return False
        self._told = now
        return True
