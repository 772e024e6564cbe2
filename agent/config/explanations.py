"""What explains what within one device kind, and what may be wrong with it."""

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from agent.config.errors import Report
from agent.config.profile import Profile
from agent.config.words import show, suggest
from agent.core.model import UNREACHABLE


def check_explanations(profile: Profile, report: Report) -> None:
    """Note every alarm that is said to be explained by one that is not there, or in the end by itself.

    Args:
        profile: the profile as far as it could be filled.
        report: takes the mistakes.
    """
    links: dict[str, list[str]] = {}
    known = {UNREACHABLE, *(type_ for _, type_, _ in _explained(profile))}
    for path, type_, causes in _explained(profile):
        for cause in causes:
            if cause in known:
                links.setdefault(type_, []).append(cause)
            else:
                report.add(path, f"{show(cause)} is no alarm of this profile", suggest(cause, known))
    try:
        TopologicalSorter(links).prepare()
    except CycleError as error:
        loop = " → ".join(reversed(error.args[1]))
        report.add("alarm", f"explain each other in a circle: {loop}", "remove one of these explained_by")


def _explained(profile: Profile) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    yield "unreachable.explained_by", UNREACHABLE, profile.unreachable.explained_by
    for alarm in profile.alarm:
        yield f"alarm[{alarm.type}].explained_by", alarm.type, alarm.explained_by
    for table in profile.table:
        for alarm in table.alarm:
            yield f"table[{table.name}].alarm[{alarm.type}].explained_by", alarm.type, alarm.explained_by
