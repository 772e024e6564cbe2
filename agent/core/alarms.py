"""The alarm list of RFC 8632: one alarm per key, moved by the tables of `alarm_states`.

A trigger that a state does not know makes no event; an event that a state does not know is an error, because the
journal then holds what could not have happened.
"""

from enum import StrEnum
from typing import Any

from msgspec import Struct

from agent.core.alarm_states import (
    DECISIONS,
    FINALLY,
    QUIETLY,
    TRANSITIONS,
    WORSE,
    AlarmState,
    Refusal,
    Trigger,
)
from agent.core.dating import tells_time_from
from agent.core.events import (
    AlarmAcknowledged,
    AlarmCauseChanged,
    AlarmChattering,
    AlarmCleared,
    AlarmClosed,
    AlarmCompressed,
    AlarmEvent,
    AlarmRaised,
    AlarmSeverityChanged,
    AlarmSuppressionChanged,
    Evidence,
)
from agent.core.inputs import Origin
from agent.core.limits import UNKNOWN, Beginning
from agent.core.model import AlarmKey, Cause, Instant, Layer, Severity, Text
from agent.core.suppression.nouns import BY_PEOPLE, Kind, Suppressed

HISTORY = 32
"""How many changes an alarm remembers; RFC 8632 proposes 32."""


_QUIETLY, _WORSE = (
    {state: row | changed.get(state, {}) for state, row in TRANSITIONS.items()}
    for changed in (QUIETLY, WORSE)
)


class StatusChange(Struct, frozen=True, gc=False):
    """One entry of RFC 8632's status-change list: the resource's side."""

    time: Instant
    severity: Severity
    cleared: bool


class OperatorAct(StrEnum):
    """What a person may do about an alarm; RFC 8632 writes `ack` for the first."""

    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"
    SHELVED = "shelved"
    UNSHELVED = "un-shelved"


class OperatorChange(Struct, frozen=True):
    """One entry of RFC 8632's operator-state-change list: the people's side."""

    time: Instant
    by: Origin | None
    """None where it is the time's doing: a shelved alarm comes back by itself."""
    state: OperatorAct
    text: str = ""


class Alarm(Struct):
    """One alarm of the list, with the leaves of RFC 8632 that the branch uses.

    The wall times of its instants are dated anew when an offset of their boot becomes known.
    """

    key: AlarmKey
    layer: Layer
    severity: Severity
    text: Text
    action: Text
    causes: Text
    state: AlarmState
    occurrence: int
    code: str
    time_created: Instant
    last_raised: Instant
    last_changed: Instant
    raised_by: Evidence
    began: Beginning = UNKNOWN
    """When the reading was that crossed the limit, on the box's own clock."""
    root_cause: tuple[Cause, ...] = ()
    """What it is a consequence of; nothing where it is a root cause itself."""
    behind: bool = False
    """Whether it leaves it to its cause to alert."""
    explained_since: Instant | None = None
    """When that was found, or found to be over."""
    suppressed: tuple[Suppressed, ...] = ()
    """What keeps it from being annunciated."""
    suppressed_since: Instant | None = None
    """When that began, changed or ended last; None where it never was."""
    chattering: int = 0
    """How often it has come since it began to come and go; 0 while it does not."""
    unseen: bool = False
    """Whether it has alerted, and nobody has acknowledged it or put it aside: then it does not end without a word."""
    ended: Beginning = UNKNOWN
    """When it was cleared, on the box's own clock."""
    cleared_by: Evidence | None = None
    status_changes: list[StatusChange] = []
    operator_changes: list[OperatorChange] = []

    @property
    def id(self) -> str:
        """The slug of the key."""
        return self.key.id

    @property
    def is_cleared(self) -> bool:
        """RFC 8632 is-cleared: the resource is well again, whatever the operator did."""
        return self.state in (AlarmState.NORMAL, AlarmState.RETURNED)

    @property
    def listed(self) -> bool:
        """Whether anyone has still to do with it; a normal alarm leaves the list."""
        return self.state is not AlarmState.NORMAL

    @property
    def is_shelved(self) -> bool:
        """Whether a person has put it aside."""
        return any(one.kind is Kind.SHELVED for one in self.suppressed)

    @property
    def operator_state(self) -> str:
        """RFC 8632 operator-state of this occurrence: `none`, `ack` or `closed`."""
        if self.state in (AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED):
            return "none"
        return "closed" if self.state is AlarmState.CLOSED else "ack"


