"""The wires of the room as a source: dry contacts are one device, buttons are orders."""

from collections.abc import Callable
from uuid import uuid4

from agent.core.inputs import Door, Input, Order, Origin, Polled, Verb
from agent.sources.worker import Worker
from firmware.board import Board
from firmware.inputs import Buttons, Contacts
from firmware.pins import PinFactory

ROOM = "room"
"""The id of all dry contacts together as a device."""

EVERY = 10.0
"""Seconds between two looks at the contacts when no edge came: a silent line is proved to be alive."""

VERBS = {
    "acknowledge": Verb.ACCEPT,
    "silence": Verb.SILENCE,
    "reset": Verb.RESET,
    "test": Verb.LAMP_TEST,
}


def contacts(board: Board, factory: PinFactory, post: Callable[[Input], None]) -> Worker:
    """A worker that posts all contacts at each edge and every few seconds.

    Raises:
        PinError: a line is missing or taken.
    """
    wires = Contacts(board, factory, lambda active: post(Polled(ROOM, dict(active))))
    return Worker(ROOM, EVERY, lambda: post(Polled(ROOM, dict(wires.read()))), wires.close)


def buttons(board: Board, factory: PinFactory, order: Callable[[Order], None]) -> Buttons:
    """The push buttons; each press becomes an order of whoever stands in the room.

    Raises:
        PinError: a line is missing or taken.
    """
    return Buttons(board, factory, lambda name: order(pressed(name)))


def pressed(button: str) -> Order:
    """The order that a press of a button means."""
    return Order(uuid4().hex, VERBS[button], Origin("button", Door.BUTTON, button))
