"""Values as a person writes and reads them: with their unit, and durations in days, hours, minutes and seconds."""

import re
from collections.abc import Mapping

from agent.core.model import Text, Value

UNITS = {"Cel": "°C", "MBy/d": "MB/d"}
"""UCUM codes that nobody reads as they stand."""

TIME: Mapping[str, float] = {"s": 1.0, "min": 60.0}
"""Units of time that points have, in seconds."""

_SPANS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))
_CHINESE = {"d": "天", "h": "小时", "min": "分钟", "s": "秒"}
_IN_SECONDS = {"d": 86_400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_SPELLED = {"小时": "h", "分钟": "m", "分": "m", "秒": "s", "天": "d", "min": "m"}
"""How durations are shown, and so may be typed."""
_DURATION = re.compile(
    "".join(rf"(?:(?P<{unit}>\d{{1,9}}(?:\.\d{{1,6}})?){unit})?" for unit in _IN_SECONDS), re.ASCII
)
_SPAN = re.compile(r"(?P<number>\d+(?:\.\d+)?) (?P<unit>d|h|min|s)(?!\w)")


def show(value: Value, unit: str = "") -> str:
    """A value with its unit, as a person writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if unit == "s" and isinstance(value, int | float) and abs(value) >= 120:
        return _duration(value)
    number = f"{value:.10g}" if isinstance(value, float) else str(value)
    return f"{number} {UNITS.get(unit, unit)}".strip()


def show_exactly(value: float, unit: str = "") -> str:
    """A bound, or what is to be typed anew: a whole number of seconds in as many units as it takes, nothing rounded."""
    seconds = value * TIME.get(unit, 0.0)
    if seconds >= 60 and seconds.is_integer():
        return _duration(seconds, parts=len(_SPANS))
    return f"{value:.10g} {UNITS.get(unit, unit)}".strip()


def in_chinese(text: str) -> str:
    """The durations in a text that `show` wrote, in Chinese."""
    told = _SPAN.sub(lambda found: f"{found['number']} {_CHINESE[found['unit']]}", text)
    return re.sub(r"(小时 \d+ 分)钟", r"\1", told)


def told(value: Value, unit: str = "") -> Text:
    """The same in both languages."""
    if isinstance(value, bool):
        return Text("yes", "是") if value else Text("no", "否")
    return Text(show(value, unit), show(value, unit))


def read_duration(text: str) -> float:
    """Seconds of a duration such as `500ms`, `7m` or `1h30m`: the larger unit first, each at most once.

    Raises:
        ValueError: it is none.
    """
    match = _DURATION.fullmatch(text)
    if match is None or not text:
        raise ValueError(f"{text:.40} is no duration")
    found = {unit: number for unit, number in match.groupdict().items() if number is not None}
    return round(sum(float(number) * _IN_SECONDS[unit] for unit, number in found.items()), 9)


def read_number(typed: str, unit: str = "") -> float:
    """A number as a person types it: in `unit`, and where that is one of time also a duration, as typed or as shown.

    Raises:
        ValueError: it is none.
    """
    try:
        return float(typed)
    except ValueError:
        if unit not in TIME:
            raise
    short = "".join(typed.split())
    for spelled, letter in _SPELLED.items():
        short = short.replace(spelled, letter)
    return read_duration(short) / TIME[unit]


def _duration(seconds: float, parts: int = 2) -> str:
    """Seconds in their largest units, such as `1 h 30 min`."""
    rest, found = round(abs(seconds)), []
    for size, word in _SPANS:
        count, rest = divmod(rest, size)
        if count:
            found.append(f"{count} {word}")
    return ("-" if seconds < 0 else "") + " ".join(found[:parts])
