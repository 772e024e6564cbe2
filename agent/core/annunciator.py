"""The annunciator: the windows of the alarms by the site's ISA-18.1 sequence, and what lamps and horn show of them.

Silence stops the horn until the next alarm comes; the lamps go on flashing. What the lamps show is a pure function of
the windows and the time: of all windows mapped to a lamp, the one that shows the most urgent.
"""

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum

from msgspec import Struct

from agent.core.model import Severity
from agent.core.sequences import (
    ADOPTED,
    ALERTING,
    SOUNDING,
    TABLES,
    TO_RESET,
    UNSEEN,
    Reset,
    Scheme,
    Sequence,
    Signal,
)

WANTED_AFTER = 3600.0
"""Seconds after which an alarm that is gone, and that nobody has acknowledged, lights the blue lamp."""


class Show(StrEnum):
    """What one lamp does."""

    OFF = "off"
    STEADY = "steady"
    HEARTBEAT = "steady heartbeat"
    """Lit, with a short dark moment every few seconds: whoever drives it is alive."""
    SLOW_FLASH = "slow flash"
    FLASH = "flash"
    FAST_FLASH = "fast flash"
    DOUBLE_FLASH = "double flash"
    """The first alarm of several: first-out."""


URGENCY: tuple[Show, ...] = tuple(Show)
"""From the least to the most urgent: on a lamp that several windows share, the most urgent is seen."""

SHOWN: Mapping[Sequence, Show] = {
    Sequence.ALERT: Show.FLASH,
    Sequence.SILENCED: Show.FLASH,
    Sequence.LOCKED_IN: Show.FLASH,
    Sequence.LOCKED_IN_SILENCED: Show.FLASH,
    Sequence.ACKNOWLEDGED: Show.STEADY,
    Sequence.BEHIND: Show.STEADY,
    Sequence.SUPPRESSED: Show.OFF,
    Sequence.AWAITS_RESET: Show.STEADY,
    Sequence.RINGBACK: Show.SLOW_FLASH,
    Sequence.RINGBACK_SILENCED: Show.SLOW_FLASH,
    Sequence.NORMAL: Show.OFF,
}
"""What a window shows; in sequence R, which has a slow flash too, what alerts flashes fast."""


class Window(Struct):
    """The annunciator window of one alarm."""

    severity: Severity
    sequence: Sequence = Sequence.NORMAL
    first: bool = False
    """Whether it is marked as first-out."""
    since: float = 0.0
    """Monotonic second at which the alarm was gone without an acknowledgement, or at which the box started after."""


class Indication(Struct, frozen=True):
    """What the stack light shows.

    Colours by IEC 60073: red danger or fault, amber abnormal, green normal, blue: somebody has to act.
    """

    red: Show = Show.OFF
    amber: Show = Show.OFF
    green: Show = Show.OFF
    horn: bool = False
    blue: Show = Show.OFF
    ringback: bool = False
    """The horn gives short bursts: an alarm is gone and waits for a reset, and none alerts."""


LAMP_TEST = Indication(red=Show.STEADY, amber=Show.STEADY, green=Show.STEADY, horn=True, blue=Show.STEADY)


class Annunciator(Struct, frozen=True):
    """All windows that are not normal, at one moment.

    Attributes:
        windows: by alarm; moved in place.
        scheme: the sequence of the site.
        mono: monotonic second.
    """

    windows: dict[str, Window]
    scheme: Scheme = Scheme()
    mono: float = 0.0

    def follow(self, alarm: str, signal: Signal) -> None:
        """Move the window of one alarm; a window that is normal again is taken away."""
        window = self.windows.get(alarm)
        if window is None:
            return
        following = TABLES[self.scheme.sequence][window.sequence].get(signal)
        if following is not None:
            self._enter(alarm, window, following)

    def follow_all(self, signal: Signal) -> None:
        """Move every window: what a button does that is not about one alarm."""
        for alarm in list(self.windows):
            self.follow(alarm, signal)

    def adopt(self) -> None:
        """Take windows over as another run left them, perhaps by another sequence.

        What waits for a person waits from now on: no duration goes on from one boot to the next.
        """
        for alarm, window in list(self.windows.items()):
            window.first = window.first and self.scheme.first_out
            window.since = self.mono if window.sequence in UNSEEN else 0.0
            self._enter(alarm, window, ADOPTED[self.scheme.sequence].get(window.sequence, window.sequence))

    def hand_on(self, causes: Iterable[str]) -> None:
        """Mark the first of these alarms that alerts as first-out: one that stands behind it had the mark."""
        for alarm in causes:
            window = self.windows.get(alarm)
            if window is not None and window.sequence in ALERTING:
                window.first = True
                return

    def _enter(self, alarm: str, window: Window, state: Sequence) -> None:
        if state is Sequence.NORMAL:
            del self.windows[alarm]
            return
        if state not in ALERTING:
            window.first = False
        elif window.sequence not in ALERTING:
            window.first = self.scheme.first_out and not any(
                one.sequence in ALERTING for one in self.windows.values()
            )
        if (state in UNSEEN) != (window.sequence in UNSEEN):
            window.since = self.mono if state in UNSEEN else 0.0
        window.sequence = state


def is_wanted(window: Window, mono: float) -> bool:
    """Whether it waits for what only a person can order: a reset, or an acknowledgement long after the alarm is gone."""
    if window.sequence in UNSEEN:
        return mono - window.since >= WANTED_AFTER
    return window.sequence in TO_RESET


def show(window: Window, sequence: Reset) -> Show:
    """What one window would show on a lamp of its own."""
    if window.first:
        return Show.DOUBLE_FLASH
    shown = SHOWN[window.sequence]
    return Show.FAST_FLASH if shown is Show.FLASH and sequence is Reset.RINGBACK else shown


def indicate(
    windows: Collection[Window], scheme: Scheme, mono: float, *, watching: bool, heartbeat: bool = False
) -> Indication:
    """What lamps and horn show while no lamp test is under way.

    Args:
        windows: the windows that are not normal.
        scheme: the sequence of the site.
        mono: monotonic second.
        watching: the box is healthy and polls: the green lamp.
        heartbeat: the green lamp blinks off now and then.
    """
    red = [show(one, scheme.sequence) for one in windows if one.severity >= Severity.MAJOR]
    amber = [show(one, scheme.sequence) for one in windows if one.severity < Severity.MAJOR]
    states = {one.sequence for one in windows}
    green = Show.HEARTBEAT if heartbeat else Show.STEADY
    horn = not SOUNDING.isdisjoint(states)
    return Indication(
        red=_most_urgent(red),
        amber=_most_urgent(amber),
        green=green if watching else Show.OFF,
        horn=horn,
        blue=Show.STEADY if any(is_wanted(one, mono) for one in windows) else Show.OFF,
        ringback=Sequence.RINGBACK in states and not horn,
    )


def _most_urgent(shows: list[Show]) -> Show:
    return max(shows, key=URGENCY.index, default=Show.OFF)
