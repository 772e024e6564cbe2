"""ISA-18.1 sequence A as a table, and what the lamps make of several windows."""

import pytest

from agent.core.annunciator import Indication, Sequence, Show, Signal, Window, follow, indicate
from agent.core.model import Severity

A, R, K, S = Signal.ALARM, Signal.RETURN, Signal.ACKNOWLEDGE, Signal.SILENCE


@pytest.mark.parametrize(
    ("signals", "lamp", "horn"),
    [
        ([A], Show.FLASH, True),
        ([A, K], Show.STEADY, False),
        ([A, K, R], Show.OFF, False),
        ([A, R], Show.FLASH, True),
        ([A, R, K], Show.OFF, False),
        ([A, S], Show.FLASH, False),
        ([A, S, K], Show.STEADY, False),
        ([A, S, R], Show.FLASH, False),
        ([A, R, S], Show.FLASH, False),
        ([A, S, R, A], Show.FLASH, True),
        ([A, R, A], Show.FLASH, True),
        ([A, K, S], Show.STEADY, False),
        ([A, K, K], Show.STEADY, False),
        ([K], Show.OFF, False),
        ([S], Show.OFF, False),
    ],
)
def test_sequence_a(signals: list[Signal], lamp: Show, horn: bool) -> None:
    """Alarm: flash and horn; acknowledged: steady; returned before: locked in; returned after: off by itself."""
    windows = {"a": Window(Severity.CRITICAL)}
    for signal in signals:
        follow(windows, "a", signal)
    shown = indicate(
        [w for w in windows.values() if w.sequence is not Sequence.NORMAL], watching=True, testing=False
    )
    assert (shown.red, shown.horn) == (lamp, horn)
    assert shown.amber is Show.OFF


W = Window
ALERT, SEEN, QUIET = Sequence.ALERT, Sequence.ACKNOWLEDGED, Sequence.SILENCED


@pytest.mark.parametrize(
    ("windows", "shown"),
    [
        ([], Indication(green=Show.STEADY)),
        ([W(Severity.WARNING, ALERT)], Indication(amber=Show.FLASH, green=Show.STEADY, horn=True)),
        (
            [W(Severity.MINOR, SEEN), W(Severity.MAJOR, SEEN)],
            Indication(Show.STEADY, Show.STEADY, Show.STEADY),
        ),
        (
            [W(Severity.MAJOR, SEEN), W(Severity.CRITICAL, QUIET)],
            Indication(red=Show.FLASH, green=Show.STEADY),
        ),
        (
            [W(Severity.CRITICAL, QUIET), W(Severity.MAJOR, SEEN)],
            Indication(red=Show.FLASH, green=Show.STEADY),
        ),
    ],
)
def test_a_lamp_shows_the_most_urgent_state_mapped_to_it(windows: list[Window], shown: Indication) -> None:
    """Red is critical and major, amber is minor and warning; flashing wins over steady, whatever the order."""
    assert indicate(windows, watching=True, testing=False) == shown


def test_green_is_off_when_nothing_is_watched() -> None:
    """A box that polls nothing does not look healthy."""
    assert indicate([], watching=False, testing=False) == Indication()


def test_a_lamp_test_lights_everything() -> None:
    """All lamps and the horn, whatever stands."""
    shown = indicate([], watching=False, testing=True)
    assert (shown.red, shown.amber, shown.green, shown.horn) == (Show.STEADY, Show.STEADY, Show.STEADY, True)
