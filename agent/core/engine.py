"""The two functions of the core: `decide` says what follows from an input, `evolve` makes it so.

`decide` changes only transient memory (last readings, pending delays); `evolve` changes only the durable part and is
all that a replay of the journal needs. `step` is both, in the order in which the world may see them: first what was
due, then what came in, so that a recovery at the very tick at which a delay ends follows its raise.
"""

from collections.abc import Callable

from agent.core import alarms as alarm_list
from agent.core import annunciator, correlation, readings
from agent.core.annunciator import Sequence, Signal, Window
from agent.core.events import (
    AlarmAcknowledged,
    AlarmCauseChanged,
    AlarmCleared,
    AlarmClosed,
    AlarmEvent,
    AlarmRaised,
    AnnunciationAcknowledged,
    AnnunciationSilenced,
    AnyEvent,
    BoxStarted,
    BoxStopped,
    DeviceRestarted,
    Evidence,
    LampsTested,
)
from agent.core.inputs import Input, Order, Polled, PollFailed, Restarted, Started, Stopping, Tick
from agent.core.model import Instant, Severity, alarm_key
from agent.core.orders import on_order
from agent.core.state import Durable, State

LAMP_TEST_SECONDS = 5.0


def step(state: State, given: Input, now: Instant) -> list[AnyEvent]:
    """Everything that follows from an input at an instant, already evolved."""
    state.finals.clear()
    events = _apply(state, decide(state, Tick(), now))
    if not isinstance(given, Tick):
        events += _apply(state, decide(state, given, now))
    if state.held:
        events += _apply(state, readings.released(state, getattr(given, "device", ""), now))
    while state.dirty:
        changed = _apply(state, correlation.reconsider(state, now))
        correlation.follow(state, changed)
        events += changed
    return events


def decide(state: State, given: Input, now: Instant) -> list[AnyEvent]:
    """The events that follow from one input. An input about an unknown device follows nothing."""
    return _DECIDERS[type(given)](state, given, now)


def evolve(state: State, event: AnyEvent) -> None:
    """Move the durable part by one event.

    Raises:
        ValueError: the event is not possible in the present state; nothing is changed.
    """
    windows = state.durable.windows
    if isinstance(event, AlarmEvent):
        _move(state, event)
        _annunciate(state.durable, event)
    match event:
        case AnnunciationAcknowledged():
            annunciator.follow_all(windows, Signal.ACKNOWLEDGE)
        case AnnunciationSilenced():
            annunciator.follow_all(windows, Signal.SILENCE)
        case LampsTested():
            state.testing_until = event.at.mono + LAMP_TEST_SECONDS
        case _:
            pass


def _move(state: State, event: AlarmEvent) -> None:
    listed, id_ = state.durable.alarms.alarms, event.alarm.id
    if id_ in listed:
        state.codes.discard(listed[id_].code)
    alarm_list.evolve(state.durable.alarms, event)
    if id_ in listed:
        state.codes.add(listed[id_].code)


def _annunciate(durable: Durable, event: AlarmEvent) -> None:
    """Let the windows follow an alarm; a consequence stands behind its cause, which then alerts for both."""
    windows, id_ = durable.windows, event.alarm.id
    match event:
        case AlarmRaised():
            windows.setdefault(id_, Window(event.severity)).severity = event.severity
            annunciator.follow(windows, id_, Signal.ALARM)
            if event.root_cause:
                annunciator.follow(windows, id_, Signal.EXPLAIN)
        case AlarmCleared():
            annunciator.follow(windows, id_, Signal.RETURN)
        case AlarmCauseChanged():
            _explain(durable, event)
        case AlarmAcknowledged() | AlarmClosed():
            annunciator.follow(windows, id_, Signal.ACKNOWLEDGE)
    if isinstance(event, AlarmRaised | AlarmCauseChanged):
        for cause in event.root_cause:
            _speak_for(durable, cause.alarm, durable.alarms.alarms[id_].severity)


def _explain(durable: Durable, event: AlarmCauseChanged) -> None:
    windows, id_ = durable.windows, event.alarm.id
    if event.root_cause:
        annunciator.follow(windows, id_, Signal.EXPLAIN)
        return
    annunciator.follow(windows, id_, Signal.FREE)
    if durable.alarms.alarms[id_].operator_state != "none":
        annunciator.follow(windows, id_, Signal.ACKNOWLEDGE)


def _speak_for(durable: Durable, alarm: str, severity: Severity) -> None:
    """A root cause alerts as urgently as the worst of its consequences, anew when that is worse than before."""
    window = durable.windows.get(alarm)
    if window is not None and window.severity < severity and window.sequence is not Sequence.BEHIND:
        window.severity = severity
        annunciator.follow(durable.windows, alarm, Signal.ALARM)


def _apply(state: State, events: list[AnyEvent]) -> list[AnyEvent]:
    for event in events:
        evolve(state, event)
    return events


def _on_started(state: State, given: Started, now: Instant) -> list[AnyEvent]:
    readings.begin(state, now)
    return [BoxStarted(at=now, version=given.version, config=given.config), *_retire(state, now)]


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


def _on_restarted(state: State, given: Restarted, now: Instant) -> list[AnyEvent]:
    known = given.device in state.watches
    if known:
        readings.begin_anew(state.watches[given.device])
    return [DeviceRestarted(at=now, device=given.device, detail=given.detail)] if known else []


def _on_stopping(_state: State, _given: Stopping, now: Instant) -> list[AnyEvent]:
    return [BoxStopped(at=now)]


_DECIDERS: dict[type[Input], Callable[..., list[AnyEvent]]] = {
    Tick: readings.on_tick,
    Polled: readings.on_polled,
    PollFailed: readings.on_poll_failed,
    Restarted: _on_restarted,
    Order: on_order,
    Started: _on_started,
    Stopping: _on_stopping,
}
