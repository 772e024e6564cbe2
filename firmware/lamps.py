"""The stack light and its horn: patterns on pins, all flashing in phase.

Flash rates follow IEC 60073: normal flashing lies in 1.4-2.8 Hz, slow flashing in 0.4-0.8 Hz.
"""

import threading
import time
from collections.abc import Mapping
from enum import Enum
from typing import Self, get_args

from firmware.board import HORN, Board, LampName
from firmware.errors import PatternError, PinError
from firmware.pins import OutputPin, PinFactory

LAMP_NAMES: frozenset[str] = frozenset(get_args(LampName))


class Pattern(Enum):
    """How one lamp is shown."""

    OFF = "off"
    STEADY = "steady"
    FLASH = "flash"
    SLOW_FLASH = "slow_flash"


HALF_PERIOD = {Pattern.FLASH: 0.25, Pattern.SLOW_FLASH: 1.0}
"""Seconds lit and seconds dark: 2 Hz and 0.5 Hz."""
JOIN = 2.0
"""Seconds granted to a thread to end; one that hangs in the kernel is abandoned."""


def lit(pattern: Pattern, phase: float) -> bool:
    """Tell whether a lamp is on, `phase` seconds after the common start of all flashing; flashes begin lit."""
    half = HALF_PERIOD.get(pattern)
    if half is None:
        return pattern is Pattern.STEADY
    return int(phase / half) % 2 == 0


def next_change(patterns: Mapping[str, Pattern], phase: float) -> float | None:
    """Give the seconds until any of the patterns changes state, or None where nothing flashes."""
    halves = [HALF_PERIOD[pattern] for pattern in patterns.values() if pattern in HALF_PERIOD]
    return min((half - phase % half for half in halves), default=None)


class StackLight:
    """The lamps of one board.

    `show` writes the pins in the caller's thread before it returns. One ticker thread does the flashing and sleeps
    while nothing flashes. A lamp that begins to flash starts the common phase anew, so that it lights at once and
    still flashes together with the others.

    Args:
        board: the wiring map; lamps it lacks are accepted by `show` and stay unseen.
        factory: gpiozero's pin factory; None for its own choice.

    Raises:
        PinError: a line is missing or taken; those already opened are given back.
    """

    def __init__(self, board: Board, factory: PinFactory = None) -> None:
        self._fail_safe: dict[str, bool] = {lamp.name: lamp.fail_safe for lamp in board.lamps}
        self._pins = _open_all(board, factory)
        self._patterns = dict.fromkeys(self._pins, Pattern.OFF)
        self._lit = dict(self._fail_safe)
        self._start = time.monotonic()
        self._changed = threading.Condition()
        self._closed = False
        self.fault: PinError | None = None
        """The last failure of a pin while flashing; the other lamps go on."""
        if (failure := self._write()) is not None:
            _release(self._pins, self._fail_safe)
            raise failure
        self._ticker = threading.Thread(target=self._tick, name="stack-light", daemon=True)
        self._ticker.start()

    def show(self, patterns: Mapping[str, Pattern]) -> None:
        """Show each lamp named; lamps not named keep their pattern.

        Raises:
            PatternError: no such lamp, or a horn told to flash; nothing is changed then.
            PinError: a pin cannot be written; the other lamps are set all the same.
        """
        _check(patterns)
        wanted = {name: pattern for name, pattern in patterns.items() if name in self._pins}
        with self._changed:
            if self._closed:
                raise PinError("the stack light is closed")
            if any(p in HALF_PERIOD and self._patterns[name] is not p for name, p in wanted.items()):
                self._start = time.monotonic()
            self._patterns.update(wanted)
            self._changed.notify()
            failure = self._write()
        if failure is not None:
            raise failure

    def patterns(self) -> dict[str, Pattern]:
        """Give what each wired lamp was told to show."""
        with self._changed:
            return dict(self._patterns)

    def states(self) -> dict[str, bool]:
        """Read from the pins which lamps are lit at this moment; raises PinError."""
        return {name: pin.read() for name, pin in self._pins.items()}

    def close(self) -> None:
        """Stop flashing, set every lamp to its fail-safe state and give the lines back. May be called twice.

        A released line is a floating input: the wiring's own resistor holds the fail-safe state from here on.

        Raises:
            PinError: a pin could not be written or released; all the others were.
        """
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._changed.notify()
        self._ticker.join(JOIN)
        if (failure := _release(self._pins, self._fail_safe)) is not None:
            raise failure

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self) -> PinError | None:
        """Set the pins whose state differs from what their pattern wants now; the lock is held."""
        phase = time.monotonic() - self._start
        failure = None
        for name, pattern in self._patterns.items():
            if (on := lit(pattern, phase)) != self._lit[name]:
                try:
                    self._pins[name].write(on=on)
                    self._lit[name] = on
                except PinError as error:
                    failure = error
        return failure

    def _tick(self) -> None:
        with self._changed:
            while not self._closed:
                self._changed.wait(next_change(self._patterns, time.monotonic() - self._start))
                if not self._closed:
                    self.fault = self._write() or self.fault


def _check(patterns: Mapping[str, Pattern]) -> None:
    if unknown := sorted(set(patterns) - LAMP_NAMES):
        raise PatternError(f"no such lamp: {', '.join(unknown)}; there are {', '.join(sorted(LAMP_NAMES))}")
    if patterns.get(HORN) in HALF_PERIOD:
        raise PatternError("the horn knows only OFF and STEADY")


def _release(pins: Mapping[str, OutputPin], states: Mapping[str, bool]) -> PinError | None:
    failure = None
    for name, pin in pins.items():
        try:
            pin.write(on=states[name])
            pin.close()
        except PinError as error:
            failure = error
    return failure


def _open_all(board: Board, factory: PinFactory) -> dict[str, OutputPin]:
    pins: dict[str, OutputPin] = {}
    try:
        for lamp in board.lamps:
            pins[lamp.name] = OutputPin(
                f"lamp {lamp.name}",
                lamp.pin,
                active_high=lamp.active_high,
                initial=lamp.fail_safe,
                factory=factory,
            )
    except PinError:
        for pin in pins.values():
            pin.close()
        raise
    return pins
