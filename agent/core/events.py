"""What leaves the core: the entries of the journal. Outcomes, never inputs.

An event says all that a reader needs without the profile that was in force: texts, limits and readings are inside.
"""

from typing import Any

import msgspec
from msgspec import Struct

from agent.core.inputs import Origin, Verb
from agent.core.model import AlarmKey, Cause, Instant, Layer, Limit, Severity, Text, Value
from agent.core.sequences import Scheme
from agent.core.suppression.nouns import Ending, Kind, Suppressed, Suppression


class Witness(Struct, frozen=True):
    """A condition near in time that makes more of a device's silence."""

    alarm: str
    """Id of the alarm whose condition it is, whether that is raised or not."""
    text: Text
    apart: float
    """Seconds from the reading that is known of it to the silence; negative where the silence came first."""


class Evidence(Struct, frozen=True, omit_defaults=True, gc=False):
    """Which reading, limit and delay made a condition change."""

    point: str
    value: Value
    unit: str = ""
    limit: Limit = Limit()
    delay: float = 0.0
    """The on-delay or off-delay that was waited out, in seconds."""
    crossed: float = 0.0
    """Wall time of the reading that crossed the limit."""
    crossed_mono: float | None = None
    """Monotonic second of that reading, in the boot of the event; None in entries of versions that did not tell it."""
    sampled: float = 0.0
    """Wall time of the newest reading when the decision fell."""
    detail: str = ""
    """What the source said, for a device that does not answer."""
    excuse: Text | None = None
    """What it was held to be at first, such as a self-test: the excuse has ended, or has lasted too long."""
    witness: Witness | None = None
    """What the silence of a device began together with."""
    counted: Text | None = None
    """What was counted, where the value is how often it came."""


class Event(Struct, frozen=True, tag_field="type", kw_only=True, gc=False):
    """The root of all events: each happened at an instant. Nothing in one refers back to it, so none needs collecting."""

    at: Instant


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


class AnnunciationAcknowledged(Event, tag="annunciation.acknowledged", frozen=True, kw_only=True):
    """Someone in the room saw the lamps. Changes no operator state."""

    by: Origin
    order: str = ""


class AnnunciationSilenced(Event, tag="annunciation.silenced", frozen=True, kw_only=True):
    """Someone stopped the horn."""

    by: Origin
    order: str = ""


class AnnunciationReset(Event, tag="annunciation.reset", frozen=True, kw_only=True):
    """Someone took away what was acknowledged and is normal again (sequences M and R)."""

    by: Origin
    order: str = ""


class LampsTested(Event, tag="annunciation.tested", frozen=True, kw_only=True):
    """Someone tested the lamps and the horn."""

    by: Origin
    order: str = ""


class SuppressionBegan(Event, tag="suppression.began", frozen=True, kw_only=True):
    """Alarms are kept from being annunciated from now on. One of the same id takes the place of the one before."""

    suppression: Suppression
    order: str = ""


class SuppressionEnded(Event, tag="suppression.ended", frozen=True, kw_only=True):
    """They are not any more; what is still wrong is annunciated."""

    id: str
    kind: Kind
    subjects: tuple[str, ...]
    cause: Ending
    by: Origin | None = None
    note: str = ""
    order: str = ""


class OrderRefused(Event, tag="order.refused", frozen=True, kw_only=True):
    """An order that could not be carried out, and why."""

    order: str
    verb: Verb
    by: Origin
    reason: str
    alarm: str = ""


class BoxStarted(Event, tag="box.started", frozen=True, kw_only=True):
    """The agent began to watch."""

    version: str
    config: str
    """Hash of the configuration in force."""
    scheme: Scheme = Scheme()
    """How the annunciator works from here on, so that a replay needs no configuration."""


class BoxStopped(Event, tag="box.stopped", frozen=True, kw_only=True):
    """The agent ended in good order; its absence before the next start says that it did not."""


class DeviceRestarted(Event, tag="device.restarted", frozen=True, kw_only=True):
    """A device was found to have started anew, and how that was seen."""

    device: str
    detail: str


