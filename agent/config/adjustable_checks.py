"""What may be wrong with the bounds within which an alarm's numbers may be changed on site."""

from agent.config.errors import Report
from agent.config.profile import AlarmEntry, LevelEntry, ProfilePoint
from agent.config.words import show
from agent.core.adjustments import DELAYS, LIMITS


def check_adjustable(alarm: AlarmEntry, point: ProfilePoint | None, path: str, report: Report) -> None:
    """Note every mistake of the bounds of one alarm.

    Args:
        alarm: the alarm.
        point: what it is about, as far as that could be filled.
        path: of the alarm.
        report: takes the mistakes.
    """
    for name, bounds in alarm.adjustable.given.items():
        where = f"{path}.adjustable.{name}"
        trouble = () if report.knows(where) else _misfit(alarm, name, bounds)
        if not trouble and point is not None and len(bounds) == 2 and not alarm.per:
            trouble = _out_of_reach(point, name, *bounds)
        if not trouble and len(bounds) == 2:
            trouble = _beyond_level(alarm, name, *bounds)
        if trouble and not report.knows(f"{path}.{name}"):
            report.add(where, *trouble)


def _misfit(alarm: AlarmEntry, name: str, bounds: tuple[float, ...]) -> tuple[str, str] | tuple[()]:
    """Problem and remedy of bounds that do not fit the number they are about; nothing where they do."""
    configured, given = getattr(alarm, name), ", ".join(map(show, bounds))
    if configured is None:
        numbers = [one for one in LIMITS if getattr(alarm, one) is not None]
        return f"this alarm has no {name}", f"name one of {', '.join([*numbers, *DELAYS])}"
    if len(bounds) != 2 or bounds[0] > bounds[1]:
        return f"[{given}] does not fit", f"write the least and the greatest {name}"
    if not bounds[0] <= configured <= bounds[1]:
        return f"[{given}] leaves out {show(configured)}, which is configured", "write bounds around it"
    return ()


def _out_of_reach(point: ProfilePoint, name: str, low: float, high: float) -> tuple[str, str] | tuple[()]:
    """Bounds at which the alarm could never be raised, or never be cleared, since no such value is believed."""
    match name:
        case "raise_above" if point.maximum is not None and high >= point.maximum:
            return f"above {show(high)} it could never be raised", f"stay below {show(point.maximum)}"
        case "raise_below" if point.minimum is not None and low <= point.minimum:
            return f"below {show(low)} it could never be raised", f"stay above {show(point.minimum)}"
        case "clear_below" if point.minimum is not None and low < point.minimum:
            return f"at {show(low)} it could never be cleared", f"write at least {show(point.minimum)}"
        case "clear_above" if point.maximum is not None and high > point.maximum:
            return f"at {show(high)} it could never be cleared", f"write at most {show(point.maximum)}"
        case _:
            return ()


def _beyond_level(alarm: AlarmEntry, name: str, low: float, high: float) -> tuple[str, str] | tuple[()]:
    """Bounds at which a level could hold while the alarm does not: it would be switched off, as it raises nothing itself."""
    given, side = (low, -1.0) if name in ("raise_below", "clear_above") else (high, 1.0)
    for level in alarm.worse:
        edge, raises = _edge(alarm, level, name), name in _ENDS
        if edge is not None and ((given - edge) * side > 0 or (raises and given == edge)):
            within = ("stay below", "write at most") if side > 0 else ("stay above", "write at least")
            problem = f"at {show(given)} its level {level.severity.word} would raise nothing"
            return problem, f"{within[not raises]} {show(edge)}"
    return ()


_ENDS = {"raise_above": "clear_below", "raise_below": "clear_above"}
_BEGINS = {clear: raised for raised, clear in _ENDS.items()}


def _edge(alarm: AlarmEntry, level: LevelEntry, name: str) -> float | None:
    """How far a number of the alarm may go before the level holds without it; None where that cannot be."""
    if name in _ENDS and getattr(alarm, _ENDS[name]) is None:  # it is also cleared there
        name = _ENDS[name]
    if name in _BEGINS:
        end: float | None = getattr(level, name)
        return getattr(level, _BEGINS[name]) if end is None else end
    return getattr(level, name) if name in (*_ENDS, "on_delay") else None
