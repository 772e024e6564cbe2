"""The two functions of the core: `decide` says what follows from an input, `evolve` makes it so.

`decide` changes only transient memory (last readings, pending delays); `evolve` changes the durable part, and of the
transient one what follows from that at once (limits in force, a lamp test); it is all that a replay of the journal needs. `step` is both, in the order in which the world may see them: first what was
due, then what came in, so that a recovery at the very tick at which a delay ends follows its raise.
"""

from collections.abc import Callable

from agent.core import alarms as alarm_list
from agent.core import correlation, limit_changes, readings
from agent.core.annunciator import Annunciator, Window
from agent.core.events import (
    AlarmAcknowledged,
    AlarmCauseChanged,
    AlarmCleared,
    AlarmClosed,
    AlarmEvent,
    AlarmRaised,
    AnnunciationAcknowledged,
    AnnunciationReset,
    AnnunciationSilenced,
    AnyEvent,
    BoxStarted,
    BoxStopped,
    DeviceRestarted,
    Evidence,
    LampsTested,
    LimitEvent,
)
from agent.core.inputs import Input, Order, Polled, PollFailed, Restarted, Started, Stopping, Tick
from agent.core.model import Instant, Severity, alarm_key
from agent.core.orders import on_order
from agent.core.sequences import Sequence, Signal
from agent.core.state import Durable, State

LAMP_TEST_SECONDS = 5.0


def step(state: State, given: Input, now: Instant) -> list[AnyEvent]:
    """Everything that follows from an input at an instant, already evolved."""
    state.finals.clear()
    events = _apply(state, decide(state, Tick(), now))
    if not isinstance(given, Tick):
        events += _apply(state, decide(state, given, now))
    if state.held:
        heard = given.device if isinstance(given, Polled | PollFailed) else ""
        events += _apply(state, readings.released(state, heard, now))
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
    durable = state.durable
    if isinstance(event, AlarmEvent):
        _move(state, event)
        _annunciate(durable, event)
    match event:
        case AnnunciationAcknowledged():
            _annunciator(durable, event).follow_all(Signal.ACKNOWLEDGE)
        case AnnunciationSilenced():
            _annunciator(durable, event).follow_all(Signal.SILENCE)
        case AnnunciationReset():
            _annunciator(durable, event).follow_all(Signal.RESET)
        case BoxStarted():
            durable.scheme = event.scheme
            _annunciator(durable, event).adopt()
        case LampsTested():
            state.testing_until = event.at.mono + LAMP_TEST_SECONDS
        case LimitEvent():
            limit_changes.evolve(state, event)
        case _:
            pass


def _move(state: State, event: AlarmEvent) -> None:
    listed, id_ = state.durable.alarms.alarms, event.alarm.id
    if id_ in listed:
        state.codes.discard(listed[id_].code)
    alarm_list.evolve(state.durable.alarms, event)
    if id_ in listed:
        state.codes.add(listed[id_].code)


def _annunciator(durable: Durable, event: AnyEvent) -> Annunciator:
    return Annunciator(durable.windows, durable.scheme, event.at.mono)


def _annunciate(durable: Durable, event: AlarmEvent) -> None:
    """Let the windows follow an alarm; a consequence stands behind its cause, which then alerts for both."""
    annunciator, id_ = _annunciator(durable, event), event.alarm.id
    match event:
        case AlarmRaised():
            durable.windows.setdefault(id_, Window(event.severity)).severity = event.severity
            annunciator.follow(id_, Signal.ALARM)
            if event.root_cause:
                annunciator.follow(id_, Signal.EXPLAIN)
        case AlarmCleared():
            annunciator.follow(id_, Signal.RETURN)
        case AlarmCauseChanged():
            _explain(durable, annunciator, event)
        case AlarmAcknowledged() | AlarmClosed():
            annunciator.follow(id_, Signal.ACKNOWLEDGE)
    if isinstance(event, AlarmRaised | AlarmCauseChanged):
        for cause in event.root_cause:
            _speak_for(durable, annunciator, cause.alarm, durable.alarms.alarms[id_].severity)


def _explain(durable: Durable, annunciator: Annunciator, event: AlarmCauseChanged) -> None:
    id_ = event.alarm.id
    if event.root_cause:
        window = durable.windows.get(id_)
        first = window is not None and window.first
        annunciator.follow(id_, Signal.EXPLAIN)
        if first:
            annunciator.hand_on(cause.alarm for cause in event.root_cause)
        return
    annunciator.follow(id_, Signal.FREE)
    if durable.alarms.alarms[id_].operator_state != "none":
        annunciator.follow(id_, Signal.ACKNOWLEDGE)


def _speak_for(durable: Durable, annunciator: Annunciator, alarm: str, severity: Severity) -> None:
    """A root cause alerts as urgently as the worst of its consequences, anew when that is worse than before."""
    window = durable.windows.get(alarm)
    if window is not None and window.severity < severity and window.sequence is not Sequence.BEHIND:
        window.severity = severity
        annunciator.follow(alarm, Signal.ALARM)
        cause = durable.alarms.alarms.get(alarm)
        if cause is None or cause.is_cleared:  # no return to normal will come any more
            annunciator.follow(alarm, Signal.RETURN)


def _apply(state: State, events: list[AnyEvent]) -> list[AnyEvent]:
    for event in events:
        evolve(state, event)
    return events


def _on_started(state: State, given: Started, now: Instant) -> list[AnyEvent]:
    readings.begin(state, now)
    started = BoxStarted(at=now, version=given.version, config=given.config, scheme=state.branch.scheme)
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
