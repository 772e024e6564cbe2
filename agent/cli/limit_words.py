"""Numbers of limits as the commands write them: with units, delays as durations."""

from agent.cli import words
from agent.cli.quality_report import duration
from agent.config.inventory import AlarmType
from agent.core.adjustments import DELAYS, TEXTS
from agent.core.values import show


def number(name: str, value: float, unit: str, say: words.Say) -> str:
    """One number of a rule about a point in `unit` (UCUM)."""
    return duration(value, say) if name in DELAYS or unit == "s" else show(value, unit)


def adjustable(one: AlarmType, language: str) -> str:
    """What may be changed on site and between which values; empty where nothing may."""
    say = words.speaker(language)
    parts = [
        f"{TEXTS[name].in_language(language)} {number(name, bounds.low, one.unit, say)} … {number(name, bounds.high, one.unit, say)}"
        for name, bounds in one.adjustable.items()
    ]
    return ("；" if language == "zh" else "; ").join(parts)
