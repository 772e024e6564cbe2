"""Values as a person writes them: with their unit, and durations in their two largest units."""

from agent.core.model import Text, Value

UNITS = {"Cel": "°C"}
"""UCUM codes that nobody reads as they stand."""


def show(value: Value, unit: str = "") -> str:
    """A value with its unit, as a person writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if unit == "s" and isinstance(value, int | float) and abs(value) >= 120:
        return _duration(value)
    number = f"{value:.10g}" if isinstance(value, float) else str(value)
    return f"{number} {UNITS.get(unit, unit)}".strip()


def told(value: Value, unit: str = "") -> Text:
    """The same in both languages."""
    if isinstance(value, bool):
        return Text("yes", "是") if value else Text("no", "否")
    return Text(show(value, unit), show(value, unit))


def _duration(seconds: float) -> str:
    """Seconds in their two largest units, such as `1 h 30 min`."""
    rest, parts = round(abs(seconds)), []
    for size, word in ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {word}")
    return ("-" if seconds < 0 else "") + " ".join(parts[:2])
