"""The frames of Megatec: what each request is answered with, cut into values. See `megatec`."""

import re

from msgspec import Struct

from firmware.errors import FrameError

STATUS = b"Q1\r"
RATINGS = b"F\r"
IDENTITY = b"I\r"
TEST_START = b"T\r"
TEST_STOP = b"CT\r"

FRAME_CAP = 120
"""No frame of this dialect is longer; the regular status frame has 47 bytes with its CR."""
REGULAR_LAYOUT: tuple[int, ...] = (5, 5, 5, 3, 4, 4, 4, 8)
"""Widths of the fields of a regular status frame."""

_NUMBER = re.compile(r"\d{1,4}([.,]\d{0,3})?", re.ASCII)
_SIGNED = re.compile(r"[+-]?\d{1,3}([.,]\d{0,3})?", re.ASCII)
_UNKNOWN = re.compile(r"[-.,*?]+")
_FLAGS = re.compile(r"[01]{7,8}")

# What can be true at the terminals of a branch's UPS; beyond it the UPS or the wire is wrong.
_VOLTS = (0.0, 480.0)
_HERTZ = (0.0, 100.0)
_PERCENT = (0.0, 200.0)
_BATTERY = (0.0, 600.0)
_CELSIUS = (-40.0, 120.0)
_AMPERES = (0.0, 999.0)


class Status(Struct, frozen=True):
    """One answer to Q1. Voltages in V, load in %, frequency in Hz, temperature in degrees Celsius; None is unknown.

    Attributes:
        layout: widths of the fields as they came; see `REGULAR_LAYOUT`.
    """

    input_voltage: float | None
    input_voltage_fault: float | None
    output_voltage: float | None
    ups_load: float | None
    input_frequency: float | None
    battery_voltage: float | None
    ups_temperature: float | None
    utility_fail: bool
    battery_low: bool
    bypass_or_avr: bool
    ups_failed: bool
    standby_type: bool
    test_in_progress: bool
    shutdown_active: bool
    beeper_on: bool | None
    layout: tuple[int, ...] = REGULAR_LAYOUT


class Ratings(Struct, frozen=True):
    """One answer to F: nominal values in V, A and Hz."""

    input_voltage_nominal: float | None
    input_current_nominal: float | None
    battery_voltage_nominal: float | None
    input_frequency_nominal: float | None


class Identity(Struct, frozen=True):
    """One answer to I; blank or dashed fields are None."""

    device_mfr: str | None
    device_model: str | None
    ups_firmware: str | None


def parse_status(frame: bytes) -> Status:
    """Read an answer to Q1. Noise before its bracket is skipped; short variants are taken and show in `layout`.

    Raises:
        FrameError: not a status frame.
    """
    body = _after(frame, "(")
    fields = _columns(body, REGULAR_LAYOUT) or body.split()
    if len(fields) != len(REGULAR_LAYOUT) or not _FLAGS.fullmatch(fields[-1]):
        raise FrameError(f"no status frame: {frame[:FRAME_CAP]!r}")
    ranges = (_VOLTS, _VOLTS, _VOLTS, _PERCENT, _HERTZ, _BATTERY, _CELSIUS)
    numbers = [_quantity(text, limits) for text, limits in zip(fields[:-1], ranges, strict=True)]
    return _status(numbers, [flag == "1" for flag in fields[-1]], tuple(map(len, fields)))


def parse_ratings(frame: bytes) -> Ratings:
    """Read an answer to F.

    Raises:
        FrameError: not a ratings frame.
    """
    body = _after(frame, "#")
    fields = _columns(body, (5, 3, 5, 4)) or body.split()
    if len(fields) != 4:
        raise FrameError(f"no ratings frame: {frame[:FRAME_CAP]!r}")
    ranges = (_VOLTS, _AMPERES, _BATTERY, _HERTZ)
    return Ratings(*(_quantity(text, limits) for text, limits in zip(fields, ranges, strict=True)))


def parse_identity(frame: bytes) -> Identity:
    """Read an answer to I: manufacturer in 15 columns, model in 10, firmware in 10; some makes pack them otherwise.

    Raises:
        FrameError: not an identity frame.
    """
    body = _after(frame, "#")
    if not body.strip():
        raise FrameError("an empty identity frame")
    fields = _columns(body.ljust(37), (15, 10, 10))
    if fields is None:
        return Identity(None, _text(body), None)
    return Identity(*map(_text, fields))


def _status(numbers: list[float | None], flags: list[bool], layout: tuple[int, ...]) -> Status:
    return Status(
        input_voltage=numbers[0],
        input_voltage_fault=numbers[1],
        output_voltage=numbers[2],
        ups_load=numbers[3],
        input_frequency=numbers[4],
        battery_voltage=numbers[5],
        ups_temperature=numbers[6],
        utility_fail=flags[0],
        battery_low=flags[1],
        bypass_or_avr=flags[2],
        ups_failed=flags[3],
        standby_type=flags[4],
        test_in_progress=flags[5],
        shutdown_active=flags[6],
        beeper_on=flags[7] if len(flags) > 7 else None,
        layout=layout,
    )


def _after(frame: bytes, mark: str) -> str:
    """Give the text between the mark and the CR; noise before the mark is no harm.

    A bracket opens once, so its last one counts; a name may hold further hashes, so the first one counts there.
    """
    text = frame.rstrip(b"\r\n\0").decode("ascii", "replace")
    start = text.rfind(mark) if mark == "(" else text.find(mark)
    body = text[start + 1 :]
    if start < 0 or len(body) > FRAME_CAP or not body.isascii() or not body.isprintable():
        raise FrameError(f"no answer of this dialect: {frame[:FRAME_CAP]!r}")
    return body


def _columns(body: str, widths: tuple[int, ...]) -> list[str] | None:
    """Cut by fixed columns, which keeps blank fields; None where the gaps are not where they belong."""
    fields, start = [], 0
    for width in widths:
        fields.append(body[start : start + width])
        if body[start + width : start + width + 1].strip():
            return None
        start += width + 1
    return fields if len(body.rstrip()) in range(1, start) and any(map(str.strip, fields)) else None


def _quantity(text: str, limits: tuple[float, float]) -> float | None:
    text = text.strip()
    if not text or _UNKNOWN.fullmatch(text):
        return None
    if not (_SIGNED if limits[0] < 0 else _NUMBER).fullmatch(text):
        raise FrameError(f"no number: {text!r}")
    value = float(text.replace(",", "."))
    return value if limits[0] <= value <= limits[1] else None


def _text(field: str) -> str | None:
    field = field.strip()
    return field if field.strip("-") else None
