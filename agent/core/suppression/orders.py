"""What people may order about suppression: shelve an alarm, take a device out of service, and undo either.

Each wants a reason and an end; one that is given again takes the place of the one before.
"""

from math import isfinite

from agent.core.events import AnyEvent, SuppressionBegan, SuppressionEnded
from agent.core.inputs import Order
from agent.core.model import Instant, Severity
from agent.core.refusals import refused
from agent.core.state import State, rule_of
from agent.core.suppression.nouns import Ending, Kind, Suppression, id_of
from agent.core.visible import is_visible

SHORTEST = 60.0
"""Seconds: less is no suppression, but a slip of the hand."""


def on_shelve(state: State, given: Order, now: Instant) -> list[AnyEvent]:
    """Put an alarm aside, whether it stands or not."""
    rule = rule_of(state, given.alarm)
    if rule is None:
        return [refused(given, f"no alarm {given.alarm:.80} is watched here", now)]
    shelving, critical = state.branch.shelving, rule.severity is Severity.CRITICAL
    longest = min(shelving.longest, shelving.longest_critical) if critical else shelving.longest
    return _begin(given, Kind.SHELVED, given.alarm, longest, now)


def on_take_out(state: State, given: Order, now: Instant) -> list[AnyEvent]:
    """A device is being worked on."""
    watch = state.watches.get(given.device)
    if watch is None:
        return [refused(given, f"no device {given.device:.80} is watched here", now)]
    if watch.device.built_in:
        return [refused(given, "the box cannot be taken out of its own service", now)]
    return _begin(given, Kind.OUT_OF_SERVICE, given.device, state.branch.shelving.longest_out_of_service, now)


def on_unshelve(state: State, given: Order, now: Instant) -> list[AnyEvent]:
    """An alarm that was put aside is annunciated again."""
    return _end(state, given, Kind.SHELVED, given.alarm, now)


def on_return(state: State, given: Order, now: Instant) -> list[AnyEvent]:
    """The work on a device is over."""
    return _end(state, given, Kind.OUT_OF_SERVICE, given.device, now)


def _begin(given: Order, kind: Kind, subject: str, longest: float, now: Instant) -> list[AnyEvent]:
    if not is_visible(given.note):
        return [refused(given, "a reason is wanted", now)]
    if not isfinite(given.seconds) or not SHORTEST <= given.seconds <= longest:
        return [refused(given, f"it may last from {SHORTEST:.0f} to {longest:.0f} seconds", now)]
    begun = Suppression(
        id=id_of(kind, subject),
        kind=kind,
        subjects=(subject,),
        reason=given.note.strip(),
        responsible=given.by.name,
        by=given.by,
        since=now.wall,
        seconds=given.seconds,
    )
    return [SuppressionBegan(at=now, suppression=begun, order=given.id)]


def _end(state: State, given: Order, kind: Kind, subject: str, now: Instant) -> list[AnyEvent]:
    held = state.durable.suppressions.get(id_of(kind, subject))
    if held is None:
        return [refused(given, f"{subject:.80} is not {kind.value}", now)]
    return [
        SuppressionEnded(
            at=now,
            id=held.suppression.id,
            kind=kind,
            subjects=held.suppression.subjects,
            cause=Ending.ORDER,
            by=given.by,
            note=given.note,
            order=given.id,
        )
    ]
