"""When to try again and in which version of MQTT, and what is worth a line in the log. Pure."""

from collections.abc import Callable

V5, V311 = "5", "3.1.1"

HANG_UPS = 2
"""How often a broker may hang up on MQTT 5 without a word before 3.1.1 is tried: once may be its restart."""


AGAIN = 86_400.0
"""Seconds after which a broker that was found to speak only 3.1.1 is asked for 5 again: it may have been replaced."""


class Versions:
    """Chooses the version of MQTT: as configured, or 5 until the broker refuses it.

    Args:
        configured: `auto`, `5` or `3.1.1`.
        found: monotonic seconds when an earlier run found that this broker speaks only 3.1.1; None if none did.
    """

    def __init__(self, configured: str, found: float | None = None) -> None:
        self._auto = configured == "auto"
        self._refusals = 0
        self._hang_ups = 0
        self.found = found if self._auto else None
        """Since when 5 is known to be refused, None if it is not."""
        first = V5 if self.found is None else V311
        self.current = first if self._auto else configured

    def attempt(self, now: float) -> str:
        """The version to try now."""
        if self.found is not None and self.current == V311 and now - self.found >= AGAIN:
            self.found = None
            self._switch()
        return self.current

    def accepted(self, now: float) -> None:
        """The broker speaks it; it is kept from now on, and 3.1.1 for a day."""
        self._refusals = self._hang_ups = 0
        if not self._auto or self.current == V5:
            self.found = None
        elif self.found is None:
            self.found = now

    def refused(self) -> bool:
        """The broker refused it in words; True if the other version should be tried at once."""
        self._refusals += 1
        return self._auto and self._switch() and self._refusals == 1

    def hung_up(self) -> None:
        """The broker closed, spoke no MQTT or said nothing before it accepted: some do so to a version they do not know."""
        self._hang_ups += 1
        if self._auto and (self.current == V311 or self._hang_ups >= HANG_UPS):
            self._switch()

    def _switch(self) -> bool:
        self.current = V311 if self.current == V5 else V5
        self._hang_ups = 0
        return True


class Backoff:
    """Pauses that double, with jitter, so that hundreds of boxes do not return in step.

    Args:
        first: seconds of the first pause.
        longest: seconds that the pause doubles up to.
        jitter: a number from 0 to 1 at each call.
    """

    def __init__(self, first: float, longest: float, jitter: Callable[[], float]) -> None:
        self._first = self._next = first
        self._longest = longest
        self._jitter = jitter

    def reset(self) -> None:
        """It went well for a good while."""
        self._next = self._first

    def pause(self) -> float:
        """Seconds until the next attempt: between half of the pause that is due and the whole."""
        due, self._next = self._next, min(2 * self._next, self._longest)
        return due * (1 + self._jitter()) / 2


class Seldom:
    """Lets something be said at once and then once in a while.

    Args:
        every: seconds during which nothing more is said.
    """

    def __init__(self, every: float) -> None:
        self._every = every
        self._again = float("-inf")

    def allows(self, now: float) -> bool:
        """Whether to say it now; if so, it counts as said."""
        if now < self._again:
            return False
        self._again = now + self._every
        return True

    def reset(self) -> None:
        """The next time may be said at once."""
        self._again = float("-inf")


class Beacon:
    """Decides when the retained status is published again.

    Args:
        gap: seconds between two publications at least.
        draining: seconds between two publications while there is a backlog.
    """

    def __init__(self, gap: float, draining: float) -> None:
        self._gap, self._draining = gap, draining
        self._told: tuple[object, ...] = ()
        self._at = float("-inf")

    def due(self, what: tuple[object, ...], backlog: int, now: float) -> bool:
        """Whether the status with these changeable words and this backlog is to be published now."""
        since = now - self._at
        changed = self._told != (*what, backlog_class(backlog))
        return since >= self._gap and (changed or (backlog > 0 and since >= self._draining))

    def told(self, what: tuple[object, ...], backlog: int, now: float) -> None:
        """It was."""
        self._told, self._at = (*what, backlog_class(backlog)), now


def backlog_class(backlog: int) -> int:
    """The number of digits of a backlog, 0 for none: a change of it is worth a message."""
    return len(str(backlog)) if backlog > 0 else 0
