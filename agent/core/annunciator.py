"""The annunciator: ISA-18.1 sequence A (automatic reset, lock-in) for each occurrence, and what lamps and horn show.

`SEQUENCE_A` is the whole sequence. Silence stops the horn until the next alarm comes; the lamps go on flashing.
What the lamps show is a pure function of the windows: the most urgent state mapped to each lamp.
"""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from agent.core.model import Severity


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


class Signal(StrEnum):
    """What moves a window."""

    ALARM = "alarm"
    RETURN = "return to normal"
    ACKNOWLEDGE = "acknowledge"
    SILENCE = "silence"
    EXPLAIN = "explained"
    """Its root cause was found."""
    FREE = "no longer explained"


N, A = Sequence, Signal

SEQUENCE_A: dict[Sequence, dict[Signal, Sequence]] = {
    N.NORMAL: {A.ALARM: N.ALERT},
    N.ALERT: {
        A.RETURN: N.LOCKED_IN,
        A.ACKNOWLEDGE: N.ACKNOWLEDGED,
        A.SILENCE: N.SILENCED,
        A.EXPLAIN: N.BEHIND,
    },
    N.SILENCED: {
        A.RETURN: N.LOCKED_IN_SILENCED,
        A.ACKNOWLEDGE: N.ACKNOWLEDGED,
        A.ALARM: N.ALERT,
        A.EXPLAIN: N.BEHIND,
    },
    N.ACKNOWLEDGED: {A.RETURN: N.NORMAL, A.ALARM: N.ALERT, A.EXPLAIN: N.BEHIND},
    N.LOCKED_IN: {A.ALARM: N.ALERT, A.ACKNOWLEDGE: N.NORMAL, A.SILENCE: N.LOCKED_IN_SILENCED},
    N.LOCKED_IN_SILENCED: {A.ALARM: N.ALERT, A.ACKNOWLEDGE: N.NORMAL},
    N.BEHIND: {A.RETURN: N.NORMAL, A.FREE: N.ALERT},
}
"""What is not in the table leaves the window as it is."""


class Show(StrEnum):
    """What one lamp does."""

    OFF = "off"
    STEADY = "steady"
    FLASH = "flash"


class Window(Struct):
    """The annunciator window of one alarm."""

    severity: Severity
    sequence: Sequence = Sequence.NORMAL


class Indication(Struct, frozen=True):
    """What the stack light shows. Colours by IEC 60073: red danger or fault, amber abnormal, green normal."""

    red: Show = Show.OFF
    amber: Show = Show.OFF
    green: Show = Show.OFF
    horn: bool = False


LAMP_TEST = Indication(red=Show.STEADY, amber=Show.STEADY, green=Show.STEADY, horn=True)

_FLASHING = frozenset({N.ALERT, N.SILENCED, N.LOCKED_IN, N.LOCKED_IN_SILENCED})
_SOUNDING = frozenset({N.ALERT, N.LOCKED_IN})


def follow(windows: dict[str, Window], alarm: str, signal: Signal) -> None:
    """Move the window of one alarm; a window that is normal again is taken away."""
    window = windows.get(alarm)
    if window is None:
        return
    window.sequence = SEQUENCE_A[window.sequence].get(signal, window.sequence)
    if window.sequence is Sequence.NORMAL:
        del windows[alarm]


def follow_all(windows: dict[str, Window], signal: Signal) -> None:
    """Move every window: what a button does that is not about one alarm."""
    for alarm in list(windows):
        follow(windows, alarm, signal)


def indicate(windows: Iterable[Window], *, watching: bool, testing: bool) -> Indication:
    """What lamps and horn show.

    Args:
        windows: the windows that are not normal.
        watching: the box is healthy and polls: the green lamp.
        testing: a lamp test is under way.
    """
    if testing:
        return LAMP_TEST
    shown = {True: Show.OFF, False: Show.OFF}
    horn = False
    for window in windows:
        urgent = window.severity >= Severity.MAJOR
        horn = horn or window.sequence in _SOUNDING
        if window.sequence in _FLASHING:
            shown[urgent] = Show.FLASH
        elif shown[urgent] is Show.OFF:
            shown[urgent] = Show.STEADY
    return Indication(
        red=shown[True], amber=shown[False], green=Show.STEADY if watching else Show.OFF, horn=horn
    )
