"""How an alarm follows its conditions: it is raised, cleared, and becomes worse or better while it stands. Pure."""

from collections.abc import Iterator

from agent.core import alarms as alarm_list
from agent.core import correlation
from agent.core.alarm_states import Trigger
from agent.core.codes import next_code
from agent.core.events import AlarmCleared, AlarmRaised, AlarmSeverityChanged, AnyEvent, Evidence
from agent.core.limits import Change
from agent.core.model import Instant, Severity
from agent.core.state import State, Watch


def follow(
    state: State, watch: Watch, index: int, change: Change, *, evidence: Evidence, now: Instant
) -> Iterator[AnyEvent]:
    """What becomes of an alarm when the condition of one of its rules has moved.

    Args:
        state: of the core.
        watch: of the device.
        index: of the rule.
        change: to or from normal.
        evidence: what speaks for it.
        now: the instant.
    """
    rule, id_ = watch.device.rules[index], watch.links.ids[index]
    if rule.worsens:
        state.levels[watch.device.id, watch.links.ids.index(id_)] = evidence
    elif change is Change.RAISE:
        if alarm_list.decide(state.durable.alarms, id_, Trigger.RAISE) is AlarmRaised:
            yield _raised(state, watch, index, evidence, now)
    elif rule.will_clear and alarm_list.decide(state.durable.alarms, id_, Trigger.CLEAR) is AlarmCleared:
        alarm = state.durable.alarms.alarms[id_]
        yield AlarmCleared(
            at=now,
            alarm=alarm.key,
            occurrence=alarm.occurrence,
            evidence=evidence,
            root_cause=alarm.root_cause,
        )


def levelled(state: State, now: Instant) -> Iterator[AnyEvent]:
    """Alarms some level of which has moved, when all else of the step has happened."""
    moved, state.levels = state.levels, {}
    for (device, index), evidence in moved.items():
        yield from restate(state, state.watches[device], index, evidence, now)


def restate(
    state: State, watch: Watch, index: int, evidence: Evidence, now: Instant
) -> Iterator[AlarmSeverityChanged]:
    """The severity of a standing alarm, where it is another one than the alarm says.

    Args:
        state: of the core.
        watch: of the device.
        index: of the rule that raises it.
        evidence: what speaks for it.
        now: the instant.
    """
    id_, severity = watch.links.ids[index], severity_of(watch, index)
    outcome = alarm_list.decide(state.durable.alarms, id_, Trigger.MOVE)
    alarm = state.durable.alarms.alarms.get(id_)
    if outcome is AlarmSeverityChanged and alarm is not None and alarm.severity is not severity:
        yield AlarmSeverityChanged(
            at=now,
            alarm=alarm.key,
            occurrence=alarm.occurrence,
            severity=severity,
            before=alarm.severity,
            evidence=evidence,
        )


def severity_of(watch: Watch, index: int) -> Severity:
    """How serious the alarm of a rule is now: as the worst of its levels whose condition holds."""
    rules, conditions = watch.device.rules, watch.conditions
    levels = [rules[at].severity for at in watch.links.levels[index] if conditions[at].active]
    return max(levels) if levels else rules[index].severity


def _raised(state: State, watch: Watch, index: int, evidence: Evidence, now: Instant) -> AlarmRaised:
    rule, id_, alarms = watch.device.rules[index], watch.links.ids[index], state.durable.alarms
    code = next_code(alarms.raises, state.codes)
    state.codes.add(code)
    return AlarmRaised(
        at=now,
        alarm=watch.links.keys[index],
        occurrence=alarms.occurrences.get(id_, 0) + 1,
        code=code,
        severity=severity_of(watch, index),
        layer=watch.device.layer,
        text=rule.text,
        action=rule.action,
        causes=rule.causes,
        evidence=evidence,
        root_cause=correlation.roots(state, watch, index),
        suppressed=state.cover.get(id_, ()),
    )
