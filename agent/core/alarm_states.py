"""The states of an alarm and the tables by which it moves.

`DECISIONS` says which event a trigger makes in a state, or why it makes none; `TRANSITIONS` says what each event does
to the state, `QUIETLY` what it does to an alarm whose end nobody waits for: one that stood behind its cause, or was
suppressed and had alerted nobody; `FINALLY` what closing does to one that no reading will ever clear; `WORSE` what
becomes of one that gets worse: nobody has acknowledged that. States are those of ISA-18.2; `closed` is the
not-cleared-closed cell of RFC 8632.
"""

from enum import StrEnum

from agent.core.events import (
    AlarmAcknowledged,
    AlarmCauseChanged,
    AlarmChattering,
    AlarmCleared,
    AlarmClosed,
    AlarmCompressed,
    AlarmEvent,
    AlarmPurged,
    AlarmRaised,
    AlarmSeverityChanged,
    AlarmSuppressionChanged,
)


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
    MOVE = "move"
    """Its severity is another one than it was."""
    CHATTER = "chatter"
    """It begins to come and go, or has come to rest."""
    SUPPRESS = "suppress"
    """What keeps it from being annunciated is something else than it was."""
    PURGE = "purge"
    """Somebody clears up what is long over."""
    COMPRESS = "compress"
    """Somebody clears up its history."""


class Refusal(StrEnum):
    """Why a trigger changes nothing."""

    NOTHING_TO_DO = "already so"
    STILL_STANDS = "what stands is not purged"
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
        T.MOVE: R.NOTHING_TO_DO,
        T.CHATTER: R.NOTHING_TO_DO,
        T.SUPPRESS: R.NOTHING_TO_DO,
        T.PURGE: R.NO_OCCURRENCE,
        T.COMPRESS: R.NO_OCCURRENCE,
    },
    S.UNACKNOWLEDGED: {
        T.RAISE: R.NOTHING_TO_DO,
        T.CLEAR: AlarmCleared,
        T.ACKNOWLEDGE: AlarmAcknowledged,
        T.CLOSE: AlarmClosed,
        T.EXPLAIN: AlarmCauseChanged,
        T.MOVE: AlarmSeverityChanged,
        T.CHATTER: AlarmChattering,
        T.SUPPRESS: AlarmSuppressionChanged,
        T.PURGE: R.STILL_STANDS,
        T.COMPRESS: AlarmCompressed,
    },
    S.ACKNOWLEDGED: {
        T.RAISE: R.NOTHING_TO_DO,
        T.CLEAR: AlarmCleared,
        T.ACKNOWLEDGE: R.ALREADY_ACKNOWLEDGED,
        T.CLOSE: AlarmClosed,
        T.EXPLAIN: AlarmCauseChanged,
        T.MOVE: AlarmSeverityChanged,
        T.CHATTER: AlarmChattering,
        T.SUPPRESS: AlarmSuppressionChanged,
        T.PURGE: R.STILL_STANDS,
        T.COMPRESS: AlarmCompressed,
    },
    S.RETURNED: {
        T.RAISE: AlarmRaised,
        T.CLEAR: R.NOTHING_TO_DO,
        T.ACKNOWLEDGE: AlarmAcknowledged,
        T.CLOSE: AlarmClosed,
        T.EXPLAIN: R.NOTHING_TO_DO,
        T.MOVE: R.NOTHING_TO_DO,
        T.CHATTER: R.NOTHING_TO_DO,
        T.SUPPRESS: AlarmSuppressionChanged,
        T.PURGE: AlarmPurged,
        T.COMPRESS: AlarmCompressed,
    },
    S.CLOSED: {
        T.RAISE: R.NOTHING_TO_DO,
        T.CLEAR: AlarmCleared,
        T.ACKNOWLEDGE: R.ALREADY_CLOSED,
        T.CLOSE: R.ALREADY_CLOSED,
        T.EXPLAIN: AlarmCauseChanged,
        T.MOVE: AlarmSeverityChanged,
        T.CHATTER: AlarmChattering,
        T.SUPPRESS: AlarmSuppressionChanged,
        T.PURGE: R.STILL_STANDS,
        T.COMPRESS: AlarmCompressed,
    },
}

TRANSITIONS: dict[AlarmState, dict[type[AlarmEvent], AlarmState]] = {
    S.NORMAL: {AlarmRaised: S.UNACKNOWLEDGED},
    S.UNACKNOWLEDGED: {
        AlarmCleared: S.RETURNED,
        AlarmAcknowledged: S.ACKNOWLEDGED,
        AlarmClosed: S.CLOSED,
        AlarmCauseChanged: S.UNACKNOWLEDGED,
        AlarmSeverityChanged: S.UNACKNOWLEDGED,
        AlarmChattering: S.UNACKNOWLEDGED,
        AlarmSuppressionChanged: S.UNACKNOWLEDGED,
        AlarmCompressed: S.UNACKNOWLEDGED,
    },
    S.ACKNOWLEDGED: {
        AlarmCleared: S.NORMAL,
        AlarmClosed: S.CLOSED,
        AlarmCauseChanged: S.ACKNOWLEDGED,
        AlarmSeverityChanged: S.ACKNOWLEDGED,
        AlarmChattering: S.ACKNOWLEDGED,
        AlarmSuppressionChanged: S.ACKNOWLEDGED,
        AlarmCompressed: S.ACKNOWLEDGED,
    },
    S.RETURNED: {
        AlarmRaised: S.UNACKNOWLEDGED,
        AlarmAcknowledged: S.NORMAL,
        AlarmClosed: S.NORMAL,
        AlarmSuppressionChanged: S.RETURNED,
        AlarmPurged: S.NORMAL,
        AlarmCompressed: S.RETURNED,
    },
    S.CLOSED: {
        AlarmCleared: S.NORMAL,
        AlarmCauseChanged: S.CLOSED,
        AlarmSeverityChanged: S.CLOSED,
        AlarmChattering: S.CLOSED,
        AlarmSuppressionChanged: S.CLOSED,
        AlarmCompressed: S.CLOSED,
    },
}

QUIETLY: dict[AlarmState, dict[type[AlarmEvent], AlarmState]] = {S.UNACKNOWLEDGED: {AlarmCleared: S.NORMAL}}

FINALLY: dict[AlarmState, dict[type[AlarmEvent], AlarmState]] = {
    S.UNACKNOWLEDGED: {AlarmClosed: S.NORMAL},
    S.ACKNOWLEDGED: {AlarmClosed: S.NORMAL},
}

WORSE: dict[AlarmState, dict[type[AlarmEvent], AlarmState]] = {
    S.ACKNOWLEDGED: {AlarmSeverityChanged: S.UNACKNOWLEDGED},
    S.CLOSED: {AlarmSeverityChanged: S.UNACKNOWLEDGED},
}
