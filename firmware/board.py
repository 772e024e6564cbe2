"""The wiring map: which lamp, input and button hangs on which GPIO line.

Pins are BCM numbers. At power-up, before any software runs, the Pi pulls GPIO 0-8 up and GPIO 9-27 down
(BCM2835 ARM Peripherals, table 6-31), so an active-high relay belongs on 9-27: it stays off while the Pi boots.
GPIO 0 and 1 are the identification bus of HATs and are never ours.

`DEFAULT_BOARD`:

| part               | BCM | header pin | wiring                                             |
| ------------------ | --- | ---------- | -------------------------------------------------- |
| lamp red           | 17  | 11         | relay or driver input, active high                 |
| lamp amber         | 27  | 13         | same                                               |
| lamp green         | 22  | 15         | same; dark means the box is dead                   |
| lamp blue          | 23  | 16         | same                                               |
| horn               | 24  | 18         | same                                               |
| input door         | 5   | 29         | dry contact to ground                              |
| input smoke        | 6   | 31         | dry contact to ground                              |
| input water        | 12  | 32         | dry contact to ground                              |
| input generator    | 13  | 33         | dry contact to ground                              |
| button acknowledge | 16  | 36         | push button to ground                              |
| button silence     | 25  | 22         | push button to ground                              |
| button test        | 26  | 37         | push button to ground                              |

A fourth button, reset, is for annunciator sequences M and R; it has no pin unless the site gives it one.

It leaves the UART (14, 15), I2C (2, 3), SPI (7-11) and sound (18-21) to HATs. Every lamp needs a resistor of its own
that holds its fail-safe state: a pin becomes a floating input whenever no process owns it.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta, Struct

LampName = Literal["red", "amber", "green", "blue", "horn"]
ButtonName = Literal["acknowledge", "silence", "reset", "test"]
Pin = Annotated[int, Meta(ge=2, le=27)]
Seconds = Annotated[float, Meta(ge=0, le=60)]

HORN: LampName = "horn"
LAST_PULLED_UP = 8
FIXED_PULL_UP = frozenset({2, 3})


class Lamp(Struct, frozen=True, forbid_unknown_fields=True):
    """One lamp of the stack light, or its horn.

    Attributes:
        name: which lamp.
        pin: BCM number.
        active_high: the lamp is lit when the pin is high.
        fail_safe: lit or dark when the agent has gone; dark says "nobody watches".
    """

    name: LampName
    pin: Pin
    active_high: bool = True
    fail_safe: bool = False


class Input(Struct, frozen=True, forbid_unknown_fields=True):
    """One dry contact.

    Attributes:
        name: what it reports, such as "door".
        pin: BCM number.
        normally: how the contact rests; the other position is the alarm. A closed loop also reports a cut wire.
        pull: "up" for a contact to ground, "down" for a contact to 3.3 V.
        debounce: seconds a new position must last before it counts.
    """

    name: str
    pin: Pin
    normally: Literal["open", "closed"] = "open"
    pull: Literal["up", "down"] = "up"
    debounce: Seconds = 0.1


class PushButton(Struct, frozen=True, forbid_unknown_fields=True):
    """One momentary push button, normally open; ISA-18.1 names."""

    name: ButtonName
    pin: Pin
    pull: Literal["up", "down"] = "up"
    debounce: Seconds = 0.03


class Board(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything wired to the GPIO header."""

    lamps: tuple[Lamp, ...] = ()
    inputs: tuple[Input, ...] = ()
    buttons: tuple[PushButton, ...] = ()


DEFAULT_BOARD = Board(
    lamps=(Lamp("red", 17), Lamp("amber", 27), Lamp("green", 22), Lamp("blue", 23), Lamp("horn", 24)),
    inputs=(Input("door", 5), Input("smoke", 6), Input("water", 12), Input("generator", 13)),
    buttons=(PushButton("acknowledge", 16), PushButton("silence", 25), PushButton("test", 26)),
)


def conflicts(board: Board) -> list[str]:
    """Say everything that cannot work on this board, all at once; empty means it can be opened."""
    return [*_shared_pins(board), *_repeated_names(board), *_fixed_pulls(board)]


def hazards(board: Board) -> list[str]:
    """Say what works but surprises: lamps or a horn that the power-up pull switches on while the Pi boots."""
    return [
        f"{label} on GPIO {lamp.pin} is lit while the Pi boots: use GPIO 9-27, or an active-low driver on GPIO 4-8"
        for label, lamp in ((f"lamp {lamp.name}", lamp) for lamp in board.lamps)
        if lamp.active_high == (lamp.pin <= LAST_PULLED_UP)
    ]


def _parts(board: Board) -> Iterator[tuple[str, int]]:
    yield from ((f"lamp {lamp.name}", lamp.pin) for lamp in board.lamps)
    yield from ((f"input {contact.name}", contact.pin) for contact in board.inputs)
    yield from ((f"button {button.name}", button.pin) for button in board.buttons)


def _shared_pins(board: Board) -> list[str]:
    users: defaultdict[int, list[str]] = defaultdict(list)
    for label, pin in _parts(board):
        users[pin].append(label)
    return [
        f"GPIO {pin} is given to {', '.join(names)}" for pin, names in sorted(users.items()) if len(names) > 1
    ]


def _repeated_names(board: Board) -> list[str]:
    pins: defaultdict[str, list[int]] = defaultdict(list)
    for label, pin in _parts(board):
        pins[label].append(pin)
    return [
        f"{label} is wired more than once: GPIO {', '.join(map(str, used))}"
        for label, used in pins.items()
        if len(used) > 1
    ]


def _fixed_pulls(board: Board) -> list[str]:
    pulled_down = [
        (f"input {contact.name}", contact.pin) for contact in board.inputs if contact.pull == "down"
    ]
    pulled_down += [
        (f"button {button.name}", button.pin) for button in board.buttons if button.pull == "down"
    ]
    return [
        f'{label}: GPIO {pin} has a resistor to 3.3 V on the Pi; use pull = "up" or another pin'
        for label, pin in pulled_down
        if pin in FIXED_PULL_UP
    ]
