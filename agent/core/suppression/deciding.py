"""When suppressions begin and end: by the calendar, by the time that is left, by what is so elsewhere."""

import math
from collections.abc import Iterator

from msgspec.structs import replace

from agent.core import alarms as alarm_list
from agent.core.alarm_states import Trigger
from agent.core.events import AlarmSuppressionChanged, AnyEvent, SuppressionBegan, SuppressionEnded
from agent.core.inputs import Origin, Polled, PollFailed
from agent.core.limits import Condition, due_of, observe, settle
from agent.core.model import Instant
from agent.core.state import State, is_fresh, is_reachable
from agent.core.suppression.cover import cover_of
from agent.core.suppression.held import Held, is_believed, remaining
from agent.core.suppression.nouns import Design, Ending, Kind, MaintenanceWindow, Suppression, id_of
from agent.core.suppression.windows import next_change, open_at

JUMP = 1.0
"""Seconds by which the wall clock must have been set before the calendar is asked again."""
GRAIN = 1e-3
"""Seconds that are none: what is subtracted and added again is not quite the same."""


def begin(state: State, now: Instant) -> list[AnyEvent]:
    """What is suppressed when the core begins to watch, before any reading is looked at."""
    state.calendar.began = now.mono
    state.calendar.designs = {
        design.id: Condition(active=id_of(Kind.BY_DESIGN, design.id) in state.durable.suppressions)
        for design in state.branch.designs
    }
    return [*_gone(state, now), *_look(state, now)]


def look(state: State, now: Instant) -> list[AnyEvent]:
    """What begins and ends by now. Costs next to nothing while nothing is due and the clock runs on."""
    calendar = state.calendar
    set_anew = abs(now.wall - now.mono - calendar.offset) > JUMP or now.quality is not calendar.quality
    if now.mono < calendar.due and not (set_anew and calendar.due < math.inf):
        return []
    return _look(state, now)


def hear(state: State, given: Polled | PollFailed, now: Instant) -> list[AnyEvent]:
    """What a device's answer, or its silence, begins and ends by design."""
    designs = [one for one in state.branch.designs if one.device == given.device]
    for design in designs:
        condition = state.calendar.designs[design.id]
        if isinstance(given, Polled) and design.rule.point in given.values:
            observe(condition, design.rule, given.values[design.rule.point], now.mono, now.wall)
    return _look(state, now) if designs else []


def renew(state: State, now: Instant, cause: AnyEvent | None = None) -> list[AnyEvent]:
    """Work out anew which alarms are suppressed, and tell of those on the list for which that has changed.

    Args:
        state: of the core.
        now: the instant.
        cause: the event after which it may be other alarms, for who did it and why.
    """
    state.cover, state.covered = cover_of(state), True
    if isinstance(cause, SuppressionBegan) and cause.suppression.seconds is not None:
        state.calendar.due = min(state.calendar.due, now.mono + cause.suppression.seconds)
    by, note = _who(cause)
    return [
        AlarmSuppressionChanged(
            at=now,
            alarm=alarm.key,
            occurrence=alarm.occurrence,
            suppressed=state.cover.get(id_, ()),
            before=alarm.suppressed,
            by=by,
            note=note,
        )
        for id_, alarm in state.durable.alarms.alarms.items()
        if alarm.suppressed != state.cover.get(id_, ())
        and alarm_list.decide(state.durable.alarms, id_, Trigger.SUPPRESS) is AlarmSuppressionChanged
    ]


def _who(cause: AnyEvent | None) -> tuple[Origin | None, str]:
    match cause:
        case SuppressionBegan():
            return cause.suppression.by, cause.suppression.reason
        case SuppressionEnded():
            return cause.by, cause.note
        case _:
            return None, ""


def ended(held: Held, cause: Ending, now: Instant) -> SuppressionEnded:
    """The end of a suppression that nobody ordered."""
    given = held.suppression
    return SuppressionEnded(at=now, id=given.id, kind=given.kind, subjects=given.subjects, cause=cause)


