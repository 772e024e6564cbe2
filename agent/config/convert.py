"""From what a device says to a value that may be believed, or to the reason why not. Pure."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from agent.config.profile import ProfilePoint
from agent.core.model import Bad, Value

RawValue = int | float | str | bytes | bool | Bad | None
"""What a source hands over for one point: SNMP integers and octet strings, decoded serial fields, or None. `Bad` where
it could not ask yet, which says nothing about the device."""

MISSING = Bad("missing")
"""The device has no such value, or left it empty."""
TYPE = Bad("type")
"""The device says something of another type."""
UNKNOWN = Bad("unknown")
"""The device says that it does not know, or a number that stands for nothing."""
IMPLAUSIBLE = Bad("implausible")
"""The value lies outside what this point can have."""

_NUMBER = re.compile(r"[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})", re.ASCII)
_FLAGS = {"0": False, "1": True, "false": False, "true": True}
_LARGEST = 2.0**64
"""Counter64 is the widest number of SNMP."""


def convert(point: ProfilePoint, raw: RawValue) -> Value | Bad:
    """The value of a point from what the device says of it.

    Text of octets is read as UTF-8 and loses NULs and outer spaces. A number may arrive as text, as many agents send
    it. A value is only good if it is of the point's type, known, and within its bounds.
    """
    raw = point.absent if raw is None else raw
    if isinstance(raw, bytes):
        raw = raw.decode("utf-8", errors="replace")
    if isinstance(raw, str):
        raw = raw.replace("\0", "").strip()
    if raw is None or isinstance(raw, Bad):
        return MISSING
    return UNKNOWN if _is_unknown(point, raw) else _READERS[point.type](point, raw)


Reader = Callable[[RawValue], Value | Bad]


class Conversion:
    """Reads one device's answers, each value once as long as it stays the same.

    An unchanged answer gives the very same mapping, which the core knows at a glance.

    Args:
        points: the points of the device; two may read the same OID. What none of them reads is passed over.
    """

    def __init__(self, points: Sequence[ProfilePoint]) -> None:
        self._points = [point for point in points if point.oid is not None]
        self._readers: dict[str, list[tuple[str, Reader]]] = {}
        for point in self._points:
            self._readers.setdefault(point.oid or "", []).append((point.name, partial(convert, point)))
        alone = (point for point in self._points if len(self._readers[point.oid or ""]) == 1)
        self._plain = {point.oid or "": point.name for point in alone if _is_plain(point)}
        self._raw: Mapping[str, RawValue] | None = None
        self._values: dict[str, Value | Bad] = {}

    def __call__(self, raw: Mapping[str, RawValue]) -> Mapping[str, Value | Bad]:
        """The values by point from what the device says by OID."""
        last = self._raw
        if raw == last:
            return self._values
        if last is None or raw.keys() != last.keys() or not self._follow(raw, last):
            self._values = convert_all(self._points, by_point(self._points, raw))
        self._raw = raw
        return self._values

    def _follow(self, raw: Mapping[str, RawValue], last: Mapping[str, RawValue]) -> bool:
        """Read what changed; False if a value went missing, which is more than a change."""
        values = self._values.copy()
        readers, plain = self._readers, self._plain
        for oid, value in raw.items():
            if value == last[oid]:
                continue
            if oid in plain and type(value) is int and -_LARGEST <= value <= _LARGEST:
                values[plain[oid]] = value
            else:
                for name, read in readers.get(oid, ()):
                    values[name] = read(value)
                    if values[name] is MISSING:
                        return False
        self._values = values
        return True


def _is_plain(point: ProfilePoint) -> bool:
    """Whether the point is what the device says, as counters and numbers in their own unit are."""
    bounded = point.minimum is not None or point.maximum is not None
    return point.type == "number" and point.scale == 1 and not point.unknown and not bounded


def convert_all(points: Sequence[ProfilePoint], raw: Mapping[str, RawValue]) -> dict[str, Value | Bad]:
    """The values of all points from what the device says, by the name of the point.

    A point of which the device says nothing is bad, or left out if it is optional.
    """
    values = {point.name: convert(point, raw.get(point.name)) for point in points}
    left_out = {point.name for point in points if point.optional and values[point.name] == MISSING}
    return {name: value for name, value in values.items() if name not in left_out}


def by_point(points: Sequence[ProfilePoint], answers: Mapping[str, RawValue]) -> dict[str, RawValue]:
    """What the device says, by point instead of by OID. Two points may read the same OID."""
    return {point.name: answers.get(point.oid) for point in points if point.oid is not None}


def _is_unknown(point: ProfilePoint, raw: float | str) -> bool:
    if not point.unknown or isinstance(raw, bool):
        return False
    if raw in point.unknown:
        return True
    return isinstance(raw, str) and _parsed(raw) in point.unknown


def _parsed(raw: float | str) -> float | Bad:
    """A number, also one that arrives as text; whole numbers stay whole."""
    if isinstance(raw, bool):
        return TYPE
    if not isinstance(raw, str):
        return raw
    if not raw:
        return MISSING
    if _NUMBER.fullmatch(raw) is None:
        return TYPE
    return float(raw) if "." in raw else int(raw)


def _number(point: ProfilePoint, raw: float | str) -> Value | Bad:
    number = _parsed(raw)
    if isinstance(number, Bad):
        return number
    if not -_LARGEST <= number <= _LARGEST:
        return IMPLAUSIBLE
    # Tenths of a volt times 0.1 must read 23.4, not 23.400000000000002.
    value = number if point.scale == 1 else round(number * point.scale, 9)
    low = -math.inf if point.minimum is None else point.minimum
    high = math.inf if point.maximum is None else point.maximum
    within = low <= value <= high or (point.zero and value == 0)
    return value if within and math.isfinite(value) else IMPLAUSIBLE


def _whole(raw: float | str) -> int | Bad:
    number = _parsed(raw)
    if isinstance(number, Bad):
        return number
    return number if isinstance(number, int) else TYPE


def _enumerated(point: ProfilePoint, raw: float | str) -> Value | Bad:
    # A source of our own may already say the word.
    if isinstance(raw, str) and raw in point.enum.values():
        return raw
    number = _whole(raw)
    if isinstance(number, Bad):
        return number
    return point.enum.get(number, UNKNOWN)


def _bits(point: ProfilePoint, raw: float | str) -> Value | Bad:
    number = _whole(raw)
    if isinstance(number, Bad):
        return number
    if not 0 <= number < 2**64:
        return TYPE
    values = [1 << at for at in range(number.bit_length()) if number >> at & 1]
    # A bit that the profile does not name is still told: readers of status words accept unknown ones.
    words = [point.bits.get(value, f"bit-{value}") for value in values]
    first = next((word for word in point.precedence if word in words), None)
    return " ".join(words) if first is None else first


def _flag(_point: ProfilePoint, raw: float | str) -> Value | Bad:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, float) or raw == "":
        return MISSING if raw == "" else TYPE
    return _FLAGS.get(str(raw).lower(), TYPE)


def _text(_point: ProfilePoint, raw: float | str) -> Value | Bad:
    return raw if isinstance(raw, str) else TYPE


_READERS: dict[str, Callable[[ProfilePoint, float | str], Value | Bad]] = {
    "number": _number,
    "text": _text,
    "enum": _enumerated,
    "bits": _bits,
    "flag": _flag,
}
