"""The wires of the room as a source: dry contacts are one device, buttons are orders.

Lines that cannot be opened, or not be read any more, are opened anew at each turn of their worker.
"""

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar
from uuid import uuid4

from agent.core.inputs import Door, Input, Order, Origin, Polled, Verb
from agent.sources.worker import Worker
from firmware.board import Board
from firmware.errors import PinError
from firmware.inputs import Buttons, Contacts
from firmware.pins import PinFactory


class _Lines(Protocol):
    def close(self) -> None: ...


Lines = TypeVar("Lines", bound=_Lines)

ROOM = "room"
"""The id of all dry contacts together as a device."""
BUTTONS = "buttons"

EVERY = 10.0
"""Seconds between two looks at the contacts when no edge came: a silent line is proved to be alive."""

VERBS = {
    "acknowledge": Verb.ACCEPT,
    "silence": Verb.SILENCE,
    "reset": Verb.RESET,
    "test": Verb.LAMP_TEST,
}


class _Held(Generic[Lines]):
    """Lines that are opened when they are needed, in the thread of their worker."""

    def __init__(self, open_: Callable[[], Lines]) -> None:
        self._open = open_
        self._wires: Lines | None = None

    def use(self, work: Callable[[Lines], None]) -> None:
        """Do something with them; where that fails they are given back. Raises PinError."""
        if self._wires is None:
            self._wires = self._open()
        try:
            work(self._wires)
        except PinError:
            self.close()
            raise

    def close(self) -> None:
        """Give the lines back."""
        wires, self._wires = self._wires, None
        if wires is not None:
            wires.close()


def contacts(board: Board, factory: PinFactory, post: Callable[[Input], None]) -> Worker:
    """A worker that posts all contacts at each edge and every few seconds."""
    held = _Held(lambda: Contacts(board, factory, lambda active: post(Polled(ROOM, dict(active)))))

    def read(wires: Contacts) -> None:
        post(Polled(ROOM, dict(wires.read())))

    return Worker(ROOM, EVERY, lambda: held.use(read), held.close)


def buttons(board: Board, factory: PinFactory, order: Callable[[Order], None]) -> Worker:
    """A worker that keeps the push buttons open; each press becomes an order of whoever stands in the room."""
    held = _Held(lambda: Buttons(board, factory, lambda name: order(pressed(name))))
    return Worker(BUTTONS, EVERY, lambda: held.use(Buttons.check), held.close)


def pressed(button: str) -> Order:
    """The order that a press of a button means."""
    return Order(uuid4().hex, VERBS[button], Origin("button", Door.BUTTON, button))
