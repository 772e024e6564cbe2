"""What follows from an order of a person, authorised already at the desk."""

from collections.abc import Callable
from math import isfinite

from agent.core import alarms as alarm_list
from agent.core import limit_changes
from agent.core.alarm_states import AlarmState, Refusal, Trigger
from agent.core.events import (
    AlarmAcknowledged,
    AlarmClosed,
    AlarmCompressed,
    AlarmPurged,
    AnnunciationAcknowledged,
    AnnunciationReset,
    AnnunciationSilenced,
    AnyEvent,
    LampsTested,
)
from agent.core.inputs import Order, Verb
from agent.core.model import Instant, Severity
from agent.core.refusals import refused
from agent.core.sequences import ALERTING, Reset
from agent.core.state import State, is_abnormal, will_clear
from agent.core.suppression import orders as suppression


def on_order(state: State, given: Order, now: Instant) -> list[AnyEvent]:
    """The events of an order; one that cannot be carried out is refused with its reason, and that is journalled too."""
    if given.denied:
        return [refused(given, given.denied, now)]
    return _CARRIED_OUT[given.verb](state, given, now)


def _on_alarm_order(state: State, given: Order, now: Instant) -> list[AnyEvent]:
    trigger = Trigger.CLOSE if given.verb is Verb.CLOSE else Trigger.ACKNOWLEDGE
    alarm = state.durable.alarms.alarms.get(given.alarm)
    if alarm is None:
        return [refused(given, f"no alarm {given.alarm:.80} is on the list", now)]
    if given.occurrence not in (0, alarm.occurrence):
        return [refused(given, f"occurrence {given.occurrence} is gone; {alarm.occurrence} stands now", now)]
    outcome = alarm_list.decide(state.durable.alarms, given.alarm, trigger)
    if isinstance(outcome, Refusal):
        return [refused(given, outcome.value, now)]
    if trigger is Trigger.ACKNOWLEDGE:
        return [
            AlarmAcknowledged(
                at=now,
                alarm=alarm.key,
                occurrence=alarm.occurrence,
                by=given.by,
                note=given.note,
                order=given.id,
            )
        ]
    final = not alarm.is_cleared and not will_clear(state, given.alarm)
    if final and is_abnormal(state, given.alarm):
        return [refused(given, "it is still so; closing does not end it", now)]
    return [
        AlarmClosed(
            at=now,
            alarm=alarm.key,
            occurrence=alarm.occurrence,
            by=given.by,
            note=given.note,
            order=given.id,
            final=final,
        )
    ]


def _on_purge(state: State, given: Order, now: Instant) -> list[AnyEvent]:
    """Alarms that have been over for so long leave the list without an acknowledgement."""
    if not isfinite(given.seconds) or given.seconds < 0:
        return [refused(given, "how long they must have been over is no time", now)]
    old = [
        alarm
        for alarm in state.durable.alarms.alarms.values()
        if alarm.state is AlarmState.RETURNED
        and alarm_list.over_for(state.durable.alarms, alarm, now) >= given.seconds
    ]
    if not old:
        return [refused(given, "no alarm has been over for so long", now)]
    return [
        AlarmPurged(
            at=now, alarm=one.key, occurrence=one.occurrence, by=given.by, note=given.note, order=given.id
        )
        for one in old
    ]


def _on_compress(state: State, given: Order, now: Instant) -> list[AnyEvent]:
    """The histories of all listed alarms shrink to their last entry; the journal keeps all."""
    long = [one for one in state.durable.alarms.alarms.values() if len(one.status_changes) > 1]
    if not long:
        return [refused(given, "no alarm has a history to compress", now)]
    return [
        AlarmCompressed(at=now, alarm=one.key, occurrence=one.occurrence, by=given.by, order=given.id)
        for one in long
    ]


def _on_silence(_state: State, given: Order, now: Instant) -> list[AnyEvent]:
    return [AnnunciationSilenced(at=now, by=given.by, order=given.id)]


def _on_lamp_test(_state: State, given: Order, now: Instant) -> list[AnyEvent]:
    return [LampsTested(at=now, by=given.by, order=given.id)]


def _on_reset(state: State, given: Order, now: Instant) -> list[AnyEvent]:
    if state.durable.scheme.sequence is Reset.AUTOMATIC:
        return [refused(given, "sequence A resets by itself", now)]
    return [AnnunciationReset(at=now, by=given.by, order=given.id)]


def _on_accept(state: State, given: Order, now: Instant) -> list[AnyEvent]:
    """The button in the room: the annunciation, and where the site says so what alerts there, never what is critical."""
    events: list[AnyEvent] = [AnnunciationAcknowledged(at=now, by=given.by, order=given.id)]
    if not state.branch.acknowledges:
        return events
    listed = state.durable.alarms.alarms
    seen = [listed[id_] for id_, window in state.durable.windows.items() if window.sequence in ALERTING]
    events += [
        AlarmAcknowledged(at=now, alarm=alarm.key, occurrence=alarm.occurrence, by=given.by, order=given.id)
        for alarm in seen
        if alarm.operator_state == "none" and alarm.severity is not Severity.CRITICAL
    ]
    return events


def _on_set_limit(state: State, given: Order, now: Instant) -> list[AnyEvent]:
    changed = limit_changes.on_set(state, given, now)
    return [refused(given, changed, now) if isinstance(changed, str) else changed]


def _on_revert_limit(state: State, given: Order, now: Instant) -> list[AnyEvent]:
    reverted = limit_changes.on_revert(state, given, now)
    return [refused(given, reverted, now) if isinstance(reverted, str) else reverted]


_CARRIED_OUT: dict[Verb, Callable[[State, Order, Instant], list[AnyEvent]]] = {
    Verb.ACKNOWLEDGE: _on_alarm_order,
    Verb.CLOSE: _on_alarm_order,
    Verb.ACCEPT: _on_accept,
    Verb.SILENCE: _on_silence,
    Verb.RESET: _on_reset,
    Verb.LAMP_TEST: _on_lamp_test,
    Verb.PURGE: _on_purge,
    Verb.COMPRESS: _on_compress,
    Verb.SHELVE: suppression.on_shelve,
    Verb.UNSHELVE: suppression.on_end,
    Verb.TAKE_OUT: suppression.on_take_out,
    Verb.RETURN: suppression.on_end,
    Verb.SET_LIMIT: _on_set_limit,
    Verb.REVERT_LIMIT: _on_revert_limit,
}
