"""When suppressions begin and end: by the calendar, by the time that is left, by design."""

import math
from collections.abc import Collection, Iterator

from agent.core import alarms as alarm_list
from agent.core.alarm_states import Trigger
from agent.core.events import AlarmSuppressionChanged, AnyEvent, SuppressionBegan, SuppressionEnded
from agent.core.inputs import Origin, Polled, PollFailed
from agent.core.model import Instant
from agent.core.state import State
from agent.core.suppression import by_design
from agent.core.suppression.cover import cover_of
from agent.core.suppression.held import JUMP, differs, ended_by, is_believed, remaining
from agent.core.suppression.nouns import Ending, Kind, MaintenanceWindow, Suppression, id_of
from agent.core.suppression.windows import next_change, open_at

GRAIN = 1e-3
"""Seconds that are none: what is subtracted and added again is not quite the same."""


def begin(state: State, now: Instant) -> list[AnyEvent]:
    """What is suppressed when the core begins to watch, before any reading is looked at."""
    state.calendar.began = now.mono
    state.calendar.designs = {one.id: by_design.begin(state, one) for one in state.branch.designs}
    return reconsider(state, now)


def reconsider(state: State, now: Instant) -> list[AnyEvent]:
    """What begins and ends because the site has other windows now, or another time."""
    gone = _gone(state, now)
    return [*gone, *_look(state, now, {one.id for one in gone})]


def look(state: State, now: Instant) -> list[AnyEvent]:
    """What begins and ends by now. Costs next to nothing while nothing is due and the clock runs on."""
    calendar = state.calendar
    set_anew = abs(now.wall - now.mono - calendar.offset) > JUMP or now.quality is not calendar.quality
    if now.mono < calendar.due and not (set_anew and calendar.due < math.inf):
        return []
    return _look(state, now)


def hear(state: State, given: Polled | PollFailed, now: Instant) -> list[AnyEvent]:
    """What a device's answer, or its silence, begins and ends by design."""
    events: list[AnyEvent] = []
    for design in state.branch.designs:
        if design.device == given.device:
            by_design.hear(state, design, given, now)
            events += by_design.moved(state, design, now)
            state.calendar.due = min(state.calendar.due, by_design.due_of(state, design))
    return events


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


def _gone(state: State, now: Instant) -> list[SuppressionEnded]:
    """What was suppressed that the site does not have any more."""
    branch = state.branch
    known = {id_of(Kind.WINDOW, one.id) for one in branch.windows}
    known |= {id_of(Kind.BY_DESIGN, one.id) for one in branch.designs}
    known |= {id_of(Kind.OUT_OF_SERVICE, id_) for id_ in branch.devices}
    known |= {id_of(Kind.SHELVED, id_) for watch in state.watches.values() for id_ in watch.links.ids}
    held = state.durable.suppressions
    return [ended_by(one, Ending.CONFIGURATION, now) for id_, one in held.items() if id_ not in known]


def _look(state: State, now: Instant, gone: Collection[str] = ()) -> list[AnyEvent]:
    calendar, dues = state.calendar, [math.inf]
    calendar.offset, calendar.quality = now.wall - now.mono, now.quality
    events: list[AnyEvent] = []
    for window in state.branch.windows:
        events += _of_window(state, window, now)
        dues.append(now.mono + next_change(window, now.wall) - now.wall)
    for id_, held in state.durable.suppressions.items():
        left = remaining(held, now) if id_ not in gone else None
        if left is not None and (held.suppression.kind is not Kind.WINDOW or not is_believed(now)):
            if left <= GRAIN:
                events.append(ended_by(held, Ending.TIME, now))
            dues.append(now.mono + left)
    for design in state.branch.designs:
        events += by_design.moved(state, design, now)
        dues.append(by_design.due_of(state, design))
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
            yield ended_by(held, Ending.TIME, now)
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
    if held is None or differs(held.suppression, opened):
        yield SuppressionBegan(at=now, suppression=opened)
