"""What people may order about suppression: shelve an alarm, take a device out of service, and undo either.

Each wants a reason and an end; one that is given again takes the place of the one before.
"""

from math import isfinite

from agent.core.events import AnyEvent, SuppressionBegan, SuppressionEnded
from agent.core.inputs import Order, Verb
from agent.core.model import Instant, Severity
from agent.core.refusals import refused
from agent.core.state import State, Watch, place_of
from agent.core.suppression.held import lasted
from agent.core.suppression.nouns import Ending, Kind, Suppression, id_of
from agent.core.values import show_exactly
from agent.core.visible import is_visible

SHORTEST = 60.0
"""Seconds: less is no suppression, but a slip of the hand."""
RENEWALS = 6
"""How many times as long as at once it may last by being ordered again: nothing is put aside for ever."""


def on_shelve(state: State, given: Order, now: Instant) -> list[AnyEvent]:
    """Put an alarm aside, whether it stands or not."""
    place = place_of(state, given.alarm)
    if place is None:
        return [refused(given, f"no alarm {given.alarm:.80} is watched here", now)]
    shelving = state.branch.shelving
    short = min(shelving.longest, shelving.longest_critical)
    longest = short if _is_grave(state, *place) else shelving.longest
    return _begin(state, given, longest, now)


def _is_grave(state: State, watch: Watch, index: int) -> bool:
    """Whether it is critical or may become so, or is about the box itself: who watches the watchman."""
    levels, rules = watch.links.levels[index], watch.device.rules
    listed = state.durable.alarms.alarms.get(watch.links.ids[index])
    severities = [rules[at].severity for at in (index, *levels)] + ([listed.severity] if listed else [])
    return watch.device.built_in or max(severities) is Severity.CRITICAL


def on_take_out(state: State, given: Order, now: Instant) -> list[AnyEvent]:
    """A device is being worked on."""
    watch = state.watches.get(given.device)
    if watch is None:
        return [refused(given, f"no device {given.device:.80} is watched here", now)]
    if watch.device.built_in:
        return [refused(given, "the box cannot be taken out of its own service", now)]
    return _begin(state, given, state.branch.shelving.longest_out_of_service, now)


def _begin(state: State, given: Order, longest: float, now: Instant) -> list[AnyEvent]:
    kind, subject = _about(given)
    if not is_visible(given.note):
        return [refused(given, "a reason is wanted", now)]
    if not isfinite(given.seconds) or not SHORTEST <= given.seconds <= longest:
        return [refused(given, f"it may last from {_exactly(SHORTEST)} to {_exactly(longest)}", now)]
    held = state.durable.suppressions.get(id_of(kind, subject))
    before = lasted(held, now) if held is not None else 0.0
    if before + given.seconds > RENEWALS * longest:
        return [refused(given, f"with what it has lasted already, more than {RENEWALS} times that", now)]
    begun = Suppression(
        id=id_of(kind, subject),
        kind=kind,
        subjects=(subject,),
        reason=given.note.strip(),
        responsible=given.by.name,
        by=given.by,
        since=now.wall,
        seconds=given.seconds,
        before=before,
    )
    return [SuppressionBegan(at=now, suppression=begun, order=given.id)]


def _exactly(seconds: float) -> str:
    return show_exactly(seconds, "s")


def on_end(state: State, given: Order, now: Instant) -> list[AnyEvent]:
    """An alarm that was put aside is annunciated again, or the work on a device is over."""
    kind, subject = _about(given)
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


def _about(given: Order) -> tuple[Kind, str]:
    if given.verb in {Verb.SHELVE, Verb.UNSHELVE}:
        return Kind.SHELVED, given.alarm
    return Kind.OUT_OF_SERVICE, given.device
