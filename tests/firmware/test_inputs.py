"""Dry contacts and buttons: what counts as a change, and who is told."""

import threading
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.board import Board, Input, PushButton
from firmware.errors import PinError
from firmware.inputs import RESAMPLE, Buttons, Contacts, Debounce
from tests.waiting import wait_for

DOOR, ACKNOWLEDGE = 5, 16


def test_a_level_counts_when_it_has_rested():
    """A contact that moves counts only after its debounce time without another edge."""
    debounce = Debounce({"door": 0.1}, {"door": False})
    debounce.edge("door", 10.0)
    assert debounce.sample({"door": True}, 10.05) == []
    assert debounce.wait({"door": True}, 10.05) == pytest.approx(0.05)
    debounce.edge("door", 10.08)
    assert debounce.sample({"door": True}, 10.15) == [], "it bounced at 10.08"
    assert debounce.sample({"door": True}, 10.19) == ["door"]
    assert debounce.stable == {"door": True}
    assert debounce.wait({"door": True}, 10.19) == RESAMPLE


def test_a_short_pulse_is_no_change():
    """A level that came back before it counted leaves no trace."""
    debounce = Debounce({"door": 0.1}, {"door": False})
    debounce.edge("door", 10.0)
    debounce.edge("door", 10.02)
    assert debounce.sample({"door": False}, 10.2) == []


def test_a_lost_edge_only_delays():
    """A level that differs without any edge seen counts at the next sample."""
    debounce = Debounce({"door": 0.1}, {"door": False})
    assert debounce.sample({"door": True}, 50.0) == ["door"]


@given(st.lists(st.tuples(st.floats(0.001, 0.5), st.booleans()), min_size=1, max_size=50))
def test_debounce_reports_alternate_and_rest(moves):
    """However a contact rattles, reports alternate, and no two are closer than the debounce time."""
    debounce, now, level, reports = Debounce({"door": 0.1}, {"door": False}), 0.0, False, []
    for pause, target in moves:
        now += pause
        if debounce.sample({"door": level}, now):
            reports.append((now, level))
        if target != level:
            level = target
            debounce.edge("door", now)
    assert [state for _, state in reports] == [index % 2 == 0 for index in range(len(reports))]
    assert all(later - earlier >= 0.1 for (earlier, _), (later, _) in pairwise(reports))


@pytest.mark.parametrize(
    ("normally", "pull", "resting", "alarm"),
    [
        ("open", "up", "high", "low"),
        ("closed", "up", "low", "high"),
        ("open", "down", "low", "high"),
        ("closed", "down", "high", "low"),
    ],
)
def test_true_is_the_alarm_position(factory, normally, pull, resting, alarm):
    """The position opposite to `normally` reads True, for contacts to ground and to 3.3 V."""
    seen = []
    board = Board(inputs=(Input("door", DOOR, normally=normally, pull=pull, debounce=0.01),))
    with Contacts(board, factory, seen.append) as contacts:
        pin = factory.pin(DOOR)
        getattr(pin, f"drive_{resting}")()
        wait_for(lambda: contacts.read() == {"door": False}, what="the contact at rest")
        seen.clear()
        getattr(pin, f"drive_{alarm}")()
        wait_for(lambda: seen, what="the change told")
        assert seen == [{"door": True}]
        assert contacts.read() == {"door": True}
        getattr(pin, f"drive_{resting}")()
        wait_for(lambda: len(seen) == 2, what="the return told")
        assert seen[1] == {"door": False}


def test_an_unwired_closed_loop_is_an_alarm_from_the_start(factory):
    """A cut wire of a normally closed contact is seen without any edge."""
    board = Board(inputs=(Input("smoke", 6, normally="closed"), Input("door", DOOR)))
    with Contacts(board, factory, lambda _: None) as contacts:
        assert contacts.read() == {"smoke": True, "door": False}


def test_one_press_is_told_once_however_it_bounces(factory):
    """A bouncing press is one press, told from another thread than the one that moved the pin."""
    pressed = []
    board = Board(buttons=(PushButton("acknowledge", ACKNOWLEDGE, debounce=0.5), PushButton("test", 26)))
    with Buttons(board, factory, lambda name: pressed.append((name, threading.current_thread()))):
        pin = factory.pin(ACKNOWLEDGE)
        for _ in range(10):
            pin.drive_low()
            pin.drive_high()
        pin.drive_low()
        wait_for(lambda: pressed, what="the press")
        for _ in range(5):
            pin.drive_high()
            pin.drive_low()
        pin.drive_high()
        factory.pin(26).drive_low()
        wait_for(lambda: len(pressed) == 2, what="the test button")
        assert [name for name, _ in pressed] == ["acknowledge", "test"]
        assert threading.current_thread() not in {thread for _, thread in pressed}


def test_a_button_held_is_one_press_and_can_be_pressed_again(factory):
    """The release arms the button again and is not told itself."""
    pressed = []
    board = Board(buttons=(PushButton("silence", 25, debounce=0.005),))
    with Buttons(board, factory, pressed.append) as buttons:
        pin = factory.pin(25)
        for count in (1, 2, 3):
            pin.drive_low()
            wait_for(lambda count=count: len(pressed) == count, what=f"press {count}")
            pin.drive_high()
            wait_for(lambda: not any(buttons._watcher.stable().values()), what="the release")
    assert pressed == ["silence"] * 3


def test_nothing_is_told_after_close(factory):
    """A closed part ends its thread and gives the pin back."""
    board = Board(inputs=(Input("door", DOOR, debounce=0.0),))
    contacts = Contacts(board, factory, lambda _: None)
    contacts.close()
    contacts.close()
    assert not contacts._watcher._thread.is_alive()
    with Contacts(board, factory, lambda _: None) as again:
        assert again.read() == {"door": False}


def test_a_pin_taken_is_a_pin_error(factory):
    """An input on a line already in use fails by meaning and gives its other lines back."""
    board = Board(inputs=(Input("door", 5), Input("smoke", 6)))
    with (
        Buttons(Board(buttons=(PushButton("test", 6),)), factory, lambda _: None),
        pytest.raises(PinError, match="input smoke on GPIO 6"),
    ):
        Contacts(board, factory, lambda _: None)
    with Contacts(board, factory, lambda _: None) as contacts:
        assert contacts.read() == {"door": False, "smoke": False}
