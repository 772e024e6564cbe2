"""The alarm list of RFC 8632: one alarm per key, moved by two tables.

`DECISIONS` says which event a trigger makes in a state, or why it makes none; `TRANSITIONS` says what each event does
to the state. A trigger that a state does not know makes no event; an event that a state does not know is an error,
because the journal then holds what could not have happened. States are those of ISA-18.2; `closed` is the
not-cleared-closed cell of RFC 8632.
"""

from enum import StrEnum
from typing import Any

from msgspec import Struct

from agent.core.events import (
    AlarmAcknowledged,
    AlarmCauseChanged,
    AlarmChattering,
    AlarmCleared,
    AlarmClosed,
    AlarmEvent,
    AlarmRaised,
    Evidence,
)
from agent.core.inputs import Origin
from agent.core.limits import UNKNOWN, Beginning
from agent.core.model import AlarmKey, Cause, Layer, Severity, Text


class AlarmState(StrEnum):
    """Where an alarm stands between the process and its operator."""

    NORMAL = "normal"
    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned-unacknowledged"
    CLOSED = "closed"


class Trigger(StrEnum):
    """What may happen to an alarm."""

    RAISE = "raise"
    CLEAR = "clear"
    ACKNOWLEDGE = "acknowledge"
    CLOSE = "close"
    EXPLAIN = "explain"
    """Its root cause is another one than it was."""
    CHATTER = "chatter"
    """It begins to come and go, or has come to rest."""


class Refusal(StrEnum):
    """Why a trigger changes nothing."""

    NOTHING_TO_DO = "already so"
    NO_OCCURRENCE = "no occurrence of this alarm stands"
    ALREADY_ACKNOWLEDGED = "this occurrence is acknowledged already"
    ALREADY_CLOSED = "this occurrence is closed already"


S, T, R = AlarmState, Trigger, Refusal

DECISIONS: dict[AlarmState, dict[Trigger, type[AlarmEvent] | Refusal]] = {
    S.NORMAL: {
        T.RAISE: AlarmRaised,
        T.CLEAR: R.NOTHING_TO_DO,
        T.ACKNOWLEDGE: R.NO_OCCURRENCE,
        T.CLOSE: R.NO_OCCURRENCE,
        T.EXPLAIN: R.NOTHING_TO_DO,
        T.CHATTER: R.NOTHING_TO_DO,
    },
    S.UNACKNOWLEDGED: {
        T.RAISE: R.NOTHING_TO_DO,
        T.CLEAR: AlarmCleared,
        T.ACKNOWLEDGE: AlarmAcknowledged,
        T.CLOSE: AlarmClosed,
        T.EXPLAIN: AlarmCauseChanged,
        T.CHATTER: AlarmChattering,
    },
    S.ACKNOWLEDGED: {
        T.RAISE: R.NOTHING_TO_DO,
        T.CLEAR: AlarmCleared,
        T.ACKNOWLEDGE: R.ALREADY_ACKNOWLEDGED,
        T.CLOSE: AlarmClosed,
        T.EXPLAIN: AlarmCauseChanged,
        T.CHATTER: AlarmChattering,
    },
    S.RETURNED: {
        T.RAISE: AlarmRaised,
        T.CLEAR: R.NOTHING_TO_DO,
        T.ACKNOWLEDGE: AlarmAcknowledged,
        T.CLOSE: AlarmClosed,
        T.EXPLAIN: R.NOTHING_TO_DO,
        T.CHATTER: R.NOTHING_TO_DO,
    },
    S.CLOSED: {
        T.RAISE: R.NOTHING_TO_DO,
        T.CLEAR: AlarmCleared,
        T.ACKNOWLEDGE: R.ALREADY_CLOSED,
        T.CLOSE: R.ALREADY_CLOSED,
        T.EXPLAIN: AlarmCauseChanged,
        T.CHATTER: AlarmChattering,
    },
}