class AlarmList(Struct):
    """All alarms that anyone has to do with, and what outlives them: how often each was raised."""

    alarms: dict[str, Alarm] = {}
    occurrences: dict[str, int] = {}
    raises: int = 0
    boot: str = ""
    """The boot of the box that the newest start or raise was in."""
    boots: int = 0
    """How many of them the journal knows of: durations are told within one, order between them."""

    def enter(self, boot: str) -> None:
        """What follows is in this boot."""
        if boot != self.boot:
            self.boot, self.boots = boot, self.boots + 1

    def state(self, alarm: str) -> AlarmState:
        """The state of an alarm by id; what is not on the list is normal."""
        found = self.alarms.get(alarm)
        return found.state if found else AlarmState.NORMAL


def decide(alarms: AlarmList, alarm: str, trigger: Trigger) -> type[AlarmEvent] | Refusal:
    """What a trigger comes to now: the event to make, or why there is none."""
    found = alarms.alarms.get(alarm)
    return DECISIONS[found.state if found is not None else AlarmState.NORMAL][trigger]


def evolve(alarms: AlarmList, event: AlarmEvent) -> None:
    """Move the list by one event, in place.

    Raises:
        ValueError: the event is not possible in the present state; nothing is changed.
    """
    id_ = event.alarm.id
    following = _following(alarms.alarms.get(id_), event)
    if following is None:
        state = alarms.state(id_).value
        raise ValueError(f"{type(event).__name__} cannot follow in state {state} of alarm {id_}")
    if isinstance(event, AlarmRaised):
        _raise(alarms, event)
        return
    alarm = alarms.alarms[id_]
    alarm.state = following
    alarm.last_changed = event.at
    _note(alarm, event)
    if isinstance(event, AlarmCauseChanged):
        alarm.behind = _stands_behind(alarms, alarm)
    elif isinstance(event, AlarmCleared):
        alarm.ended = Beginning(alarms.boots, event.at.mono)
    elif isinstance(event, AlarmSuppressionChanged):
        for one in consequences(alarms, id_):
            one.behind = _stands_behind(alarms, one)
            _alert(one)
    _alert(alarm)
    if not alarm.listed:
        del alarms.alarms[id_]


def _following(alarm: Alarm | None, event: AlarmEvent) -> AlarmState | None:
    if alarm is None:
        return TRANSITIONS[AlarmState.NORMAL].get(type(event))
    table = TRANSITIONS
    match event:
        case AlarmCleared() if _is_quiet(alarm):
            table = _QUIETLY
        case AlarmClosed(final=True):
            table = FINALLY
        case AlarmSeverityChanged() if event.severity > event.before:
            table = _WORSE
    row = table.get(alarm.state)
    return row.get(type(event)) if row is not None else None


def _is_quiet(alarm: Alarm) -> bool:
    """Whether it may end without an acknowledgement: its cause alerts, or it never did itself."""
    return alarm.behind or (bool(alarm.suppressed) and not alarm.unseen)


def _alert(alarm: Alarm) -> None:
    """Note whether it alerts; what people put aside they have seen."""
    if not alarm.suppressed and not alarm.behind:
        alarm.unseen = alarm.operator_state == "none"
    elif any(one.kind in BY_PEOPLE for one in alarm.suppressed):
        alarm.unseen = False


