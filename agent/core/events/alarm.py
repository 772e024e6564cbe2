"""What happens to an alarm: events about one occurrence of it."""

from agent.core.events.base import Event, Evidence
from agent.core.inputs import Origin
from agent.core.model import AlarmKey, Cause, Layer, Severity, Text
from agent.core.suppression.nouns import Suppressed


class AlarmEvent(Event, frozen=True, kw_only=True):
    """What happened to one occurrence of an alarm."""

    alarm: AlarmKey
    occurrence: int


class AlarmRaised(AlarmEvent, tag="alarm.raised", frozen=True, kw_only=True):
    """A new occurrence of an alarm."""

    code: str
    """Three digits without equal neighbours, unique among the alarms on the list: short enough to say on a phone."""
    severity: Severity
    layer: Layer
    text: Text
    action: Text
    causes: Text
    evidence: Evidence
    root_cause: tuple[Cause, ...] = ()
    """What it is a consequence of; nothing where it is a root cause itself."""
    suppressed: tuple[Suppressed, ...] = ()
    """What keeps it from being annunciated."""


class AlarmCleared(AlarmEvent, tag="alarm.cleared", frozen=True, kw_only=True):
    """The condition of an occurrence is gone; a reading says so."""

    evidence: Evidence
    root_cause: tuple[Cause, ...] = ()
    """What it was a consequence of when it ended."""


class AlarmCauseChanged(AlarmEvent, tag="alarm.cause-changed", frozen=True, kw_only=True):
    """A standing alarm turns out to be the consequence of others, or no longer to be."""

    root_cause: tuple[Cause, ...]
    before: tuple[Cause, ...]


class AlarmSeverityChanged(AlarmEvent, tag="alarm.severity-changed", frozen=True, kw_only=True):
    """A standing alarm has become worse or better, or the site takes it otherwise than before."""

    severity: Severity
    before: Severity
    evidence: Evidence


class AlarmPurged(AlarmEvent, tag="alarm.purged", frozen=True, kw_only=True):
    """An alarm that was long over is taken from the list without an acknowledgement (RFC 8632, purge-alarms)."""

    by: Origin
    note: str = ""
    order: str = ""


class AlarmCompressed(AlarmEvent, tag="alarm.compressed", frozen=True, kw_only=True):
    """All but the last of an alarm's status changes are forgotten (RFC 8632, compress-alarms); the journal has them."""

    by: Origin
    order: str = ""


class AlarmChattering(AlarmEvent, tag="alarm.chattering", frozen=True, kw_only=True):
    """An alarm begins to come and go, and is held as one; or it has come to rest, and this says how it is then."""

    began: bool
    count: int
    """How often it has come."""
    standing: bool
    """Whether the condition holds now."""


class AlarmSuppressionChanged(AlarmEvent, tag="alarm.suppression-changed", frozen=True, kw_only=True):
    """What keeps a listed alarm from being annunciated is something else now, or nothing any more."""

    suppressed: tuple[Suppressed, ...]
    before: tuple[Suppressed, ...]
    by: Origin | None = None
    """Who ordered it; None where time, calendar or design did."""
    note: str = ""


class AlarmAcknowledged(AlarmEvent, tag="alarm.acknowledged", frozen=True, kw_only=True):
    """Someone takes care of this occurrence."""

    by: Origin
    note: str = ""
    order: str = ""


class AlarmClosed(AlarmEvent, tag="alarm.closed", frozen=True, kw_only=True):
    """Someone took the corrective action for this occurrence."""

    by: Origin
    note: str = ""
    order: str = ""
    final: bool = False
    """Whether nothing else will clear it: it leaves the list by this."""


AnyAlarmEvent = (
    AlarmRaised
    | AlarmCleared
    | AlarmCauseChanged
    | AlarmSeverityChanged
    | AlarmChattering
    | AlarmSuppressionChanged
    | AlarmAcknowledged
    | AlarmClosed
    | AlarmPurged
    | AlarmCompressed
)
