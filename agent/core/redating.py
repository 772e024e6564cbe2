"""What the state remembers of a boot, dated anew when an offset of that boot becomes known. Pure."""

from msgspec.structs import replace

from agent.core.adjustments import Override
from agent.core.alarms import Alarm
from agent.core.dating import Offsets, corrected, dated, is_step
from agent.core.events import (
    AlarmCleared,
    AlarmRaised,
    AlarmSeverityChanged,
    AnyEvent,
    ClockOffset,
    ClockStepped,
    Evidence,
)
from agent.core.model import Instant
from agent.core.state import Durable


def redate(durable: Durable, event: ClockOffset) -> None:
    """Date all that is of the boot of an offset, in place."""
    offsets = {event.boot_id: durable.clock.offsets[event.boot_id]}
    for alarm in durable.alarms.alarms.values():
        _alarm(alarm, offsets)
    durable.overrides = {id_: _override(one, offsets) for id_, one in durable.overrides.items()}
    for held in durable.suppressions.values():
        held.began = dated(held.began, offsets)


def as_known(durable: Durable, event: AnyEvent) -> AnyEvent:
    """An event with its times by what is known of the clock of its boot.

    After a trusted source has told the time, somebody may set the clock by hand: what happens then is dated by the source.
    """
    at, offsets = event.at, durable.clock.offsets
    known = offsets.get(at.boot)
    if known is None or not is_step(known.seconds, at.wall - at.mono):
        return event
    if isinstance(event, AlarmRaised | AlarmCleared | AlarmSeverityChanged):
        return replace(event, at=dated(at, offsets), evidence=_evidence(event.evidence, at, offsets))
    return event if isinstance(event, ClockStepped | ClockOffset) else replace(event, at=dated(at, offsets))


def _alarm(alarm: Alarm, offsets: Offsets) -> None:
    alarm.raised_by = _evidence(alarm.raised_by, alarm.last_raised, offsets)
    if alarm.cleared_by is not None:
        cleared = next((one.time for one in reversed(alarm.status_changes) if one.cleared), None)
        alarm.cleared_by = _evidence(alarm.cleared_by, cleared or alarm.last_changed, offsets)
    alarm.time_created = dated(alarm.time_created, offsets)
    alarm.last_raised = dated(alarm.last_raised, offsets)
    alarm.last_changed = dated(alarm.last_changed, offsets)
    alarm.explained_since = _maybe(alarm.explained_since, offsets)
    alarm.suppressed_since = _maybe(alarm.suppressed_since, offsets)
    alarm.status_changes = [replace(one, time=dated(one.time, offsets)) for one in alarm.status_changes]
    alarm.operator_changes = [replace(one, time=dated(one.time, offsets)) for one in alarm.operator_changes]


def _maybe(at: Instant | None, offsets: Offsets) -> Instant | None:
    return None if at is None else dated(at, offsets)


def _evidence(evidence: Evidence, at: Instant, offsets: Offsets) -> Evidence:
    """The evidence of what was decided at an instant, which it shares the clock with."""
    shift = corrected(at, offsets) - at.wall
    if not shift:
        return evidence
    crossed = evidence.crossed and evidence.crossed + shift
    return replace(evidence, crossed=crossed, sampled=evidence.sampled and evidence.sampled + shift)


def _override(override: Override, offsets: Offsets) -> Override:
    numbers = {name: replace(one, at=dated(one.at, offsets)) for name, one in override.numbers.items()}
    return replace(override, numbers=numbers)
