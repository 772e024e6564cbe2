"""Single GPIO lines over gpiozero: the only place that imports it and translates its errors.

The pin factory is always an argument, so several boards live in one process (tests, demo); `None` means the factory
that gpiozero finds by itself. On a Pi that is lgpio, which makes its notification pipe in the working directory:
the unit needs a writable WorkingDirectory even under a read-only root.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from gpiozero import DigitalInputDevice, GPIOZeroError, OutputDevice

from firmware.errors import PinError

PinFactory = Any
"""A `gpiozero.Factory`, or None for gpiozero's own choice; gpiozero carries no types."""


HEADER_LABELS = ("pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1")
"""Labels of the chip that drives the 40-pin header, from the first Pi to the fifth."""
CHIPS_MAX = 16


def header_factory() -> PinFactory:
    """The factory of the header's own chip, found by its label: its number moves between models and kernels.

    Returns:
        None where there is no such chip or no lgpio; opening a pin then says what is missing.
    """
    try:
        import lgpio
        from gpiozero.pins.lgpio import LGPIOFactory
    except ImportError:
        return None
    for number in range(CHIPS_MAX):
        try:
            handle = lgpio.gpiochip_open(number)
        except lgpio.error:
            continue  # not there, or not for us
        _, _, _, label = lgpio.gpio_get_chip_info(handle)
        lgpio.gpiochip_close(handle)
        if label in HEADER_LABELS:
            return LGPIOFactory(chip=number)
    return None


def mock_factory() -> PinFactory:
    """A factory of simulated pins, each call another board; for the simulator, never for a real one."""
    from gpiozero.pins.mock import MockFactory

    return MockFactory()


def drive(factory: PinFactory, pin: int, *, high: bool) -> None:
    """Move a simulated input as its wire would."""
    simulated = factory.pin(pin)
    if high:
        simulated.drive_high()
    else:
        simulated.drive_low()


def level(factory: PinFactory, pin: int) -> bool:
    """Whether a simulated pin is high."""
    return bool(factory.pin(pin).state)


@contextmanager
def _translated(label: str, pin: int) -> Iterator[None]:
    try:
        yield
    except (GPIOZeroError, OSError, ImportError) as error:
        raise PinError(f"{label} on GPIO {pin}: {error}") from error


class OutputPin:
    """One output that is written from the first moment, so that it never blips.

    Args:
        label: what hangs on it, for errors.
        pin: BCM number.
        active_high: on means a high pin.
        initial: the state it takes with becoming an output.
        factory: see `PinFactory`.

    Raises:
        PinError: the line is missing or taken.
    """

    def __init__(
        self, label: str, pin: int, *, active_high: bool, initial: bool, factory: PinFactory
    ) -> None:
        self._label, self._pin = label, pin
        with _translated(label, pin):
            self._device = OutputDevice(
                pin, active_high=active_high, initial_value=initial, pin_factory=factory
            )

    def write(self, *, on: bool) -> None:
        """Set the pin; raises PinError."""
        with _translated(self._label, self._pin):
            self._device.value = on

    def read(self) -> bool:
        """Tell whether the pin itself is on; raises PinError."""
        with _translated(self._label, self._pin):
            return bool(self._device.value)

    def close(self) -> None:
        """Give the line back."""
        with _translated(self._label, self._pin):
            self._device.close()


class ContactPin:
    """One contact between a pulled line and its counterpart; `closed` when they are connected.

    `on_edge` is called from gpiozero's thread on every change of level, bounces included: gpiozero's own bounce time is
    left alone, since the factories do not agree on what it means.

    Raises:
        PinError: the line is missing or taken.
    """

    def __init__(
        self, label: str, pin: int, *, pull_up: bool, on_edge: Callable[[], None], factory: PinFactory
    ) -> None:
        self._label, self._pin = label, pin
        with _translated(label, pin):
            self._device = DigitalInputDevice(pin, pull_up=pull_up, pin_factory=factory)
            self._device.when_activated = on_edge
            self._device.when_deactivated = on_edge

    def closed(self) -> bool:
        """Tell the present level, not debounced; raises PinError."""
        with _translated(self._label, self._pin):
            return bool(self._device.is_active)

    def close(self) -> None:
        """Give the line back; no edge is reported afterwards."""
        with _translated(self._label, self._pin):
            self._device.close()
