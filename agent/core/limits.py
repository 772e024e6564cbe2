"""From readings to conditions: limits with a deadband, n of m, on-delay and off-delay, chattering (ISA-18.2).

One condition per device and rule. A reading of bad quality neither raises nor clears: it leaves the condition as it
is, and a delay that ends without a good reading decides nothing until the next good one.
"""

import math
from enum import Enum

from msgspec import Struct

from agent.core.branch import Chatter
from agent.core.brief import Brief
from agent.core.model import Bad, Limit, Rule, Value
from agent.core.trail import Trail


class Verdict(Enum):
    """What one good reading says of one limit."""

    ABNORMAL = "abnormal"
    NORMAL = "normal"
    DEADBAND = "deadband"


class Change(Enum):
    """What became of a condition."""

    RAISE = "raise"
    CLEAR = "clear"
    REST = "rest"
    """It chattered and has stayed active since."""


class Beginning(Struct, frozen=True, gc=False):
    """When something began, on a clock that each boot of the box starts anew."""

    boots: int
    """The how manieth boot that the journal knows of."""
    mono: float
    """Monotonic second within it."""

    def before(self, other: "Beginning") -> float:
        """Seconds from this to another; infinite where the box was off between them, nobody knows for how long."""
        if self.boots == other.boots:
            return other.mono - self.mono
        return math.copysign(math.inf, other.boots - self.boots)


UNKNOWN = Beginning(-1, 0.0)
"""Before all that the journal can tell: what versions wrote that did not keep it."""


class Condition(Struct):
    """The transient memory of one rule. Not journalled: after a restart only fresh readings move it."""

    active: bool = False
    since: float | None = None
    """Monotonic second at which the opposite was first seen; None while nothing is pending."""
    crossed: float = 0.0
    """Wall time of that reading."""
    began: Beginning = UNKNOWN
    """When the reading was that made it active."""
    timed: bool = False
    """Whether a timer of it runs: a device that flaps must not start one each time."""
    said: Verdict | None = None
    """What the newest reading said; None where it said nothing."""
    recent: list[Verdict] = []
    """What the last readings said, where several are wanted."""
    over: float = -math.inf
    """Monotonic second of the first reading that no longer said abnormal, unless it was excused."""
    excused: dict[int, float] = {}
    """Monotonic second since which an excuse of the rule, by its place, holds without a break."""
    brief: Brief | None = None
    """What passes before its on-delay ends, where that is followed."""
    trail: Trail | None = None
    """The last values, where their change is limited."""
    raises: list[float] = []
    """Monotonic seconds of the last raises, as many as make it chatter."""
    quiet: float = 0.0
    """Seconds without a change after which chattering ends; 0 while it does not chatter."""
    turned: float = 0.0
    """Monotonic second of its last change to or from normal, while it chatters."""
    comings: int = 0
    """How often it has come since it began to chatter, the raises before included."""


def judge(limit: Limit, value: Value | Bad) -> Verdict | None:
    """What a value says of a limit; None where it says nothing (bad, or not of the kind the limit is about)."""
    if isinstance(value, Bad) or value != value:  # noqa: PLR0124  # not a number: says nothing
        return None
    if limit.among:
        return _judge_among(limit, value)
    if limit.tokens:
        return _judge_tokens(limit, value)
    return None if isinstance(value, (str, bool)) else _judge_number(limit, value)


def _judge_among(limit: Limit, value: Value) -> Verdict | None:
    # To Python True is 1 and a word is merely unequal to a number; to a limit they are of different kinds.
    alike = [one for one in limit.among if _kind(one) is _kind(value)]
    if not alike:
        return None
    return Verdict.ABNORMAL if value in alike else Verdict.NORMAL


def _kind(value: Value) -> type:
    return float if type(value) is int else type(value)


def _judge_tokens(limit: Limit, value: Value) -> Verdict | None:
    if not isinstance(value, str):
        return None
    words = value.split()
    if not set(limit.tokens).isdisjoint(words):
        return Verdict.ABNORMAL
    is_over = not limit.clear_tokens or not set(limit.clear_tokens).isdisjoint(words)
    return Verdict.NORMAL if is_over else Verdict.DEADBAND


def _judge_number(limit: Limit, value: float) -> Verdict | None:
    if limit.raise_above is not None:
        if value > limit.raise_above:
            return Verdict.ABNORMAL
        clear = limit.raise_above if limit.clear_below is None else limit.clear_below
        return Verdict.NORMAL if value <= clear else Verdict.DEADBAND
    if limit.raise_below is not None:
        if value < limit.raise_below:
            return Verdict.ABNORMAL
        clear = limit.raise_below if limit.clear_above is None else limit.clear_above
        return Verdict.NORMAL if value >= clear else Verdict.DEADBAND
    return None


