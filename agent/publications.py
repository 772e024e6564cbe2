"""The core's state and the journal's records as the messages of the MQTT contract. Pure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from msgspec import UNSET, Raw, json

from agent import mqtt_contract as contract
from agent.clock_offsets import correction
from agent.core.adjustments import Override
from agent.core.alarms import Alarm, OperatorAct, OperatorChange
from agent.core.dating import Offsets, by_clock_of, is_step
from agent.core.model import Bad, Instant, Point, Text
from agent.core.state import State, Watch, is_fresh, is_reachable, quality_of
from agent.core.suppression.held import Held, remaining, since
from agent.core.suppression.nouns import Kind, MaintenanceWindow, id_of
from agent.core.suppression.windows import next_begin
from agent.store.records import Record


def alarm(
    one: Alarm,
    impacted: Sequence[str],
    suppressions: Mapping[str, Held],
    language: str,
    reference: tuple[str, int] | None,
    *,
    now: Instant,
    durable: bool,
) -> contract.AlarmMessage:
    """One alarm of the list.

    Args:
        one: the alarm.
        impacted: the resources that it is the root cause of trouble for.
        suppressions: what is suppressed now, by id.
        language: the site's language, for the leaf that RFC 8632 wants readable by the operator.
        reference: epoch and seq of the alarm's last event, None while the disk does not know it.
        now: the present instant, from which times to come are reckoned.
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
        time_created=contract.iso(one.time_created.wall),
        last_raised=contract.iso(one.last_raised.wall),
        last_changed=contract.iso(one.last_changed.wall),
        occurrence=one.occurrence,
        code=one.code,
        layer=one.layer.value,
        text=one.text,
        action=one.action,
        root_cause_resource=list(dict.fromkeys(cause.resource for cause in one.root_cause)),
        root_cause_alarm=[cause.alarm for cause in one.root_cause],
        impacted_resource=list(impacted),
        root_cause_since=_iso(one.explained_since) if one.root_cause else None,
        operator_state_change=[_operator_change(change) for change in one.operator_changes],
        shelved=one.is_shelved,
        suppressed=[suppression(suppressions[by.id], now) for by in one.suppressed if by.id in suppressions],
        suppressed_since=_iso(one.suppressed_since),
        chattering=bool(one.chattering),
        epoch=reference[0] if reference else None,
        seq=reference[1] if reference else None,
        durable=durable,
    )


def _iso(at: Instant | None) -> str | None:
    return None if at is None else contract.iso(at.wall)


_OPERATOR_STATES = {OperatorAct.ACKNOWLEDGED: "ack"}
"""Where RFC 8632 has another word than the journal."""


def _operator_change(change: OperatorChange) -> contract.OperatorChangeMessage:
    return contract.OperatorChangeMessage(
        time=contract.iso(change.time.wall),
        operator=change.by.name if change.by else "",
        state=_OPERATOR_STATES.get(change.state, change.state.value),
        text=change.text,
    )


def suppression(held: Held, now: Instant) -> contract.SuppressionMessage:
    """One suppression in force, by the clock as it is now: it may have been set since."""
    one, left = held.suppression, remaining(held, now)
    return contract.SuppressionMessage(
        id=one.id,
        kind=one.kind.value,
        subjects=list(one.subjects),
        responsible=one.responsible,
        ordered_by=one.by.name if one.by else "",
        reason=one.reason,
        since=contract.iso(since(held, now)),
        until=None if left is None else contract.iso(_unless_set(held.until, now.wall + max(0.0, left))),
        carried=held.carried,
    )


def _unless_set(told: float | None, reckoned: float) -> float:
    """A time as it was told before, as long as the clock goes on as it did."""
    return reckoned if told is None or is_step(told, reckoned) else told


def maintenance(state: State, now: Instant) -> contract.MaintenanceMessage:
    """What is suppressed now, and which windows there are."""
    held = state.durable.suppressions
    return contract.MaintenanceMessage(
        suppressions=[suppression(one, now) for one in held.values()],
        windows=[
            _window(one, now.wall, is_open=id_of(Kind.WINDOW, one.id) in held) for one in state.branch.windows
        ],
        time=contract.iso(now.wall),
    )


def _window(one: MaintenanceWindow, wall: float, *, is_open: bool) -> contract.WindowMessage:
    begin = next_begin(one, wall)
    return contract.WindowMessage(
        id=one.id,
        devices=list(one.devices),
        responsible=one.responsible,
        reason=one.reason,
        open=is_open,
        next=None if begin is None else contract.iso(begin),
        seconds=one.seconds,
    )


def _for_the_operator(text: Text, action: Text, language: str) -> str:
    parts = [text.in_language(language), action.in_language(language)]
    return (": " if language == "en" else "：").join(part for part in parts if part)


def device(watch: Watch, language: str, now: Instant) -> contract.DeviceMessage:
    """The latest readings of one device, which is named in the site's `language`."""
    kind, mono, sampled = watch.device, now.mono, watch.sampled
    return contract.DeviceMessage(
        id=kind.id,
        name=kind.name.in_language(language),
        layer=kind.layer.value,
        reachable=is_reachable(watch) and is_fresh(watch, mono),
        cause=watch.cause,
        time=contract.iso(by_clock_of(now, sampled.mono, sampled.wall)) if sampled else None,
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
            contract.iso(change.at.wall),
        )
        for name, change in one.numbers.items()
    }
    return contract.ChangedLimit(one.alarm.id, one.alarm.resource, one.text, one.point, one.unit, numbers)


_NULL = Raw(b"null")
_raw = json.Decoder(Raw)


def event(
    site: str, record: Record, now: float, offsets: Offsets = MappingProxyType({}), *, stub: bool = False
) -> contract.CloudEvent:
    """One journal entry as a CloudEvent.

    Args:
        site: the site's id; with epoch and seq it makes the event's id unique for ever.
        record: the entry in its place; its body is JSON and goes out as it is.
        now: wall seconds of the publication.
        offsets: what is known by now of the clocks of the boots.
        stub: without its data, for a broker that takes no packet as large; all else is there.

    Raises:
        ValueError: the entry is damaged: its body is no JSON, or its time none of this calendar.
    """
    entry = record.entry
    try:
        entry.body.decode()
        body, time = _raw.decode(entry.body), contract.iso(entry.wall)
        found = correction(record, offsets)
        told = UNSET if found is None else contract.iso(found.wall)
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
        historical=now - (entry.wall if found is None else found.wall) > contract.HISTORICAL_AFTER,
        omitted=len(entry.body) if stub else UNSET,
        correctedtime=told,
        timeuncertainty=UNSET if found is None or found.uncertainty is None else math.ceil(found.uncertainty),
    )
