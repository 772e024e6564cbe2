"""What passes before its on-delay ends, or is excused: followed, told, and in a storm only counted. Transient, pure.

A sag of the mains that is over before the on-delay ends is no alarm, but it is no secret either; neither is a self-test.
"""

from msgspec import Struct

from agent.core.dating import by_clock_of
from agent.core.model import Instant, Text, Value

TOLD_MOST = 6
"""So many of one rule are told …"""
TOLD_WITHIN = 3600.0
"""… in so many seconds; what comes beyond is counted, and told with the next."""
KEPT = 100
"""Comings that are remembered of one rule: more than any limit asks for."""


class Passed(Struct, frozen=True):
    """One condition that is over and raised no alarm.

    Attributes:
        mono: monotonic second at which a reading said that it was over.
        crossed: what the wall clock said at the first reading that said it.
        lasted: seconds between the two.
        excuse: what it was held to be; None for what was merely short.
    """

    mono: float
    crossed: float
    lasted: float
    excuse: Text | None = None

    def began(self, now: Instant) -> float:
        """Wall time of its first reading, by the clock of an instant of the same boot."""
        return by_clock_of(now, self.mono - self.lasted, self.crossed)


class Brief(Struct):
    """The memory of one rule."""

    began: float
    """Monotonic second since which it is followed."""
    since: float | None = None
    """Monotonic second of the first reading that said what now goes on; None while nothing does."""
    crossed: float = 0.0
    excuse: Text | None = None
    """What it was held to be, where an excuse has held since."""
    value: Value = ""
    """The newest reading that said it."""
    lately: list[Passed] = []
    """What passed of late, the newest last."""
    told: list[float] = []
    """Monotonic seconds at which something was told."""
    untold: int = 0
    """How often it came since then without being told."""

    def follow(self, *, abnormal: bool, excuse: Text | None, mono: float, wall: float) -> Passed | None:
        """Take in what a reading says, excused or not; returns what is over by it."""
        if abnormal:
            if self.since is None:
                self.since, self.crossed, self.excuse = mono, wall, None
            self.excuse = excuse or self.excuse
            return None
        if self.since is None:
            return None
        passed = Passed(mono, self.crossed, mono - self.since, self.excuse)
        self.lately = [*self.lately, passed][-KEPT:]
        self.end()
        return passed

    def end(self) -> None:
        """What went on is an alarm now, and no more of a concern here."""
        self.since, self.excuse = None, None

    def comings(self, mono: float, within: float) -> int | None:
        """How often something short passed within so many seconds; None while that is not known to be never."""
        count = sum(one.excuse is None and one.mono > mono - within for one in self.lately)
        return count if count or mono - self.began >= within else None

    def may_tell(self, mono: float) -> bool:
        """Whether one more may be told now; if not, it is counted."""
        self.told = [one for one in self.told if one > mono - TOLD_WITHIN]
        if len(self.told) >= TOLD_MOST:
            self.untold += 1
            return False
        self.told.append(mono)
        return True

    def take_count(self, *, new: int = 1) -> int:
        """How many are told now: those counted, and `new` ones."""
        count, self.untold = self.untold + new, 0
        return count

    @property
    def due(self) -> float:
        """Monotonic second at which the next may be told again."""
        return self.told[0] + TOLD_WITHIN if self.told else 0.0