def _note(alarm: Alarm, event: AlarmEvent) -> None:
    match event:
        case AlarmCleared():
            alarm.cleared_by = event.evidence
            _remember(alarm.status_changes, StatusChange(event.at, alarm.severity, cleared=True))
        case AlarmCauseChanged():
            alarm.root_cause, alarm.explained_since = event.root_cause, event.at
        case AlarmSeverityChanged():
            alarm.severity = event.severity
            _remember(alarm.status_changes, StatusChange(event.at, alarm.severity, cleared=False))
        case AlarmCompressed():
            del alarm.status_changes[:-1]
        case AlarmChattering():
            alarm.chattering = event.count if event.began else 0
        case AlarmSuppressionChanged():
            _note_suppression(alarm, event)
        case AlarmAcknowledged() | AlarmClosed():
            act = OperatorAct.CLOSED if isinstance(event, AlarmClosed) else OperatorAct.ACKNOWLEDGED
            _remember(alarm.operator_changes, OperatorChange(event.at, event.by, act, event.note))


def _note_suppression(alarm: Alarm, event: AlarmSuppressionChanged) -> None:
    was_shelved = alarm.is_shelved
    alarm.suppressed, alarm.suppressed_since = event.suppressed, event.at
    if alarm.is_shelved != was_shelved:
        act = OperatorAct.SHELVED if alarm.is_shelved else OperatorAct.UNSHELVED
        _remember(alarm.operator_changes, OperatorChange(event.at, event.by, act, event.note))


def _raise(alarms: AlarmList, event: AlarmRaised) -> None:
    alarms.enter(event.at.boot)
    before = alarms.alarms.get(event.alarm.id)
    changes = before.status_changes if before else []
    _remember(changes, StatusChange(event.at, event.severity, cleared=False))
    alarms.raises += 1
    alarms.occurrences[event.alarm.id] = event.occurrence
    alarms.alarms[event.alarm.id] = Alarm(
        key=event.alarm,
        layer=event.layer,
        severity=event.severity,
        text=event.text,
        action=event.action,
        causes=event.causes,
        state=AlarmState.UNACKNOWLEDGED,
        occurrence=event.occurrence,
        code=event.code,
        time_created=before.time_created if before else event.at,
        last_raised=event.at,
        last_changed=event.at,
        raised_by=event.evidence,
        began=Beginning(alarms.boots, _crossed(event)),
        root_cause=event.root_cause,
        explained_since=event.at,
        suppressed=event.suppressed,
        suppressed_since=event.at if event.suppressed else None,
        status_changes=changes,
        operator_changes=before.operator_changes if before else [],
    )
    alarm = alarms.alarms[event.alarm.id]
    alarm.behind = _stands_behind(alarms, alarm)
    alarm.unseen = before is not None and before.unseen
    _alert(alarm)


def consequences(alarms: AlarmList, alarm: str) -> list[Alarm]:
    """The alarms of the list that an alarm is a root cause of, or was until it was cleared."""
    return [one for one in alarms.alarms.values() if any(cause.alarm == alarm for cause in one.root_cause)]


def _stands_behind(alarms: AlarmList, alarm: Alarm) -> bool:
    """A cause that is suppressed alerts nobody, and so hides nobody."""
    if not alarm.root_cause:
        return False
    causes = [alarms.alarms.get(cause.alarm) for cause in alarm.root_cause]
    return any(cause is None or not cause.suppressed for cause in causes)


def _crossed(event: AlarmRaised) -> float:
    """The monotonic second of the reading; nearly, where another version wrote the event."""
    crossed = event.evidence.crossed_mono
    return event.at.mono - event.evidence.delay if crossed is None else crossed


def over_for(alarms: AlarmList, alarm: Alarm, now: Instant) -> float:
    """Seconds since an alarm was cleared; from one boot to another by the wall clock, if both times may be believed."""
    if alarm.ended.boots == alarms.boots:
        return now.mono - alarm.ended.mono
    cleared = alarm.status_changes[-1].time
    return now.wall - cleared.wall if tells_time_from(cleared, now) else 0.0


def impacted(alarms: AlarmList, alarm: str) -> tuple[str, ...]:
    """The resources that an alarm is the root cause of trouble for (RFC 8632, impacted-resource)."""
    found = (
        one.key.resource
        for one in alarms.alarms.values()
        if not one.is_cleared and any(cause.alarm == alarm for cause in one.root_cause)
    )
    return tuple(sorted(set(found)))


def _remember(ring: list[StatusChange] | list[OperatorChange], entry: Any) -> None:
    ring.append(entry)
    del ring[:-HISTORY]
