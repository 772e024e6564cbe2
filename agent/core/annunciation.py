"""How the annunciator's windows follow the journal: each alarm's, and those of causes and consequences with it."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from agent.core.alarms import Alarm, consequences
from agent.core.annunciator import Annunciator, Window
from agent.core.events import (
    AlarmAcknowledged,
    AlarmCauseChanged,
    AlarmCleared,
    AlarmClosed,
    AlarmEvent,
    AlarmPurged,
    AlarmRaised,
    AlarmSeverityChanged,
    AlarmSuppressionChanged,
    AnnunciationAcknowledged,
    AnnunciationReset,
    AnnunciationSilenced,
    AnyEvent,
    BoxStarted,
    Event,
)
from agent.core.model import Severity
from agent.core.sequences import Sequence, Signal
from agent.core.state import Durable

_SIGNALS: dict[type[Event], Signal] = {
    AlarmCleared: Signal.RETURN,
    AlarmAcknowledged: Signal.ACKNOWLEDGE,
    AlarmClosed: Signal.ACKNOWLEDGE,
    AlarmPurged: Signal.ACKNOWLEDGE,
}
_FOR_ALL: dict[type[Event], Signal] = {
    AnnunciationAcknowledged: Signal.ACKNOWLEDGE,
    AnnunciationSilenced: Signal.SILENCE,
    AnnunciationReset: Signal.RESET,
}
_ASIDE = frozenset({Sequence.BEHIND, Sequence.SUPPRESSED})
"""Where a window is that its alarm does not alert by."""


def annunciate(durable: Durable, event: AnyEvent) -> None:
    """Move the windows by one event, which the alarm list has followed already."""
    move = _MOVES.get(type(event))
    if move is not None:
        move(durable, Annunciator(durable.windows, durable.scheme, event.at.mono), event)


def _raise(durable: Durable, annunciator: Annunciator, event: AlarmRaised) -> None:
    id_ = event.alarm.id
    durable.windows.setdefault(id_, Window(event.severity)).severity = event.severity
    annunciator.follow(id_, Signal.ALARM)
    _place(durable, annunciator, id_)


def _explain(durable: Durable, annunciator: Annunciator, event: AlarmCauseChanged) -> None:
    _place(durable, annunciator, event.alarm.id)


def _suppress(durable: Durable, annunciator: Annunciator, event: AlarmSuppressionChanged) -> None:
    alarm = durable.alarms.alarms[event.alarm.id]
    if alarm.is_cleared and not alarm.suppressed and not alarm.behind:
        _relight(durable, annunciator, alarm)
    _place(durable, annunciator, event.alarm.id)
    for one in consequences(durable.alarms, event.alarm.id):
        _place(durable, annunciator, one.id)


def _relight(durable: Durable, annunciator: Annunciator, alarm: Alarm) -> None:
    """It ended in the dark, but not unnoticed: it waits for its acknowledgement where it did before."""
    durable.windows.setdefault(alarm.id, Window(alarm.severity))
    annunciator.follow(alarm.id, Signal.ALARM)
    annunciator.follow(alarm.id, Signal.RETURN)


def _one(_durable: Durable, annunciator: Annunciator, event: AlarmEvent) -> None:
    annunciator.follow(event.alarm.id, _SIGNALS[type(event)])
    if isinstance(event, AlarmClosed) and event.final:
        annunciator.follow(event.alarm.id, Signal.RETURN)


def _all(_durable: Durable, annunciator: Annunciator, event: AnyEvent) -> None:
    annunciator.follow_all(_FOR_ALL[type(event)])


def _adopt(durable: Durable, annunciator: Annunciator, event: BoxStarted) -> None:
    durable.scheme = event.scheme
    replace(annunciator, scheme=event.scheme).adopt()


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
    elif window.sequence in _ASIDE:
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


_MOVES: dict[type[Event], Callable[[Durable, Annunciator, Any], None]] = {
    AlarmRaised: _raise,
    AlarmSeverityChanged: _restate,
    AlarmCauseChanged: _explain,
    AlarmSuppressionChanged: _suppress,
    **dict.fromkeys(_SIGNALS, _one),
    **dict.fromkeys(_FOR_ALL, _all),
    BoxStarted: _adopt,
}
