"""The wiring map and what it says of mistakes."""

import msgspec
import pytest

from firmware.board import DEFAULT_BOARD, Board, Input, Lamp, PushButton, conflicts, hazards


def test_the_default_board_works_and_stays_dark_while_booting():
    """The board we recommend has no conflict, and no lamp that the power-up pull lights."""
    assert conflicts(DEFAULT_BOARD) == []
    assert hazards(DEFAULT_BOARD) == []


def test_all_conflicts_are_told_at_once():
    """Every shared pin, doubled name and impossible pull is in one list, with the parts by name."""
    board = Board(
        lamps=(Lamp("red", 17), Lamp("amber", 17), Lamp("red", 22)),
        inputs=(Input("door", 22), Input("smoke", 2, pull="down")),
        buttons=(PushButton("test", 3, pull="down"), PushButton("silence", 17)),
    )
    assert conflicts(board) == [
        "GPIO 17 is given to lamp red, lamp amber, button silence",
        "GPIO 22 is given to lamp red, input door",
        "lamp red is wired more than once: GPIO 17, 22",
        'input smoke: GPIO 2 has a resistor to 3.3 V on the Pi; use pull = "up" or another pin',
        'button test: GPIO 3 has a resistor to 3.3 V on the Pi; use pull = "up" or another pin',
    ]


@pytest.mark.parametrize(
    ("lamp", "lit_at_boot"),
    [
        (Lamp("red", 17), False),
        (Lamp("red", 5), True),
        (Lamp("red", 17, active_high=False), True),
        (Lamp("red", 5, active_high=False), False),
    ],
)
def test_a_lamp_lit_by_the_power_up_pull_is_a_hazard(lamp, lit_at_boot):
    """GPIO 2-8 are pulled up at power-up and 9-27 down; the lamp's polarity decides what that means."""
    assert bool(hazards(Board(lamps=(lamp,)))) is lit_at_boot


@pytest.mark.parametrize(
    "text",
    [
        '{"lamps": [{"name": "purple", "pin": 17}]}',
        '{"lamps": [{"name": "red", "pin": 1}]}',
        '{"lamps": [{"name": "red", "pin": 28}]}',
        '{"lamps": [{"name": "red", "pin": 17, "colour": 1}]}',
        '{"inputs": [{"name": "door", "pin": 5, "normally": "shut"}]}',
        '{"buttons": [{"name": "restart", "pin": 5}]}',
    ],
)
def test_a_board_from_outside_is_checked(text):
    """Unknown names, keys and pins are refused while decoding."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=Board)
