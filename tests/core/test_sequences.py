"""The sequence tables of ISA-18.1-1979 (R2004) as literal tables, through the core and out to the pins.

Each row is one of the standard's: the process, the push button, and what is seen and heard then. What a lamp does is read
from a simulated pin over two and a half cycles in steps of a tenth of a second under virtual time: `#` is lit, `.` dark.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from gpiozero.pins.mock import MockFactory

from agent.core.branch import Branch
from agent.core.inputs import Verb
from agent.core.model import Bad, Value
from agent.core.sequences import Reset, Scheme
from agent.core.state import indication
from agent.outputs.lamps import LampOutput
from firmware.board import DEFAULT_BOARD
from firmware.lamps import Pattern, StackLight
from tests.core.branch import BRANCH, Room

PINS = {"red": 17, "amber": 27, "green": 22, "blue": 23, "horn": 24}

STEP, STEPS = 0.1, 24

WAVES = {
    "off": "." * 24,
    "on": "#" * 24,
    "flashing": "###..###..###..###..###.",
    "fast flashing": "##..##..##..##..##..##..",
    "slow flashing": "##########..........####",
    "double flashing": "##.##.......##.##.......",
    "silent": "." * 24,
    "audible": "#" * 24,
    "ringback audible": "###.................###.",
}

PROCESS = {"normal": {"ups_status": "OL"}, "abnormal": {"ups_status": "OB"}}
BUTTONS = {"acknowledge": Verb.ACCEPT, "silence": Verb.SILENCE, "reset": Verb.RESET}

Row = tuple[str, str, str, str, str]
"""Process, push button, state of the sequence, visual, audible."""

START: Row = ("normal", "", "normal", "off", "silent")
ALERT: Row = ("abnormal", "", "alert", "flashing", "audible")
FAST: Row = ("abnormal", "", "alert", "fast flashing", "audible")
SEEN: Row = ("", "acknowledge", "acknowledged", "on", "silent")

A: dict[str, list[Row]] = {
    "maintained alarm": [START, ALERT, SEEN, ("normal", "", "normal", "off", "silent")],
    "momentary alarm is locked in": [
        START,
        ALERT,
        ("normal", "", "locked in", "flashing", "audible"),
        ("", "acknowledge", "normal", "off", "silent"),
    ],
    "silenced": [
        ALERT,
        ("", "silence", "alert, silenced", "flashing", "silent"),
        SEEN,
        ("", "silence", "acknowledged", "on", "silent"),
    ],
    "silenced, momentary": [
        ALERT,
        ("", "silence", "alert, silenced", "flashing", "silent"),
        ("normal", "", "locked in, silenced", "flashing", "silent"),
        ("", "acknowledge", "normal", "off", "silent"),
    ],
    "locked in, then silenced, then abnormal again": [
        ALERT,
        ("normal", "", "locked in", "flashing", "audible"),
        ("", "silence", "locked in, silenced", "flashing", "silent"),
        ALERT,
        SEEN,
    ],
    "a reset is refused": [ALERT, SEEN, ("", "reset", "acknowledged", "on", "silent")],
    "buttons on a normal window": [
        ("normal", "acknowledge", "normal", "off", "silent"),
        ("normal", "silence", "normal", "off", "silent"),
    ],
    "a second acknowledgement": [ALERT, SEEN, SEEN],
}

M: dict[str, list[Row]] = {
    "maintained alarm": [
        START,
        ALERT,
        SEEN,
        ("normal", "", "awaits reset", "on", "silent"),
        ("", "reset", "normal", "off", "silent"),
    ],
    "momentary alarm is locked in": [
        ALERT,
        ("normal", "", "locked in", "flashing", "audible"),
        ("", "acknowledge", "awaits reset", "on", "silent"),
        ("", "reset", "normal", "off", "silent"),
    ],
    "no reset before it was acknowledged": [
        ALERT,
        ("", "reset", "alert", "flashing", "audible"),
        ("normal", "reset", "locked in", "flashing", "audible"),
    ],
    "no reset before it is normal": [ALERT, SEEN, ("", "reset", "acknowledged", "on", "silent")],
    "abnormal again before the reset": [
        ALERT,
        SEEN,
        ("normal", "", "awaits reset", "on", "silent"),
        ALERT,
        SEEN,
        ("normal", "reset", "normal", "off", "silent"),
    ],
    "silenced, momentary": [
        ALERT,
        ("", "silence", "alert, silenced", "flashing", "silent"),
        ("normal", "", "locked in, silenced", "flashing", "silent"),
        ("", "acknowledge", "awaits reset", "on", "silent"),
        ("", "acknowledge", "awaits reset", "on", "silent"),
    ],
}

R: dict[str, list[Row]] = {
    "maintained alarm": [
        START,
        FAST,
        SEEN,
        ("normal", "", "ringback", "slow flashing", "ringback audible"),
        ("", "reset", "normal", "off", "silent"),
    ],
    "momentary alarm is locked in": [
        FAST,
        ("normal", "", "locked in", "fast flashing", "audible"),
        ("", "acknowledge", "ringback", "slow flashing", "ringback audible"),
        ("", "reset", "normal", "off", "silent"),
    ],
    "ringback wants a reset, not an acknowledgement": [
        FAST,
        SEEN,
        ("normal", "acknowledge", "ringback", "slow flashing", "ringback audible"),
    ],
    "ringback silenced": [
        FAST,
        SEEN,
        ("normal", "", "ringback", "slow flashing", "ringback audible"),
        ("", "silence", "ringback, silenced", "slow flashing", "silent"),
        ("", "reset", "normal", "off", "silent"),
    ],
    "abnormal again in ringback": [
        FAST,
        SEEN,
        ("normal", "silence", "ringback, silenced", "slow flashing", "silent"),
        FAST,
    ],
    "no reset before it was acknowledged": [
        FAST,
        ("", "reset", "alert", "fast flashing", "audible"),
        ("normal", "reset", "locked in", "fast flashing", "audible"),
    ],
    "no reset before it is normal": [FAST, SEEN, ("", "reset", "acknowledged", "on", "silent")],
}

CASES = [
    pytest.param(sequence, rows, id=f"{sequence.value}: {name}")
    for sequence, table in zip(Reset, (A, M, R), strict=True)
    for name, rows in table.items()
]


class Wall:
    """A core whose lamps are on simulated pins, under one virtual clock."""

    def __init__(self, scheme: Scheme) -> None:
        self.room = Room(Branch(BRANCH.site, BRANCH.devices, scheme=scheme))
        self._factory = MockFactory()
        self._ahead = 0.0
        self._light = StackLight(DEFAULT_BOARD, self._factory, lambda: self.room.mono + self._ahead)

    def do(self, process: str, button: str) -> None:
        """The process changes, or somebody presses a button, or both in this order."""
        if process:
            self.room.polled(**PROCESS[process])
        if button:
            self.room.order(BUTTONS[button])

    def look(self) -> dict[str, str]:
        """What each lamp does from now on, all patterns begun at this moment."""
        self._light.show(dict.fromkeys(PINS, Pattern.OFF))
        LampOutput(lambda: self._light).show(indication(self.room.state, self.room.mono))
        seen = dict.fromkeys(PINS, "")
        for step in range(STEPS):
            self._ahead = STEP * step + STEP / 10
            self._light.refresh()
            for name, pin in PINS.items():
                seen[name] += "#" if self._factory.pin(pin).state else "."
        self._ahead = 0.0
        return seen

    def state(self, alarm: str) -> str:
        """The state of a window."""
        window = self.room.state.durable.windows.get(alarm)
        return window.sequence.value if window else "normal"

    def close(self) -> None:
        """Give the pins back."""
        self._light.close()
        self._factory.close()


@contextmanager
def wall(scheme: Scheme) -> Iterator[Wall]:
    """A wall that is taken down again."""
    built = Wall(scheme)
    try:
        yield built
    finally:
        built.close()


@pytest.mark.parametrize(("sequence", "rows"), CASES)
def test_a_sequence_is_that_of_the_standard(sequence: Reset, rows: list[Row]) -> None:
    """State, lamp and horn after each row; blue where a reset is waited for; green and amber untouched."""
    with wall(Scheme(sequence)) as built:
        built.room.polled()
        for row in rows:
            process, button, state, visual, audible = row
            built.do(process, button)
            assert built.state("ups-1.on-battery") == state, row
            waits = state in ("awaits reset", "ringback", "ringback, silenced")
            assert built.look() == {
                "red": WAVES[visual],
                "amber": WAVES["off"],
                "green": WAVES["on"],
                "blue": WAVES["on" if waits else "off"],
                "horn": WAVES[audible],
            }, row


HOT, COOL, MAINS_LOST = {"ups_temperature": 50.0}, {"ups_temperature": 20.0}, {"ups_status": "OB"}

FirstOutRow = tuple[dict[str, Value | Bad], str, str, str, str]
"""Readings that are abnormal, push button, visual of the minor alarm, of the major alarm, audible."""

F2A: list[FirstOutRow] = [
    ({}, "", "off", "off", "silent"),
    (HOT, "", "double flashing", "off", "audible"),
    (HOT | MAINS_LOST, "", "double flashing", "flashing", "audible"),
    (HOT | MAINS_LOST, "silence", "double flashing", "flashing", "silent"),
    (MAINS_LOST, "", "double flashing", "flashing", "silent"),
    (HOT | MAINS_LOST, "", "double flashing", "flashing", "audible"),
    (HOT | MAINS_LOST, "acknowledge", "on", "on", "silent"),
    (HOT, "", "on", "off", "silent"),
    (HOT | MAINS_LOST, "", "on", "double flashing", "audible"),
    (COOL | MAINS_LOST, "acknowledge", "off", "on", "silent"),
    ({}, "", "off", "off", "silent"),
]


def test_first_out_is_reset_by_acknowledgement() -> None:
    """The first of several flashes twice, those after it plainly; acknowledged, the next one is a first again (F2A)."""
    with wall(Scheme(Reset.AUTOMATIC, first_out=True)) as built:
        for row in F2A:
            readings, button, minor, major, audible = row
            built.room.polled(**readings)
            built.do("", button)
            seen = built.look()
            expected = (WAVES[minor], WAVES[major], WAVES[audible])
            assert (seen["amber"], seen["red"], seen["horn"]) == expected, row


@pytest.mark.parametrize("sequence", Reset)
def test_without_first_out_nothing_is_marked(sequence: Reset) -> None:
    """The default: what came first looks like what came after."""
    with wall(Scheme(sequence)) as built:
        built.room.polled(**HOT)
        built.room.polled(**HOT, **MAINS_LOST)
        seen = built.look()
        assert seen["amber"] == seen["red"]
        assert not any(window.first for window in built.room.state.durable.windows.values())