def observe(condition: Condition, rule: Rule, value: Value | Bad, mono: float, wall: float) -> float | None:
    """Take one reading into a condition.

    Returns:
        The monotonic second at which `settle` should be asked (at once, if there is no delay), or None.
    """
    condition.said = verdict = _verdict(condition, rule, value, mono)
    if verdict is None:
        return None
    opposite = Verdict.NORMAL if condition.active else Verdict.ABNORMAL
    if rule.confirm[1] > 1:
        verdict = _confirmed(condition, rule, verdict, opposite)
    if verdict is not opposite:
        # Confirmed, or in the deadband: a delay wants its side without a break.
        if condition.since is not None:
            condition.since, condition.turned = None, mono
            condition.comings += condition.active
        return due_of(condition, rule)
    if condition.since is None:
        condition.since, condition.crossed, condition.turned = mono, wall, mono
    return due_of(condition, rule)


def _verdict(condition: Condition, rule: Rule, value: Value | Bad, mono: float) -> Verdict | None:
    if not rule.limit.per or rule.often is not None:
        return judge(rule.limit, value)
    if isinstance(value, (Bad, str, bool)):
        return None
    if condition.trail is None:
        condition.trail = Trail(rule.limit.per, rule.counter)
    change = condition.trail.take(float(value), mono)
    return None if change is None else judge(rule.limit, change)


def _confirmed(condition: Condition, rule: Rule, verdict: Verdict, opposite: Verdict) -> Verdict:
    """The side that enough of the last readings are on."""
    enough, among = rule.confirm
    condition.recent = [*condition.recent, verdict][-among:]
    if condition.recent.count(opposite) >= enough:
        return opposite
    return Verdict.DEADBAND if verdict is opposite else verdict


def is_restless(condition: Condition, rule: Rule) -> bool:
    """Whether even a reading like the last one may change the condition."""
    if rule.confirm[1] > 1 and (len(condition.recent) < rule.confirm[1] or len(set(condition.recent)) > 1):
        return True
    if condition.excused:
        return True
    return condition.trail is not None and not condition.trail.is_flat


def settle(
    condition: Condition,
    rule: Rule,
    mono: float,
    *,
    fresh: bool,
    chatter: Chatter | None = None,
    boots: int = 0,
) -> Change | None:
    """Whether a pending delay has ended by now, on a reading that is still fresh; moves the condition if so."""
    if condition.since is None:
        return _settle_chatter(condition, mono)
    due = condition.since + delay_of(condition, rule)
    if not fresh or mono < due:
        return None
    condition.active = not condition.active
    condition.recent = []
    if condition.active:
        condition.began = Beginning(boots, condition.since)
        _count_raise(condition, mono, chatter)
    condition.since = None
    return Change.RAISE if condition.active else Change.CLEAR


def _count_raise(condition: Condition, mono: float, chatter: Chatter | None) -> None:
    if chatter is None:
        return
    condition.raises = [*condition.raises, mono][-chatter.count :]
    if len(condition.raises) == chatter.count and mono - condition.raises[0] <= chatter.within:
        condition.quiet, condition.turned, condition.comings = chatter.quiet, mono, chatter.count


def _settle_chatter(condition: Condition, mono: float) -> Change | None:
    if not condition.quiet or mono < condition.turned + condition.quiet:
        return None
    return Change.REST


def come_to_rest(condition: Condition) -> None:
    """It chatters no more."""
    condition.quiet, condition.raises = 0.0, []


def judge_anew(condition: Condition, mono: float, *, by_another_limit: bool) -> None:
    """Limit or delays are others than before: nothing is decided until a reading has been judged by them.

    What was seen by another limit says nothing of this one: a pending delay begins anew. The last values, and how
    often the condition has come, do not depend on the limit.
    """
    condition.said = None
    if not by_another_limit:
        return
    condition.recent = []
    if condition.since is not None:
        condition.since, condition.turned = None, mono


def due_of(condition: Condition, rule: Rule) -> float | None:
    """The monotonic second at which a pending delay or chattering ends; None while nothing is pending."""
    if condition.since is not None:
        return condition.since + delay_of(condition, rule)
    return condition.turned + condition.quiet if condition.quiet else None


def delay_of(condition: Condition, rule: Rule) -> float:
    """The delay that the pending change of a condition waits out, in seconds; what chatters must come to rest."""
    return max(rule.off_delay, condition.quiet) if condition.active else rule.on_delay
