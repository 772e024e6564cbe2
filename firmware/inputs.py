"""Dry contacts and push buttons, debounced by time at rest.

A level counts when it has not moved for the part's debounce time. The rule is ours and not gpiozero's, because the
kernel, lgpio and the mock pins each debounce differently or not at all. All levels are also read once a second, so
that an edge lost by the kernel's queue delays a change and never hides it.
"""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Self

from msgspec import Struct

from firmware.board import Board
from firmware.errors import PinError
from firmware.pins import ContactPin, PinFactory

RESAMPLE = 1.0
"""Seconds after which the levels are read even without an edge."""
JOIN = 2.0
"""Seconds granted to the thread to end; one that hangs in the kernel is abandoned."""


class Debounce:
    """When a moving level counts, for any number of named contacts. Times are monotonic seconds.

    Args:
        settle: seconds at rest before a level counts, by name.
        levels: the levels taken as they are at the start.
    """

    def __init__(self, settle: Mapping[str, float], levels: Mapping[str, bool]) -> None:
        self._settle = dict(settle)
        self._moved = dict.fromkeys(settle, float("-inf"))
        self.stable = dict(levels)

    def edge(self, name: str, now: float) -> None:
        """Note that this contact moved."""
        self._moved[name] = now

    def sample(self, levels: Mapping[str, bool], now: float) -> list[str]:
        """Take the present levels and give the names whose stable level changed with it."""
        changed = [
            name
            for name, level in levels.items()
            if level != self.stable[name] and now - self._moved[name] >= self._settle[name]
        ]
        self.stable.update({name: levels[name] for name in changed})
        return changed

    def wait(self, levels: Mapping[str, bool], now: float) -> float:
        """Give the seconds until a level that differs may count; at most `RESAMPLE`."""
        moving = (
            self._moved[name] + self._settle[name] - now
            for name, level in levels.items()
            if level != self.stable[name]
        )
        return max(0.001, min(moving, default=RESAMPLE))


class _Wire(Struct, frozen=True):
    """What the watcher needs to know of an input or a button."""

    label: str
    name: str
    pin: int
    pull: str
    debounce: float


class _Watcher:
    """Opens contacts, and reports debounced changes of `closed` from one thread of its own."""

    def __init__(
        self, wires: list[_Wire], factory: PinFactory, report: Callable[[list[str], dict[str, bool]], None]
    ) -> None:
        self._report = report
        self._moved: dict[str, float] = {}
        self._woken = threading.Event()
        self._closing = False
        self._pins: dict[str, ContactPin] = {}
        self._fault: PinError | None = None
        levels = self._open(wires, factory)
        self._debounce = Debounce({wire.name: wire.debounce for wire in wires}, levels)
        self._thread = threading.Thread(target=self._watch, name="contacts", daemon=True)
        self._thread.start()

    def stable(self) -> dict[str, bool]:
        return dict(self._debounce.stable)

    def check(self) -> None:
        """Raise what the last reading of the lines failed with."""
        if self._fault is not None:
            raise self._fault

    def close(self) -> None:
        if self._closing:
            return
        self._closing = True
        self._woken.set()
        # closed from within its own callback, the thread ends by itself
        if self._thread is not threading.current_thread():
            self._thread.join(JOIN)
        self._close_pins()

    def _open(self, wires: list[_Wire], factory: PinFactory) -> dict[str, bool]:
        """Open all and read them; where one fails all are given back."""
        try:
            for wire in wires:
                self._pins[wire.name] = ContactPin(
                    wire.label,
                    wire.pin,
                    pull_up=wire.pull == "up",
                    on_edge=self._edge_of(wire.name),
                    factory=factory,
                )
            return self._levels()
        except PinError:
            self._close_pins()
            raise

    def _close_pins(self) -> None:
        for pin in self._pins.values():
            pin.close()

    def _edge_of(self, name: str) -> Callable[[], None]:
        def on_edge() -> None:
            self._moved[name] = time.monotonic()
            self._woken.set()

        return on_edge

    def _levels(self) -> dict[str, bool]:
        return {name: pin.closed() for name, pin in self._pins.items()}

    def _watch(self) -> None:
        wait = RESAMPLE
        while True:
            self._woken.wait(wait)
            self._woken.clear()
            if self._closing:
                return
            wait = self._step()

    def _step(self) -> float:
        for name in list(self._moved):
            self._debounce.edge(name, self._moved.pop(name))
        try:
            levels, self._fault = self._levels(), None
        except PinError as error:
            self._fault = error
            return RESAMPLE  # a pin that cannot be read keeps its last level; the next second asks again
        if changed := self._debounce.sample(levels, time.monotonic()):
            self._report(changed, self.stable())
        return self._debounce.wait(levels, time.monotonic())


class Contacts:
    """The dry contacts of one board; True is the alarm position, the one opposite to `normally`.

    Args:
        board: the wiring map.
        factory: gpiozero's pin factory; None for its own choice.
        on_change: gets the state of all inputs after each change, from a thread of this part; it must only hand
            the values on.

    Raises:
        PinError: a line is missing or taken.
    """

    def __init__(
        self, board: Board, factory: PinFactory, on_change: Callable[[dict[str, bool]], None]
    ) -> None:
        self._alarm_when_closed = {contact.name: contact.normally == "open" for contact in board.inputs}
        self._on_change = on_change
        wires = [_Wire(f"input {c.name}", c.name, c.pin, c.pull, c.debounce) for c in board.inputs]
        self._watcher = _Watcher(wires, factory, lambda _, closed: self._on_change(self._active(closed)))

    def read(self) -> dict[str, bool]:
        """Give the debounced state of every input.

        Raises:
            PinError: the lines could not be read when they were looked at last, within a second or so.
        """
        self._watcher.check()
        return self._active(self._watcher.stable())

    def close(self) -> None:
        """Give the lines back; nothing is reported afterwards. May be called twice."""
        self._watcher.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _active(self, closed: Mapping[str, bool]) -> dict[str, bool]:
        return {name: level == self._alarm_when_closed[name] for name, level in closed.items()}


class Buttons:
    """The push buttons of one board, normally open. A press shorter than the debounce time is none.

    Args:
        board: the wiring map.
        factory: gpiozero's pin factory; None for its own choice.
        on_press: gets the name of the button once per press, from a thread of this part; it must only hand it on.

    Raises:
        PinError: a line is missing or taken.
    """

    def __init__(self, board: Board, factory: PinFactory, on_press: Callable[[str], None]) -> None:
        self._on_press = on_press
        wires = [_Wire(f"button {b.name}", b.name, b.pin, b.pull, b.debounce) for b in board.buttons]
        self._watcher = _Watcher(wires, factory, self._pressed)

    def check(self) -> None:
        """Raise PinError where the lines could not be read when they were looked at last."""
        self._watcher.check()

    def close(self) -> None:
        """Give the lines back; nothing is reported afterwards. May be called twice."""
        self._watcher.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _pressed(self, changed: list[str], closed: dict[str, bool]) -> None:
        for name in changed:
            if closed[name]:
                self._on_press(name)
