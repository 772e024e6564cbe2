"""The sequences of ISA-18.1-1979 (R2004) as data: A (automatic reset), M (manual reset) and R (ringback).

Each table says where a window goes by a signal; what is not in it leaves the window as it is. All three lock in: an
alarm that is gone before anyone acknowledged it stays in alert. A consequence stands behind its cause in all of them:
it has never alerted by itself, so that its return needs neither acknowledgement nor reset. What is suppressed is dark;
when that ends, what is still wrong alerts.
"""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct


class Sequence(StrEnum):
    """The state of one annunciator window, in the words of ISA-18.1."""

    NORMAL = "normal"
    ALERT = "alert"
    SILENCED = "alert, silenced"
    ACKNOWLEDGED = "acknowledged"
    LOCKED_IN = "locked in"
    """The condition returned to normal before anyone acknowledged: the window stays in alert."""
    LOCKED_IN_SILENCED = "locked in, silenced"
    BEHIND = "behind its cause"
    """The alarm is a consequence: it stands steady and silent, its root cause alerts."""
    SUPPRESSED = "suppressed"
    """The alarm stands, but is shelved, out of service or the like: dark and silent until that ends."""
    AWAITS_RESET = "awaits reset"
    """Sequence M: acknowledged and normal again; lit until somebody resets it."""
    RINGBACK = "ringback"
    """Sequence R: acknowledged and normal again; flashes slowly and sounds until somebody resets it."""
    RINGBACK_SILENCED = "ringback, silenced"


class Signal(StrEnum):
    """What moves a window."""

    ALARM = "alarm"
    RETURN = "return to normal"
    ACKNOWLEDGE = "acknowledge"
    SILENCE = "silence"
    RESET = "reset"
    EXPLAIN = "explained"
    """Its root cause was found."""
    FREE = "no longer explained"
    SUPPRESS = "suppressed"
    RELEASE = "no longer suppressed"


class Reset(StrEnum):
    """Which sequence a site has chosen: how a window that was acknowledged becomes normal."""

    AUTOMATIC = "A"
    MANUAL = "M"
    RINGBACK = "R"


class Scheme(Struct, frozen=True):
    """How the annunciator of a site works."""

    sequence: Reset = Reset.AUTOMATIC
    first_out: bool = False
    """Whether the first alarm since none alerted is marked among those that came after it."""


Table = Mapping[Sequence, Mapping[Signal, Sequence]]

N, A = Sequence, Signal


def _sequence(over: Sequence, rest: Table) -> Table:
    """A table by what the sequences differ in.

    Args:
        over: where a window goes that is both acknowledged and normal again.
        rest: the rows of the states that only this sequence knows.
    """
    return {
        N.NORMAL: {A.ALARM: N.ALERT},
        N.ALERT: {
            A.RETURN: N.LOCKED_IN,
            A.ACKNOWLEDGE: N.ACKNOWLEDGED,
            A.SILENCE: N.SILENCED,
            A.EXPLAIN: N.BEHIND,
            A.SUPPRESS: N.SUPPRESSED,
        },
        N.SILENCED: {
            A.RETURN: N.LOCKED_IN_SILENCED,
            A.ACKNOWLEDGE: N.ACKNOWLEDGED,
            A.ALARM: N.ALERT,
            A.EXPLAIN: N.BEHIND,
            A.SUPPRESS: N.SUPPRESSED,
        },
        N.ACKNOWLEDGED: {
            A.RETURN: over,
            A.ALARM: N.ALERT,
            A.EXPLAIN: N.BEHIND,
            A.SUPPRESS: N.SUPPRESSED,
        },
        N.LOCKED_IN: {
            A.ALARM: N.ALERT,
            A.ACKNOWLEDGE: over,
            A.SILENCE: N.LOCKED_IN_SILENCED,
            A.SUPPRESS: N.NORMAL,
        },
        N.LOCKED_IN_SILENCED: {A.ALARM: N.ALERT, A.ACKNOWLEDGE: over, A.SUPPRESS: N.NORMAL},
        N.BEHIND: {A.RETURN: N.NORMAL, A.FREE: N.ALERT, A.SUPPRESS: N.SUPPRESSED},
        N.SUPPRESSED: {A.RETURN: N.NORMAL, A.RELEASE: N.ALERT},
        **rest,
    }


SEQUENCE_A = _sequence(N.NORMAL, {})
SEQUENCE_M = _sequence(
    N.AWAITS_RESET,
    {N.AWAITS_RESET: {A.ALARM: N.ALERT, A.RESET: N.NORMAL, A.SUPPRESS: N.NORMAL}},
)
SEQUENCE_R = _sequence(
    N.RINGBACK,
    {
        N.RINGBACK: {
            A.ALARM: N.ALERT,
            A.SILENCE: N.RINGBACK_SILENCED,
            A.RESET: N.NORMAL,
            A.SUPPRESS: N.NORMAL,
        },
        N.RINGBACK_SILENCED: {A.ALARM: N.ALERT, A.RESET: N.NORMAL, A.SUPPRESS: N.NORMAL},
    },
)

TABLES: Mapping[Reset, Table] = {
    Reset.AUTOMATIC: SEQUENCE_A,
    Reset.MANUAL: SEQUENCE_M,
    Reset.RINGBACK: SEQUENCE_R,
}

ADOPTED: Mapping[Reset, Mapping[Sequence, Sequence]] = {
    Reset.AUTOMATIC: {
        N.AWAITS_RESET: N.NORMAL,
        N.RINGBACK: N.NORMAL,
        N.RINGBACK_SILENCED: N.NORMAL,
    },
    Reset.MANUAL: {N.RINGBACK: N.AWAITS_RESET, N.RINGBACK_SILENCED: N.AWAITS_RESET},
    Reset.RINGBACK: {N.AWAITS_RESET: N.RINGBACK_SILENCED},
}
"""What a window becomes when the site changes to a sequence that does not know its state."""

ALERTING = frozenset({N.ALERT, N.SILENCED, N.LOCKED_IN, N.LOCKED_IN_SILENCED})
"""States of an alarm that nobody has acknowledged."""
UNSEEN = frozenset({N.LOCKED_IN, N.LOCKED_IN_SILENCED})
"""States of an alarm that is gone, and that nobody has acknowledged."""
TO_RESET = frozenset({N.AWAITS_RESET, N.RINGBACK, N.RINGBACK_SILENCED})
"""States that only a reset ends."""
SOUNDING = frozenset({N.ALERT, N.LOCKED_IN})
"""States in which the horn sounds; in `RINGBACK` it sounds in short bursts."""
