"""The two functions of the core: `decide` says what follows from an input, `evolve` makes it so.

`decide` changes only transient memory (last readings, pending delays); `evolve` changes the durable part, and of the
transient one what follows from that at once (limits in force, a lamp test); it is all that a replay of the journal
needs. `step` is both, in the order in which the world may see them: first what was due, then what came in, so that a
recovery at the very tick at which a delay ends follows its raise.
"""

from collections.abc import Callable

from msgspec.structs import replace

from agent.core import alarms as alarm_list
from agent.core import correlation, limit_changes, moving, readings, wall_clock
from agent.core.annunciation import annunciate
from agent.core.events import (
    AlarmCleared,
    AlarmEvent,
    AnyEvent,
    BoxStarted,
    BoxStopped,
    ClockOffset,
    ConfigurationChanged,
    DeviceRestarted,
    Evidence,
    LampsTested,
    LimitEvent,
    SuppressionBegan,
    SuppressionEnded,
)
from agent.core.inputs import (
    Input,
    Order,
    Polled,
    PollFailed,
    Reconfigured,
    Restarted,
    Started,
    Stopping,
    Tick,
)
from agent.core.model import Instant, alarm_key
from agent.core.orders import on_order
from agent.core.redating import as_known, redate
from agent.core.runs import Run
from agent.core.state import State
from agent.core.suppression import deciding
from agent.core.suppression.held import hold, recount

LAMP_TEST_SECONDS = 5.0


def step(state: State, given: Input, now: Instant) -> list[AnyEvent]:
    """Everything that follows from an input at an instant, already evolved."""
    state.explained.clear()
    events = _clock(state, now)
    events += _apply(state, deciding.look(state, now))
    events += _apply(state, decide(state, Tick(), now))
    if not isinstance(given, Tick):
        events += _apply(state, decide(state, given, now))
    if isinstance(given, Started):
        events += _clock(state, now)
        events += _apply(state, _restated(state, now))
        events += _apply(state, deciding.begin(state, now))
        events += _apply(state, deciding.renew(state, now))
        events += _apply(state, decide(state, given.found, now) if given.found is not None else [])
    heard = given if isinstance(given, (Polled, PollFailed)) else None
    if heard is not None and state.branch.designs:
        events += _apply(state, deciding.hear(state, heard, now))
    if state.held:
        events += _apply(state, readings.released(state, heard.device if heard else "", now))
    if state.levels:
        events += _apply(state, list(moving.levelled(state, now)))
    while state.dirty:
        changed = _apply(state, correlation.reconsider(state, now))
        correlation.follow(state, changed)
        events += changed
    return events


def _clock(state: State, now: Instant) -> list[AnyEvent]:
    """What follows from the wall clock as it is now, before anything is judged by it."""
    events = wall_clock.look(state.durable.clock, state.believed, now)
    state.believed = now.quality
    return _apply(state, events) if events else events


def decide(state: State, given: Input, now: Instant) -> list[AnyEvent]:
    """The events that follow from one input. An input about an unknown device follows nothing."""
    return _DECIDERS[type(given)](state, given, now)


def evolve(state: State, event: AnyEvent) -> None:
    """Move the durable part by one event.

    Raises:
        ValueError: the event is not possible in the present state; nothing is changed.
    """
    wall_clock.evolve(state.durable.clock, event)
    known = as_known(state.durable, event)
    if isinstance(known, AlarmEvent):
        _move(state, known)
    else:
        _evolve(state, known)
    annunciate(state.durable, known)
    if isinstance(event, ClockOffset):
        redate(state.durable, event)
    state.durable.latest = event.at


def _evolve(state: State, event: AnyEvent) -> None:
    durable = state.durable
    match event:
        case SuppressionBegan():
            durable.suppressions[event.suppression.id] = hold(event.suppression, event.at)
            state.covered = False
        case SuppressionEnded():
            durable.suppressions.pop(event.id, None)
            state.covered = False
        case BoxStarted():
            durable.alarms.enter(event.at.boot)
            if durable.latest is not None:
                for held in durable.suppressions.values():
                    recount(held, durable.latest, event.at)
            durable.run = Run(event.at.boot, event.version, event.marks)
        case BoxStopped() if durable.run is not None:
            durable.run = replace(durable.run, stopped=True)
        case LampsTested():
            state.testing_until = event.at.mono + LAMP_TEST_SECONDS
        case LimitEvent():
            limit_changes.evolve(state, event)
        case _:
            pass


def _move(state: State, event: AlarmEvent) -> None:
    listed, id_ = state.durable.alarms.alarms, event.alarm.id
    before = listed.get(id_)
    alarm_list.evolve(state.durable.alarms, event)
    after = listed.get(id_)
    if after is not before:
        if before is not None:
            state.codes.discard(before.code)
        if after is not None:
            state.codes.add(after.code)


def _apply(state: State, events: list[AnyEvent]) -> list[AnyEvent]:
    """Make events so, each with what it means for the suppression of alarms."""
    told: list[AnyEvent] = []
    for event in events:
        evolve(state, event)
        told.append(event)
        if not state.covered:
            told += _apply(state, deciding.renew(state, event.at, event))
    return told


def _on_started(state: State, given: Started, now: Instant) -> list[AnyEvent]:
    readings.begin(state, now)
    started = BoxStarted(
        at=now,
        version=given.version,
        config=given.config,
        scheme=state.branch.scheme,
        ended=given.ended,
        marks=given.marks,
    )
    return [started, *_retire(state, now), *limit_changes.on_started(state, now)]


def _retire(state: State, now: Instant) -> list[AnyEvent]:
    """Clear what nobody watches any more: no reading could ever do it."""
    watched = {
        alarm_key(watch.device, rule) for watch in state.watches.values() for rule in watch.device.rules
    }
    return [
        AlarmCleared(
            at=now,
            alarm=alarm.key,
            occurrence=alarm.occurrence,
            evidence=Evidence(alarm.raised_by.point, "", detail="no longer watched"),
            root_cause=alarm.root_cause,
        )
        for alarm in state.durable.alarms.alarms.values()
        if alarm.key not in watched and not alarm.is_cleared
    ]


def _restated(state: State, now: Instant) -> list[AnyEvent]:
    """Standing alarms that the site takes otherwise than when they were raised."""
    return [
        event
        for watch in state.watches.values()
        for at, rule in enumerate(watch.device.rules)
        if not rule.worsens
        for event in moving.restate(
            state, watch, at, Evidence(rule.point, "", detail="the configuration has changed"), now
        )
    ]


def _on_restarted(state: State, given: Restarted, now: Instant) -> list[AnyEvent]:
    known = given.device in state.watches
    if known:
        readings.begin_anew(state.watches[given.device])
    return [DeviceRestarted(at=now, device=given.device, detail=given.detail)] if known else []


def _on_reconfigured(state: State, given: Reconfigured, now: Instant) -> list[AnyEvent]:
    state.branch = given.branch
    changed = ConfigurationChanged(at=now, config=given.config, before=given.before, changed=given.changed)
    return [changed, *deciding.reconsider(state, now)]


def _on_stopping(_state: State, _given: Stopping, now: Instant) -> list[AnyEvent]:
    return [BoxStopped(at=now)]


_DECIDERS: dict[type[Input], Callable[..., list[AnyEvent]]] = {
    Tick: readings.on_tick,
    Polled: readings.on_polled,
    PollFailed: readings.on_poll_failed,
    Restarted: _on_restarted,
    Order: on_order,
    Started: _on_started,
    Reconfigured: _on_reconfigured,
    Stopping: _on_stopping,
}
