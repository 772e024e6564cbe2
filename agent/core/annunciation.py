"""How the annunciator's windows follow the journal: each alarm's, and those of causes and consequences with it."""

from agent.core.alarms import Alarm, consequences
from agent.core.annunciator import Annunciator, Window
from agent.core.events import (
    AlarmAcknowledged,
    AlarmCauseChanged,
    AlarmCleared,
    AlarmClosed,
    AlarmPurged,
    AlarmRaised,
    AlarmSeverityChanged,
    AlarmSuppressionChanged,
    AnnunciationAcknowledged,
    AnnunciationReset,
    AnnunciationSilenced,
    AnyEvent,
    BoxStarted,
)
from agent.core.model import Severity
from agent.core.sequences import Sequence, Signal
from agent.core.state import Durable

_SIGNALS = {
    AlarmCleared: Signal.RETURN,
    AlarmAcknowledged: Signal.ACKNOWLEDGE,
    AlarmClosed: Signal.ACKNOWLEDGE,
    AlarmPurged: Signal.ACKNOWLEDGE,
}
_FOR_ALL = {
    AnnunciationAcknowledged: Signal.ACKNOWLEDGE,
    AnnunciationSilenced: Signal.SILENCE,
    AnnunciationReset: Signal.RESET,
}


def annunciate(durable: Durable, event: AnyEvent) -> None:
    """Move the windows by one event, which the alarm list has followed already."""
    annunciator = Annunciator(durable.windows, durable.scheme, event.at.mono)
    match event:
        case AlarmRaised():
            durable.windows.setdefault(event.alarm.id, Window(event.severity)).severity = event.severity
            annunciator.follow(event.alarm.id, Signal.ALARM)
            _place(durable, annunciator, event.alarm.id)
        case AlarmSeverityChanged():
            _restate(durable, annunciator, event)
        case AlarmCauseChanged():
            _place(durable, annunciator, event.alarm.id)
        case AlarmSuppressionChanged():
            _place(durable, annunciator, event.alarm.id)
            for one in consequences(durable.alarms, event.alarm.id):
                _place(durable, annunciator, one.id)
        case AlarmClosed(final=True):
            annunciator.follow(event.alarm.id, Signal.ACKNOWLEDGE)
            annunciator.follow(event.alarm.id, Signal.RETURN)
        case AlarmCleared() | AlarmAcknowledged() | AlarmClosed() | AlarmPurged():
            annunciator.follow(event.alarm.id, _SIGNALS[type(event)])
        case AnnunciationAcknowledged() | AnnunciationSilenced() | AnnunciationReset():
            annunciator.follow_all(_FOR_ALL[type(event)])
        case BoxStarted():
            durable.scheme = event.scheme
            Annunciator(durable.windows, event.scheme, event.at.mono).adopt()
        case _:
            pass


def _restate(durable: Durable, annunciator: Annunciator, event: AlarmSeverityChanged) -> None:
    """What has become worse alerts anew; what has become better is as urgent as the worst that follows from it."""
    id_ = event.alarm.id
    alarm, window = durable.alarms.alarms[id_], durable.windows.get(id_)
    if window is None:
        return
    following = [one.severity for one in consequences(durable.alarms, id_) if not one.is_cleared]
    worse = event.severity > window.severity
    window.severity = max([event.severity, *following])
    if window.sequence is Sequence.BEHIND:
        _let_speak(durable, annunciator, alarm)
    elif worse:
        annunciator.follow(id_, Signal.ALARM)


def _place(durable: Durable, annunciator: Annunciator, id_: str) -> None:
    """Put a window where its alarm belongs: dark, behind the alarm's cause, or in front."""
    alarm, window = durable.alarms.alarms[id_], durable.windows.get(id_)
    if window is None:
        return
    first = window.first
    if alarm.suppressed:
        annunciator.follow(id_, Signal.SUPPRESS)
    elif alarm.behind:
        annunciator.follow(id_, Signal.RELEASE)
        annunciator.follow(id_, Signal.EXPLAIN)
        if first:
            annunciator.hand_on(cause.alarm for cause in alarm.root_cause)
        if not alarm.is_cleared:
            _let_speak(durable, annunciator, alarm)
    else:
        _free(annunciator, alarm)


def _free(annunciator: Annunciator, alarm: Alarm) -> None:
    before = annunciator.windows[alarm.id].sequence
    annunciator.follow(alarm.id, Signal.RELEASE)
    annunciator.follow(alarm.id, Signal.FREE)
    if annunciator.windows[alarm.id].sequence is not before and alarm.operator_state != "none":
        annunciator.follow(alarm.id, Signal.ACKNOWLEDGE)


def _let_speak(durable: Durable, annunciator: Annunciator, alarm: Alarm) -> None:
    for cause in alarm.root_cause:
        _speak_for(durable, annunciator, cause.alarm, alarm.severity)


def _speak_for(durable: Durable, annunciator: Annunciator, alarm: str, severity: Severity) -> None:
    """A root cause alerts as urgently as the worst of its consequences, anew when that is worse than before."""
    window = durable.windows.get(alarm)
    speaks = window is not None and window.sequence not in (Sequence.BEHIND, Sequence.SUPPRESSED)
    if window is not None and speaks and window.severity < severity:
        window.severity = severity
        annunciator.follow(alarm, Signal.ALARM)
        cause = durable.alarms.alarms.get(alarm)
        if cause is None or cause.is_cleared:  # no return to normal will come any more
            annunciator.follow(alarm, Signal.RETURN)
