"""When a silent wire is worth a reset of its adapter: after minutes, then ever more rarely. Pure."""

FIRST = 300.0
"""Seconds of silence before the first reset: what comes back by itself does so sooner."""
RAREST = 6 * 3600.0
"""Seconds between two resets of a wire that none of them helps: its device may just be off."""


class Revival:
    """The silence of one wire.

    Args:
        now: monotonic seconds at which somebody began to listen.
        first: seconds of silence before the first reset.
    """

    def __init__(self, now: float, first: float = FIRST) -> None:
        self._first = first
        self.heard(now)

    def heard(self, now: float) -> None:
        """The device at its other end answered."""
        self._wait = self._first
        self._due = now + self._first

    def is_due(self, now: float) -> bool:
        """Whether to reset now; each time that this is said, the next wait is twice as long."""
        if now < self._due:
            return False
        self._wait = min(2 * self._wait, RAREST)
        self._due = now + self._wait
        return True
