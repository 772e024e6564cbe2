"""The core's state and the journal's records as the messages of the MQTT contract. Pure."""

from collections.abc import Iterable, Sequence

from msgspec import UNSET, Raw, json

from agent import mqtt_contract as contract
from agent.core.adjustments import Override
from agent.core.alarms import Alarm
from agent.core.model import Bad, Point, Text
from agent.core.state import Watch, is_fresh, is_reachable, quality_of
from agent.store.records import Record


def alarm(
    one: Alarm, impacted: Sequence[str], language: str, reference: tuple[str, int] | None, *, durable: bool
) -> contract.AlarmMessage:
    """One alarm of the list.

    Args:
        one: the alarm.
        impacted: the resources that it is the root cause of trouble for.
        language: the site's language, for the leaf that RFC 8632 wants readable by the operator.
        reference: epoch and seq of the alarm's last event, None while the disk does not know it.
        durable: whether that event is on the disk.
    """
    return contract.AlarmMessage(
        resource=one.key.resource,
        alarm_type_id=one.key.type,
        alarm_type_qualifier=one.key.qualifier,
        is_cleared=one.is_cleared,
        perceived_severity=one.severity.word,
        alarm_text=_for_the_operator(one.text, one.action, language),
        operator_state=one.operator_state,
        time_created=contract.iso(one.time_created),
        last_raised=contract.iso(one.last_raised),
        last_changed=contract.iso(one.last_changed),
        occurrence=one.occurrence,
        code=one.code,
        layer=one.layer.value,
        text=one.text,
        action=one.action,
        root_cause_resource=list(dict.fromkeys(cause.resource for cause in one.root_cause)),
        root_cause_alarm=[cause.alarm for cause in one.root_cause],
        impacted_resource=list(impacted),
        chattering=bool(one.chattering),
        epoch=reference[0] if reference else None,
        seq=reference[1] if reference else None,
        durable=durable,
    )


def _for_the_operator(text: Text, action: Text, language: str) -> str:
    parts = [text.in_language(language), action.in_language(language)]
    return (": " if language == "en" else "：").join(part for part in parts if part)


def device(watch: Watch, language: str, mono: float) -> contract.DeviceMessage:
    """The latest readings of one device, which is named in the site's `language`."""
    kind = watch.device
    return contract.DeviceMessage(
        id=kind.id,
        name=kind.name.in_language(language),
        layer=kind.layer.value,
        reachable=is_reachable(watch) and is_fresh(watch, mono),
        cause=watch.cause,
        time=contract.iso(watch.sampled.wall) if watch.sampled else None,
        points={name: _reading(watch, name, mono) for name in watch.values},
    )


def _reading(watch: Watch, name: str, mono: float) -> contract.ReadingMessage:
    value = watch.values[name]
    quality = quality_of(watch, name, mono).value
    unit = watch.device.points.get(name, Point(name)).unit
    if isinstance(value, Bad):
        return contract.ReadingMessage(None, quality, unit, value.cause)
    return contract.ReadingMessage(value, quality, unit)


def limits(overrides: Iterable[Override]) -> contract.LimitsMessage:
    """What was changed on site, by the alarms' ids in order."""
    ordered = sorted(overrides, key=lambda one: one.alarm.id)
    return contract.LimitsMessage([_changed(one) for one in ordered])


def _changed(one: Override) -> contract.ChangedLimit:
    numbers = {
        name: contract.ChangedNumber(
            change.value,
            one.configured[name],
            change.by.name,
            change.by.door.value,
            change.reason,
            contract.iso(change.at),
        )
        for name, change in one.numbers.items()
    }
    return contract.ChangedLimit(one.alarm.id, one.alarm.resource, one.text, one.point, one.unit, numbers)


_NULL = Raw(b"null")
_raw = json.Decoder(Raw)


def event(site: str, record: Record, now: float, *, stub: bool = False) -> contract.CloudEvent:
    """One journal entry as a CloudEvent.

    Args:
        site: the site's id; with epoch and seq it makes the event's id unique for ever.
        record: the entry in its place; its body is JSON and goes out as it is.
        now: wall seconds of the publication.
        stub: without its data, for a broker that takes no packet as large; all else is there.

    Raises:
        ValueError: the entry is damaged: its body is no JSON, or its time none of this calendar.
    """
    entry = record.entry
    try:
        entry.body.decode()
        body, time = _raw.decode(entry.body), contract.iso(entry.wall)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"event {record.id} cannot be told: {error}") from error
    return contract.CloudEvent(
        id=f"{site}:{record.id}",
        source=contract.Topics(site).root,
        type=f"linewarden.{entry.kind}",
        time=time,
        data=_NULL if stub else body,
        epoch=str(record.epoch),
        seq=record.seq,
        subject=entry.subject or UNSET,
        historical=now - entry.wall > contract.HISTORICAL_AFTER,
        omitted=len(entry.body) if stub else UNSET,
    )