def _gone(state: State, now: Instant) -> list[AnyEvent]:
    """What was suppressed that the site does not have any more."""
    branch = state.branch
    known = {id_of(Kind.WINDOW, one.id) for one in branch.windows}
    known |= {id_of(Kind.BY_DESIGN, one.id) for one in branch.designs}
    known |= {id_of(Kind.OUT_OF_SERVICE, id_) for id_ in branch.devices}
    known |= {id_of(Kind.SHELVED, id_) for watch in state.watches.values() for id_ in watch.links.ids}
    held = state.durable.suppressions
    return [ended(one, Ending.CONFIGURATION, now) for id_, one in held.items() if id_ not in known]


def _look(state: State, now: Instant) -> list[AnyEvent]:
    calendar, dues = state.calendar, [math.inf]
    calendar.offset, calendar.quality = now.wall - now.mono, now.quality
    events: list[AnyEvent] = []
    for window in state.branch.windows:
        events += _of_window(state, window, now)
        dues.append(now.mono + next_change(window, now.wall) - now.wall)
    for held in state.durable.suppressions.values():
        left = remaining(held, now)
        if left is not None and (held.suppression.kind is not Kind.WINDOW or not is_believed(now)):
            if left <= GRAIN:
                events.append(ended(held, Ending.TIME, now))
            dues.append(now.mono + left)
    for design in state.branch.designs:
        events += _of_design(state, design, now)
        dues.append(_design_due(state, design))
    calendar.due = min(due for due in dues if due > now.mono)
    return events


# --- windows -----------------------------------------------------------------------------------------------------


def _of_window(state: State, window: MaintenanceWindow, now: Instant) -> Iterator[AnyEvent]:
    """Open or shut it as the calendar says; while that cannot be asked, an open one runs out and none is opened."""
    if not is_believed(now):
        return
    held = state.durable.suppressions.get(id_of(Kind.WINDOW, window.id))
    span = open_at(window, now.wall)
    if span is None:
        if held is not None:
            yield ended(held, Ending.TIME, now)
        return
    opened = Suppression(
        id=id_of(Kind.WINDOW, window.id),
        kind=Kind.WINDOW,
        subjects=window.devices,
        reason=window.reason,
        responsible=window.responsible,
        since=now.wall,
        seconds=span[1] - now.wall,
    )
    if held is None or _differs(held.suppression, opened):
        yield SuppressionBegan(at=now, suppression=opened)


def _differs(one: Suppression, other: Suppression) -> bool:
    moved = abs((one.until or 0.0) - (other.until or 0.0)) > JUMP
    return moved or replace(one, since=0.0, seconds=None) != replace(other, since=0.0, seconds=None)


# --- by design ---------------------------------------------------------------------------------------------------


def _of_design(state: State, design: Design, now: Instant) -> Iterator[AnyEvent]:
    """Begin or end it by what is so; what nobody can say any more suppresses nothing."""
    condition = state.calendar.designs[design.id]
    held = state.durable.suppressions.get(id_of(Kind.BY_DESIGN, design.id))
    if _is_known(state, design, now.mono):
        settle(condition, design.rule, now.mono, fresh=state.watches[design.device].sampled is not None)
    else:
        condition.active, condition.since = False, None
    if condition.active and held is None:
        begun = Suppression(
            id=id_of(Kind.BY_DESIGN, design.id),
            kind=Kind.BY_DESIGN,
            subjects=design.alarms,
            reason=design.reason,
            responsible=design.responsible,
            since=now.wall,
        )
        yield SuppressionBegan(at=now, suppression=begun)
    elif held is not None and not condition.active:
        yield ended(held, Ending.CONDITION, now)


def _is_known(state: State, design: Design, mono: float) -> bool:
    watch = state.watches[design.device]
    if watch.sampled is None:  # just started: it is as it was until the device has had time to say otherwise
        return mono - state.calendar.began <= watch.device.stale_after
    return is_fresh(watch, mono) and is_reachable(watch)


def _design_due(state: State, design: Design) -> float:
    condition, watch = state.calendar.designs[design.id], state.watches[design.device]
    pending = due_of(condition, design.rule)
    heard = watch.sampled.mono if watch.sampled is not None else state.calendar.began
    unknown = heard + watch.device.stale_after + JUMP if condition.active else math.inf
    return min(unknown, math.inf if pending is None else pending)