TRANSITIONS: dict[AlarmState, dict[type[AlarmEvent], AlarmState]] = {
    S.NORMAL: {AlarmRaised: S.UNACKNOWLEDGED},
    S.UNACKNOWLEDGED: {
        AlarmCleared: S.RETURNED,
        AlarmAcknowledged: S.ACKNOWLEDGED,
        AlarmClosed: S.CLOSED,
        AlarmCauseChanged: S.UNACKNOWLEDGED,
        AlarmChattering: S.UNACKNOWLEDGED,
    },
    S.ACKNOWLEDGED: {
        AlarmCleared: S.NORMAL,
        AlarmClosed: S.CLOSED,
        AlarmCauseChanged: S.ACKNOWLEDGED,
        AlarmChattering: S.ACKNOWLEDGED,
    },
    S.RETURNED: {AlarmRaised: S.UNACKNOWLEDGED, AlarmAcknowledged: S.NORMAL, AlarmClosed: S.NORMAL},
    S.CLOSED: {AlarmCleared: S.NORMAL, AlarmCauseChanged: S.CLOSED, AlarmChattering: S.CLOSED},
}

HISTORY = 32
"""How many changes an alarm remembers; RFC 8632 proposes 32."""


class StatusChange(Struct, frozen=True):
    """One entry of RFC 8632's status-change list: the resource's side."""

    time: float
    severity: Severity
    cleared: bool


class OperatorChange(Struct, frozen=True):
    """One entry of RFC 8632's operator-state-change list: the people's side."""

    time: float
    by: Origin
    state: AlarmState
    text: str = ""


class Alarm(Struct):
    """One alarm of the list, with the leaves of RFC 8632 that the branch uses. Times are wall seconds."""

    key: AlarmKey
    layer: Layer
    severity: Severity
    text: Text
    action: Text
    causes: Text
    state: AlarmState
    occurrence: int
    code: str
    time_created: float
    last_raised: float
    last_changed: float
    raised_by: Evidence
    began: Beginning = UNKNOWN
    """When the reading was that crossed the limit, on the box's own clock."""
    root_cause: tuple[Cause, ...] = ()
    """What it is a consequence of; nothing where it is a root cause itself."""
    explained_since: float = 0.0
    """When that was found, or found to be over."""
    chattering: int = 0
    """How often it has come since it began to come and go; 0 while it does not."""
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
    return DECISIONS[alarms.state(alarm)][trigger]


def evolve(alarms: AlarmList, event: AlarmEvent) -> None:
    """Move the list by one event, in place.

    Raises:
        ValueError: the event is not possible in the present state; nothing is changed.
    """
    id_ = event.alarm.id
    state = alarms.state(id_)
    following = TRANSITIONS[state].get(type(event))
    if following is None:
        raise ValueError(f"{type(event).__name__} cannot follow in state {state.value} of alarm {id_}")
    if isinstance(event, AlarmRaised):
        _raise(alarms, event)
        return
    alarm = alarms.alarms[id_]
    alarm.state = following
    alarm.last_changed = event.at.wall
    if isinstance(event, AlarmCleared):
        alarm.cleared_by = event.evidence
        _remember(alarm.status_changes, StatusChange(event.at.wall, alarm.severity, cleared=True))
    elif isinstance(event, AlarmCauseChanged):
        alarm.root_cause, alarm.explained_since = event.root_cause, event.at.wall
    elif isinstance(event, AlarmChattering):
        alarm.chattering = event.count if event.began else 0
    else:
        done = AlarmState.CLOSED if isinstance(event, AlarmClosed) else AlarmState.ACKNOWLEDGED
        _remember(alarm.operator_changes, OperatorChange(event.at.wall, event.by, done, event.note))
    if not alarm.listed:
        del alarms.alarms[id_]


def _raise(alarms: AlarmList, event: AlarmRaised) -> None:
    alarms.enter(event.at.boot)
    before = alarms.alarms.get(event.alarm.id)
    changes = before.status_changes if before else []
    _remember(changes, StatusChange(event.at.wall, event.severity, cleared=False))
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
        time_created=before.time_created if before else event.at.wall,
        last_raised=event.at.wall,
        last_changed=event.at.wall,
        raised_by=event.evidence,
        began=Beginning(alarms.boots, _crossed(event)),
        root_cause=event.root_cause,
        explained_since=event.at.wall,
        status_changes=changes,
        operator_changes=before.operator_changes if before else [],
    )


def _crossed(event: AlarmRaised) -> float:
    """The monotonic second of the reading; nearly, where another version wrote the event."""
    crossed = event.evidence.crossed_mono
    return event.at.mono - event.evidence.delay if crossed is None else crossed


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
