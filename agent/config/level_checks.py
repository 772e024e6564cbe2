"""What may be wrong with the levels at which an alarm becomes worse, and with alarms that no reading clears."""

from agent.config.errors import Report
from agent.config.profile import AlarmEntry, LevelEntry
from agent.config.words import show
from agent.core.model import Value

_NUMBERS = (("raise_above", "clear_below", 1.0), ("raise_below", "clear_above", -1.0))


_BOUND = {1.0: "least", -1.0: "most"}


def check_levels(alarm: AlarmEntry, path: str, report: Report) -> None:
    """Note every level that is not worse than the one before, or not of the kind of the alarm's limit.

    Args:
        alarm: the alarm.
        path: of the alarm.
        report: takes the mistakes.
    """
    for at, level in enumerate(alarm.worse):
        place = f"{path}.worse[{at}]"
        _check_kind(alarm, level, place, report)
        _check_clear(level, place, report)
        _check_beside(alarm, level, place, report)
        _check_words(alarm, level, place, report)
    before: AlarmEntry | LevelEntry = alarm
    for at, level in enumerate(alarm.worse):
        _check_order(before, level, f"{path}.worse[{at}]", report)
        before = level
    if alarm.worse and not alarm.will_clear:
        report.add(f"{path}.worse", "has no meaning for an alarm that no reading clears", "remove it")


def _given(one: AlarmEntry | LevelEntry) -> list[str]:
    numbers = [name for name, _, _ in _NUMBERS if getattr(one, name) is not None]
    return numbers + ["in"] * bool(one.among) + ["has"] * bool(one.has)


def _check_kind(alarm: AlarmEntry, level: LevelEntry, path: str, report: Report) -> None:
    own, given = _given(alarm), _given(level)
    if own and given != own:
        report.add(path, f"has {', '.join(given) or 'no limit'}", f"give {own[0]}, as the alarm does")


def _check_clear(level: LevelEntry, path: str, report: Report) -> None:
    for raised, clear, side in _NUMBERS:
        begin, end = getattr(level, raised), getattr(level, clear)
        if end is not None and (begin is None or (begin - end) * side <= 0):
            report.add(
                f"{path}.{clear}", f"{show(end)} does not fit {raised}", "write one that ends it, or none"
            )


def _check_beside(alarm: AlarmEntry, level: LevelEntry, path: str, report: Report) -> None:
    """Where a level holds the alarm must hold as well: a level by itself raises nothing."""
    for raised, clear, side in _NUMBERS:
        cleared = getattr(alarm, raised) if getattr(alarm, clear) is None else getattr(alarm, clear)
        given = getattr(level, clear)
        if given is not None and cleared is not None and (given - cleared) * side < 0:
            problem = f"at {show(given)} the alarm is cleared already"
            report.add(f"{path}.{clear}", problem, f"write at {_BOUND[side]} {show(cleared)}, or remove it")
    if level.on_delay is not None and level.on_delay < alarm.on_delay:
        problem = f"{show(level.on_delay)} s is shorter than the alarm's own"
        report.add(f"{path}.on_delay", problem, f'write at least "{show(alarm.on_delay)}s", or remove it')


def _check_words(alarm: AlarmEntry, level: LevelEntry, path: str, report: Report) -> None:
    pairs: tuple[tuple[str, tuple[Value, ...], tuple[Value, ...]], ...] = (
        ("in", level.among, alarm.among),
        ("has", level.has, alarm.has),
    )
    for key, given, own in pairs:
        for at, word in enumerate(given if own else ()):
            place = f"{path}.{key}[{at}]"
            if (type(word), word) not in {(type(one), one) for one in own} and not report.knows(place):
                words = ", ".join(map(show, own))
                report.add(
                    place,
                    f"{show(word)} raises no alarm",
                    f"write one of {words}, or add it to the alarm's {key}",
                )


def _check_order(before: AlarmEntry | LevelEntry, after: LevelEntry, path: str, report: Report) -> None:
    if after.severity <= before.severity:
        report.add(f"{path}.severity", "is not worse than before", "write the levels from bad to worst")
    for raised, _, side in _NUMBERS:
        near, far = getattr(before, raised), getattr(after, raised)
        if near is not None and far is not None and (far - near) * side <= 0:
            report.add(
                f"{path}.{raised}", f"{show(far)} is not further out than {show(near)}", "write one that is"
            )
