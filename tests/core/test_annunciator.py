"""What the lamps make of several windows."""

import pytest

from agent.core.annunciator import (
    LAMP_TEST,
    WANTED_AFTER,
    Annunciator,
    Indication,
    Show,
    Window,
    indicate,
    is_wanted,
)
from agent.core.model import Severity
from agent.core.sequences import ADOPTED, TABLES, Reset, Scheme, Sequence, Signal

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
    assert indicate(windows, Scheme(), 0.0, watching=True) == shown


def test_green_is_off_when_nothing_is_watched() -> None:
    """A box that polls nothing does not look healthy."""
    assert indicate([], Scheme(), 0.0, watching=False) == Indication()


def test_a_lamp_test_lights_everything() -> None:
    """All lamps and the horn."""
    lit = (LAMP_TEST.red, LAMP_TEST.amber, LAMP_TEST.green, LAMP_TEST.blue)
    assert set(lit) == {Show.STEADY}
    assert LAMP_TEST.horn


def test_green_can_have_a_heartbeat_while_the_box_watches() -> None:
    """And is dark all the same when it does not."""
    assert indicate([], Scheme(), 0.0, watching=True, heartbeat=True).green is Show.HEARTBEAT
    assert indicate([], Scheme(), 0.0, watching=False, heartbeat=True).green is Show.OFF


def test_ringback_gives_way_to_an_alarm() -> None:
    """One horn: bursts only while nothing alerts; the lamp shows the alert."""
    ringing, alerting = Window(Severity.MAJOR, Sequence.RINGBACK), Window(Severity.MAJOR, ALERT)
    scheme = Scheme(Reset.RINGBACK)
    alone = indicate([ringing], scheme, 0.0, watching=True)
    assert (alone.red, alone.horn, alone.ringback, alone.blue) == (Show.SLOW_FLASH, False, True, Show.STEADY)
    both = indicate([ringing, alerting], scheme, 0.0, watching=True)
    assert (both.red, both.horn, both.ringback) == (Show.FAST_FLASH, True, False)


def test_an_unseen_alarm_wants_a_person_after_an_hour() -> None:
    """Counted from its return, also when the horn was silenced meanwhile."""
    windows = {"a": Window(Severity.MAJOR)}
    for mono, signal in ((0.0, Signal.ALARM), (5000.0, Signal.RETURN), (6000.0, Signal.SILENCE)):
        Annunciator(windows, mono=mono).follow("a", signal)
    assert not is_wanted(windows["a"], 5000.0 + WANTED_AFTER - 1)
    assert is_wanted(windows["a"], 5000.0 + WANTED_AFTER)


@pytest.mark.parametrize("chosen", Reset)
@pytest.mark.parametrize("state", [one for one in Sequence if one is not Sequence.NORMAL])
def test_whatever_a_site_changes_to_knows_every_window(chosen: Reset, state: Sequence) -> None:
    """No window is left that no signal moves."""
    windows = {"a": Window(Severity.MAJOR, state)}
    Annunciator(windows, Scheme(chosen), 7.0).adopt()
    assert all(window.sequence in TABLES[chosen] for window in windows.values())
    assert bool(windows) == (ADOPTED[chosen].get(state) is not Sequence.NORMAL)