class LimitEvent(Event, frozen=True, kw_only=True):
    """Something about a limit that is or was changed on site.

    Numbers stand by name (`raise_above`, `clear_below`, `raise_below`, `clear_above`, `on_delay`, `off_delay`), all
    that the rule has; delays in seconds, the rest in `unit`.
    """

    alarm: AlarmKey
    text: Text
    point: str
    unit: str
    before: dict[str, float]
    """What was in force."""
    after: dict[str, float]
    """What is in force from here on; empty where the alarm cannot occur any more."""
    configured: dict[str, float]
    """What the configuration says."""
    per: float | None = None
    """Seconds within which the limit is of a change, 0 for the value itself; None in entries of versions that told neither."""


class LimitChanged(LimitEvent, tag="limit.changed", frozen=True, kw_only=True):
    """Someone changed a limit on site (ISA-18.2, management of change)."""

    by: Origin
    reason: str
    order: str = ""


class LimitReverted(LimitEvent, tag="limit.reverted", frozen=True, kw_only=True):
    """A limit that was changed on site is as the configuration says again."""

    reason: str
    by: Origin | None = None
    """None where the box did it at its start: the configuration leaves no room for the change any more."""
    order: str = ""


class LimitReconfigured(LimitEvent, tag="limit.reconfigured", frozen=True, kw_only=True):
    """The configuration has changed under a limit that was changed on site; the change on site stays in force."""

    configured_before: dict[str, float]


class ConditionPassed(Event, tag="condition.passed", frozen=True, kw_only=True):
    """A condition that raised no alarm is over: it was shorter than its on-delay, or excused."""

    alarm: AlarmKey
    """The alarm that it would have raised."""
    text: Text
    """What it was, such as a brief sag of the mains or a self-test."""
    excused: bool
    lasted: float
    """Seconds from the first reading that said so to the first that did not: it lasted no longer."""
    evidence: Evidence
    """The newest reading that said so."""
    count: int = 1
    """How often it came since it was told last: in a storm most are only counted."""


class JournalOverflowed(Event, tag="journal.overflowed", frozen=True, kw_only=True):
    """Events that could not be kept while the store was away, by kind."""

    lost: dict[str, int]


class JournalPruned(Event, tag="journal.pruned", frozen=True, kw_only=True):
    """The oldest events are deleted, by age or by size of the journal; it begins behind them from here on."""

    upto: str
    """Id of the last event that goes."""
    hash: str
    """Its hash (SHA-256, hexadecimal): what the first event that stays is chained to."""
    count: int
    """How many go."""
    reason: str
    """`age` or `size`."""


AnyEvent = (
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
    | AnnunciationAcknowledged
    | AnnunciationSilenced
    | AnnunciationReset
    | LampsTested
    | SuppressionBegan
    | SuppressionEnded
    | OrderRefused
    | BoxStarted
    | BoxStopped
    | DeviceRestarted
    | ConditionPassed
    | JournalOverflowed
    | JournalPruned
    | LimitChanged
    | LimitReverted
    | LimitReconfigured
)

_encoder = msgspec.json.Encoder(order="deterministic")
_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


def encode(event: AnyEvent) -> bytes:
    """The event as the journal holds it (JSON, UTF-8, keys sorted)."""
    return _encoder.encode(event)


def decode(body: bytes) -> AnyEvent:
    """The event of a journal body.

    Raises:
        msgspec.ValidationError: the body is no event of this version.
    """
    return _decoder.decode(body)


def kind(event: Event) -> str:
    """The type word of an event, such as `alarm.raised`."""
    tag: Any = type(event).__struct_config__.tag
    return str(tag)


def subject(event: AnyEvent) -> str:
    """The id of the alarm an event is about; empty where it is about none."""
    return event.alarm.id if isinstance(event, AlarmEvent | LimitEvent) else ""


def also_about(event: AnyEvent) -> frozenset[str]:
    """Ids of other alarms that look different after an event: what they impact has changed."""
    match event:
        case AlarmRaised() | AlarmCleared():
            return frozenset(cause.alarm for cause in event.root_cause)
        case AlarmCauseChanged():
            return frozenset(cause.alarm for cause in (*event.root_cause, *event.before))
        case _:
            return frozenset()


def is_of_the_site(event: AnyEvent) -> bool:
    """Whether what is told of the site as a whole, such as what is suppressed or changed on site, looks different after an event."""
    return isinstance(event, SuppressionBegan | SuppressionEnded | LimitEvent)
