"""The stack light and its horn: patterns on pins, all flashing in phase.

Flash rates follow IEC 60073: normal flashing lies in 1.4-2.8 Hz, slow flashing in 0.4-0.8 Hz. No pattern flashes faster
than three times a second.
"""

import threading
import time
from collections.abc import Callable, Mapping
from enum import Enum
from functools import partial
from itertools import accumulate
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
    FAST_FLASH = "fast_flash"
    SLOW_FLASH = "slow_flash"
    DOUBLE_FLASH = "double_flash"
    """Two short flashes and a pause."""
    HEARTBEAT = "heartbeat"
    """Lit with a short dark moment, as long as somebody says that he is alive; steady after that."""
    BURSTS = "bursts"
    """Short bursts with long pauses: for the horn."""


CYCLES: Mapping[Pattern, tuple[float, ...]] = {
    Pattern.FLASH: (0.25, 0.25),
    Pattern.FAST_FLASH: (0.2, 0.2),
    Pattern.SLOW_FLASH: (1.0, 1.0),
    Pattern.DOUBLE_FLASH: (0.15, 0.15, 0.15, 0.75),
    Pattern.HEARTBEAT: (3.75, 0.25),
    Pattern.BURSTS: (0.25, 1.75),
}
"""Seconds lit, dark, lit … of one cycle: 2 Hz, 2.5 Hz and 0.5 Hz for the plain flashes."""
_EDGES = {pattern: tuple(accumulate(cycle)) for pattern, cycle in CYCLES.items()}
"""Seconds from the beginning of a cycle to each change; the last is the next cycle's beginning."""
SOUNDS = frozenset({Pattern.OFF, Pattern.STEADY, Pattern.BURSTS})
"""What the horn knows."""
PULSE_LASTS = 60.0
"""Seconds after the last sign of life of whoever drives the lamps for which a heartbeat goes on."""
JOIN = 2.0
"""Seconds granted to a thread to end; one that hangs in the kernel is abandoned."""


def lit(pattern: Pattern, phase: float) -> bool:
    """Tell whether a lamp is on, `phase` seconds after the common start of all flashing; flashes begin lit."""
    edges = _EDGES.get(pattern)
    if edges is None:
        return pattern is Pattern.STEADY
    position = phase % edges[-1]
    return sum(edge <= position for edge in edges) % 2 == 0


def next_change(patterns: Mapping[str, Pattern], phase: float) -> float | None:
    """Give the seconds until any of the patterns changes state, or None where nothing flashes."""
    changing = {pattern for pattern in patterns.values() if pattern in _EDGES}
    return min((_to_next_edge(_EDGES[pattern], phase) for pattern in changing), default=None)


def _to_next_edge(edges: tuple[float, ...], phase: float) -> float:
    position = phase % edges[-1]
    return next(edge - position for edge in edges if edge > position)


class StackLight:
    """The lamps of one board.

    `show` writes the pins in the caller's thread before it returns. One ticker thread does the flashing and sleeps
    while nothing flashes. A lamp that begins to flash starts the common phase anew, so that it lights at once and
    still flashes together with the others. A heartbeat is that of the caller, not of the ticker: it stops when neither
    `show` nor `pulse` is called any more.

    Args:
        board: the wiring map; lamps it lacks are accepted by `show` and stay unseen.
        factory: gpiozero's pin factory; None for its own choice.
        clock: gives monotonic seconds.

    Raises:
        PinError: a line is missing or taken; those already opened are given back.
    """

    def __init__(
        self, board: Board, factory: PinFactory = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._fail_safe: dict[str, bool] = {lamp.name: lamp.fail_safe for lamp in board.lamps}
        self._pins = _open_all(board, factory)
        self._patterns = dict.fromkeys(self._pins, Pattern.OFF)
        self._lit = dict(self._fail_safe)
        self._start = self._alive = clock()
        self._changed = threading.Condition()
        self._closed = False
        self.fault: PinError | None = None
        """Why some lamp is not as it should be; None once all are. The other lamps go on."""
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
            self._alive = self._clock()
            if any(p in CYCLES and self._patterns[name] is not p for name, p in wanted.items()):
                self._start = self._alive
            self._patterns.update(wanted)
            self._changed.notify()
            failure = self._write()
        if failure is not None:
            raise failure

    def pulse(self) -> None:
        """Say that whoever drives the lamps is alive, though nothing has changed."""
        with self._changed:
            self._alive = self._clock()

    def refresh(self) -> None:
        """Set the pins to what their patterns want now, as the ticker does by itself; raises PinError."""
        with self._changed:
            failure = None if self._closed else self._write()
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
        now = self._clock()
        phase, dead = now - self._start, now - self._alive > PULSE_LASTS
        failure = None
        for name, pattern in self._patterns.items():
            on = lit(pattern, phase) or (dead and pattern is Pattern.HEARTBEAT)
            if on != self._lit[name]:
                try:
                    self._pins[name].write(on=on)
                    self._lit[name] = on
                except PinError as error:
                    failure = error
        self.fault = failure
        return failure

    def _tick(self) -> None:
        with self._changed:
            while not self._closed:
                self._changed.wait(next_change(self._patterns, self._clock() - self._start))
                if not self._closed:
                    self._write()


def _check(patterns: Mapping[str, Pattern]) -> None:
    if unknown := sorted(set(patterns) - LAMP_NAMES):
        raise PatternError(f"no such lamp: {', '.join(unknown)}; there are {', '.join(sorted(LAMP_NAMES))}")
    if patterns.get(HORN, Pattern.OFF) not in SOUNDS:
        raise PatternError("the horn knows only OFF, STEADY and BURSTS")


def _release(pins: Mapping[str, OutputPin], states: Mapping[str, bool]) -> PinError | None:
    failure = None
    for name, pin in pins.items():
        for step in (
            partial(pin.write, on=states[name]),
            pin.close,
        ):  # a line that fails is given back all the same
            try:
                step()
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
        _release(pins, {lamp.name: lamp.fail_safe for lamp in board.lamps})
        raise
    return pins
