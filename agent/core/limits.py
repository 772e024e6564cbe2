"""From readings to conditions: limits with a deadband, on-delay and off-delay (ISA-18.2).

One condition per device and rule. A reading of bad quality neither raises nor clears: it leaves the condition as it
is, and a delay that ends without a good reading decides nothing until the next good one.
"""

import math
from enum import Enum

from msgspec import Struct

from agent.core.model import Bad, Limit, Rule, Value


class Verdict(Enum):
    """What one good reading says of one limit."""

    ABNORMAL = "abnormal"
    NORMAL = "normal"
    DEADBAND = "deadband"


class Change(Enum):
    """What became of a condition."""

    RAISE = "raise"
    CLEAR = "clear"


class Condition(Struct):
    """The transient memory of one rule. Not journalled: after a restart only fresh readings move it."""

    active: bool = False
    since: float | None = None
    """Monotonic second at which the opposite was first seen; None while nothing is pending."""
    crossed: float = 0.0
    """Wall time of that reading."""
    began: float = -math.inf
    """Monotonic second of the reading that made it active; of a time before this process where it was so at the start."""
    timed: bool = False
    """Whether a timer of it runs: a device that flaps must not start one each time."""


def judge(limit: Limit, value: Value | Bad) -> Verdict | None:
    """What a value says of a limit; None where it says nothing (bad, or not of the kind the limit is about)."""
    if isinstance(value, Bad) or value != value:  # noqa: PLR0124  # not a number: says nothing
        return None
    if limit.among:
        return _judge_among(limit, value)
    if limit.tokens:
        return _judge_tokens(limit, value)
    return None if isinstance(value, str | bool) else _judge_number(limit, value)


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
    return Verdict.NORMAL if set(limit.tokens).isdisjoint(value.split()) else Verdict.ABNORMAL


def _judge_number(limit: Limit, value: float) -> Verdict | None:
    if limit.raise_above is not None:
        clear = limit.raise_above if limit.clear_below is None else limit.clear_below
        return _side(abnormal=value > limit.raise_above, normal=value <= clear)
    if limit.raise_below is not None:
        clear = limit.raise_below if limit.clear_above is None else limit.clear_above
        return _side(abnormal=value < limit.raise_below, normal=value >= clear)
    return None


def _side(*, abnormal: bool, normal: bool) -> Verdict:
    if abnormal:
        return Verdict.ABNORMAL
    return Verdict.NORMAL if normal else Verdict.DEADBAND


def observe(condition: Condition, rule: Rule, value: Value | Bad, mono: float, wall: float) -> float | None:
    """Take one reading into a condition.

    Returns:
        The monotonic second at which `settle` should be asked (at once, if there is no delay), or None.
    """
    verdict = judge(rule.limit, value)
    if verdict is None:
        return None
    if verdict is not (Verdict.NORMAL if condition.active else Verdict.ABNORMAL):
        # Confirmed, or in the deadband: a delay wants its side without a break.
        condition.since = None
        return None
    if condition.since is None:
        condition.since, condition.crossed = mono, wall
    return due_of(condition, rule)


def settle(condition: Condition, rule: Rule, mono: float, *, fresh: bool) -> Change | None:
    """Whether a pending delay has ended by now, on a reading that is still fresh; moves the condition if so."""
    due = due_of(condition, rule)
    if due is None or not fresh or mono < due:
        return None
    condition.active = not condition.active
    if condition.active and condition.since is not None:
        condition.began = condition.since
    condition.since = None
    return Change.RAISE if condition.active else Change.CLEAR


def due_of(condition: Condition, rule: Rule) -> float | None:
    """The monotonic second at which the delay of a pending change ends; None while nothing is pending."""
    return None if condition.since is None else condition.since + delay_of(condition, rule)


def delay_of(condition: Condition, rule: Rule) -> float:
    """The delay that the pending change of a condition waits out, in seconds."""
    return rule.off_delay if condition.active else rule.on_delay
