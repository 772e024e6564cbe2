"""What alarm quality needs of a journal entry, read so that entries of earlier and later versions do no harm."""

from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from agent.core.dating import Offsets
from agent.core.events import AnyEvent, encode
from agent.core.model import AlarmKey, ClockQuality, Severity, Text

RAISED = "alarm.raised"
CLEARED = "alarm.cleared"
ACKNOWLEDGED = "alarm.acknowledged"
CLOSED = "alarm.closed"
CAUSE_CHANGED = "alarm.cause-changed"
CHATTERING = "alarm.chattering"
SUPPRESSION_CHANGED = "alarm.suppression-changed"
SEVERITY_CHANGED = "alarm.severity-changed"
PURGED = "alarm.purged"
COMPRESSED = "alarm.compressed"
ALARM_KINDS = frozenset(
    {
        RAISED,
        CLEARED,
        ACKNOWLEDGED,
        CLOSED,
        CAUSE_CHANGED,
        CHATTERING,
        SUPPRESSION_CHANGED,
        SEVERITY_CHANGED,
        PURGED,
        COMPRESSED,
    }
)
OVERFLOWED = "journal.overflowed"


class Moment(Struct, frozen=True):
    """An instant as far as durations need it: `mono` counts within one `boot`, `wall` is seconds since 1970."""

    mono: float
    wall: float
    boot: str = ""
    quality: str = ClockQuality.UNSYNCED.value
    """How far the wall time may be believed; a word of a later version is one."""


class Note(Struct, frozen=True):
    """One journal entry. Of kinds that say nothing of alarms only the moment is kept."""

    kind: str
    at: Moment
    alarm: str = ""
    occurrence: int = 0
    severity: int = 0
    text: Text = Text("", "")
    explained: bool = False
    """Whether the alarm is the consequence of a root cause that has an alarm of its own (RFC 8632)."""
    suppressed: bool = False
    """Whether it is kept from being annunciated."""
    delay: float = 0.0
    """Seconds of off-delay that a cleared alarm waited out after its reading was normal again."""
    lost: int = 0
    """Events that the journal could not keep, where it says so."""
    comings: int = 0
    """How often a chattering alarm had come when it came to rest; 0 of other entries."""


class _Head(Struct):
    type: str
    at: Moment


class _Evidence(Struct):
    delay: float = 0.0


class _AlarmEntry(Struct):
    alarm: AlarmKey
    occurrence: int = 0
    severity: int = 0
    text: Text = Text("", "")
    evidence: _Evidence | None = None
    root_cause: Any = None
    suppressed: Any = None
    began: bool = False
    count: int = 0


class _Overflow(Struct):
    lost: dict[str, int] = {}


_head = msgspec.json.Decoder(_Head)
_alarm = msgspec.json.Decoder(_AlarmEntry)
_overflow = msgspec.json.Decoder(_Overflow)


def read(body: bytes) -> Note | None:
    """The note of a journal body; None where it cannot be read."""
    try:
        head = _head.decode(body)
        if head.type in ALARM_KINDS:
            return _alarm_note(head, _alarm.decode(body))
        lost = sum(_overflow.decode(body).lost.values()) if head.type == OVERFLOWED else 0
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return Note(head.type, head.at, lost=lost)


def dated(note: Note, offsets: Offsets) -> Note:
    """A note with its time corrected by what is known of the clock of its boot."""
    known, at = offsets.get(note.at.boot), note.at
    if known is None:
        return note
    return replace(note, at=Moment(at.mono, at.mono + known.seconds, at.boot, known.quality.value))


def note_of(event: AnyEvent) -> Note:
    """The note of an event of this version."""
    note = read(encode(event))
    if note is None:
        raise ValueError(f"{type(event).__name__} cannot be read back")
    return note


def _alarm_note(head: _Head, entry: _AlarmEntry) -> Note:
    return Note(
        kind=head.type,
        at=head.at,
        alarm=entry.alarm.id,
        occurrence=entry.occurrence,
        severity=entry.severity,
        text=entry.text,
        explained=is_named(entry.root_cause),
        suppressed=is_named(entry.suppressed),
        delay=entry.evidence.delay if entry.evidence else 0.0,
        comings=entry.count if head.type == CHATTERING and not entry.began else 0,
    )


def is_named(field: Any) -> bool:
    """Whether a `root_cause` or what suppresses names anything; an entry without the field does not."""
    return any(field.values()) if isinstance(field, dict) else bool(field)


def severity_word(severity: int) -> str:
    """The word of RFC 8632; a number that this version does not know stays a number."""
    try:
        return Severity(severity).word
    except ValueError:
        return str(severity)
