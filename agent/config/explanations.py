"""What explains what within one device kind, and what may be wrong with it."""

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from agent.config.errors import Report
from agent.config.profile import LostEntry, Profile
from agent.config.words import show, suggest
from agent.core.model import UNREACHABLE

LOST_MAX = 600
"""Seconds: what lies further apart has nothing to do with each other."""


def check_explanations(profile: Profile, report: Report) -> None:
    """Note every alarm that is said to be explained by one that is not there, or in the end by itself.

    Args:
        profile: the profile as far as it could be filled.
        report: takes the mistakes.
    """
    links: dict[str, list[str]] = {}
    known = {UNREACHABLE, *(type_ for _, type_, _ in (*_explained(profile), *_made(profile)))}
    for path, type_, causes in _explained(profile):
        for cause in causes:
            if cause in known:
                links.setdefault(type_, []).append(cause)
            else:
                report.add(path, f"{show(cause)} is no alarm of this profile", suggest(cause, known))
    _check_made(profile, report)
    if profile.lost is not None:
        _check_lost(profile.lost, known - {UNREACHABLE}, report)
    try:
        TopologicalSorter(links).prepare()
    except CycleError as error:
        loop = " → ".join(reversed(error.args[1]))
        report.add("alarm", f"explain each other in a circle: {loop}", "remove one of these explained_by")


def _made(profile: Profile) -> Iterator[tuple[str, str, str]]:
    """Path, type and qualifier of the alarms that are described within others."""
    if profile.lost is not None:
        yield "lost.type", profile.lost.type, ""
    for alarm in profile.alarm:
        if alarm.often is not None:
            yield f"alarm[{alarm.type}].often.type", alarm.often.type, alarm.qualifier or ""


def _check_made(profile: Profile, report: Report) -> None:
    taken = {(UNREACHABLE, ""), *((alarm.type, alarm.qualifier or "") for alarm in profile.alarm)}
    for path, type_, qualifier in _made(profile):
        if (type_, qualifier) in taken:
            report.add(path, f"{show(type_)} is another alarm already", "give it a type of its own")
        taken.add((type_, qualifier))


def _check_lost(lost: LostEntry, known: set[str], report: Report) -> None:
    for at, type_ in enumerate(lost.after):
        if type_ not in known:
            problem = f"{show(type_)} is no alarm of this profile"
            report.add(f"lost.after[{at}]", problem, suggest(type_, known))
    if not 1 <= lost.within <= LOST_MAX:
        report.add("lost.within", f"{lost.within:g} s does not fit", 'write "1s" to "10m"')


def _explained(profile: Profile) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    yield "unreachable.explained_by", UNREACHABLE, profile.unreachable.explained_by
    for alarm in profile.alarm:
        yield f"alarm[{alarm.type}].explained_by", alarm.type, alarm.explained_by
    for table in profile.table:
        for alarm in table.alarm:
            yield f"table[{table.name}].alarm[{alarm.type}].explained_by", alarm.type, alarm.explained_by
