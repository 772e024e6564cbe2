"""Events as the journal holds them, and what an event is about."""

from typing import Any

import msgspec

from agent.core.events.alarm import AlarmCauseChanged, AlarmCleared, AlarmEvent, AlarmRaised, AnyAlarmEvent
from agent.core.events.base import Event
from agent.core.events.box import AnyBoxEvent, ConfigurationChanged
from agent.core.events.clock import AnyClockEvent
from agent.core.events.limits import AnyLimitEvent, LimitEvent
from agent.core.events.room import AnyRoomEvent, SuppressionBegan, SuppressionEnded

AnyEvent = AnyAlarmEvent | AnyRoomEvent | AnyBoxEvent | AnyClockEvent | AnyLimitEvent

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


def kind_of(type_: type[Event]) -> str:
    """The type word of a kind of event, such as `alarm.raised`."""
    tag: Any = type_.__struct_config__.tag
    return str(tag)


def kind(event: Event) -> str:
    """The type word of an event."""
    return kind_of(type(event))


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
    """Whether what is told of the site as a whole, such as windows or limits changed on site, looks different after an event."""
    return isinstance(event, SuppressionBegan | SuppressionEnded | LimitEvent | ConfigurationChanged)
