"""The 40-pin header of the Pi (2 to 5, CM4 IO board): which GPIO, supply or ground is on which pin.

Odd pins are the row away from the edge of the board, pin 1 is next to the memory card.
"""

SUPPLY = {1: "3.3 V", 2: "5 V", 4: "5 V", 17: "3.3 V"}
GROUND = frozenset({6, 9, 14, 20, 25, 30, 34, 39})
PIN_OF_GPIO = {
    0: 27, 1: 28, 2: 3, 3: 5, 4: 7, 5: 29, 6: 31, 7: 26, 8: 24, 9: 21, 10: 19, 11: 23, 12: 32, 13: 33, 14: 8, 15: 10,
    16: 36, 17: 11, 18: 12, 19: 35, 20: 38, 21: 40, 22: 15, 23: 16, 24: 18, 25: 22, 26: 37, 27: 13,
}  # fmt: skip
GPIO_OF_PIN = {pin: gpio for gpio, pin in PIN_OF_GPIO.items()}
LAST_PULLED_UP = 8
"""GPIO 0-8 are pulled up at reset, 9-27 down (BCM2835 ARM Peripherals, table 6-31). The RP1 of the Pi 5
is meant to do the same; measure it."""


def name_of(pin: int) -> str:
    """What is on a pin of the header."""
    if pin in SUPPLY:
        return SUPPLY[pin]
    return "GND" if pin in GROUND else f"GPIO {GPIO_OF_PIN[pin]}"


def pulled_up_at_reset(gpio: int) -> bool:
    """Whether the Pi pulls this line up from power-up until software says otherwise; down if not."""
    return gpio <= LAST_PULLED_UP
