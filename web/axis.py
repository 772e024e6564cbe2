"""The axis of a chart's values: round values within what is shown, written as everywhere else. Pure, but for the language."""

import itertools
import math
from collections.abc import Iterator
from typing import NamedTuple

from web import format as formats

TICKS_MAX = 5
ROOM = 0.06
"""Share of the range that is left free above and below the values."""
NEAR_ZERO = 0.25
"""Zero is shown if the lowest value is no further from it than this share of the highest."""

_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
_DAYS_ON = 86400


class Axis(NamedTuple):
    """What a chart shows from bottom to top."""

    low: float
    high: float
    ticks: list[tuple[float, str]]
    """Values with their labels."""


def value_axis(low: float, high: float, unit: str) -> Axis:
    """The axis for values of a unit (UCUM) from `low` to `high`."""
    if unit == "%" and low >= 0 and high <= 100:
        return Axis(0, 100, _labelled(0, 100, 25, unit))
    room = (high - low) * ROOM
    bottom, top = low - room, high + room
    if 0 <= low <= NEAR_ZERO * high:
        bottom = 0
    elif NEAR_ZERO * low <= high <= 0:
        top = 0
    for step in _steps(unit, (top - bottom) / TICKS_MAX / 2, max(abs(low), abs(high))):
        first, last = math.ceil(bottom / step), math.floor(top / step)
        if last - first < TICKS_MAX:
            break
    return Axis(bottom, top, _labelled(bottom, top, step, unit))


def _steps(unit: str, least: float, largest: float) -> Iterator[float]:
    """Round steps from about `least` upwards; those of bytes in the unit in which `largest` is told."""
    if unit in formats.SECONDS_OF:
        one = formats.SECONDS_OF[unit]
        if least * one < 1:
            yield from (
                step / one for step in itertools.takewhile(lambda step: step < 1, _round(least * one))
            )
        yield from (step / one for step in _SECONDS if step >= least * one)
        yield from (step * _DAYS_ON / one for step in _round(least * one / _DAYS_ON) if step >= 1)
    elif unit in formats.BYTES_OF:
        one = formats.BYTES_OF[unit]
        size = 1024.0 ** math.floor(math.log(max(1.0, largest * one), 1024))
        yield from (step * size / one for step in _round(least * one / size))
    else:
        yield from _round(least)


def _round(least: float) -> Iterator[float]:
    power = math.floor(math.log10(least)) if least > 0 else 0
    while True:
        yield from (float(f"{digit}e{power}") for digit in (1, 2, 5))
        power += 1


def _labelled(bottom: float, top: float, step: float, unit: str) -> list[tuple[float, str]]:
    """The multiples of a step; a label that would stand twice stands once."""
    numbers = range(math.ceil(bottom / step - 1e-9), math.floor(top / step + 1e-9) + 1)
    places = 12 - math.floor(math.log10(max(abs(bottom), abs(top))))
    ticks: dict[str, float] = {}
    for number in numbers:
        value = round(number * step, places)
        ticks.setdefault(formats.value(int(value) if value == int(value) else value, unit), value)
    return [(value, words) for words, value in ticks.items()]
