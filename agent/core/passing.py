"""Conditions that pass without an alarm: noted in the journal, and counted for the rules that limit how often. Pure."""

from agent.core.brief import Brief, Passed
from agent.core.events import AnyEvent, ConditionPassed, Evidence
from agent.core.limits import Verdict, judge
from agent.core.model import Bad, Instant, Point, Rule, Text, Unless, Value, alarm_key
from agent.core.state import Watch

NOT_KNOWN = Bad("missing")
"""How often something came, as long as it was not watched long enough to say never."""


def follow(
    watch: Watch, index: int, value: Value | Bad, excuse: Unless | None, now: Instant
) -> list[AnyEvent]:
    """What follows from a reading, excused or not, beside what its alarm does.

    Args:
        watch: the device.
        index: place of the rule.
        value: what was read.
        excuse: what excuses it.
        now: the instant.
    """
    condition, rule = watch.conditions[index], watch.device.rules[index]
    verdict = None if rule.limit.per else judge(rule.limit, value)
    if verdict is None:
        return []
    memory = condition.brief = condition.brief or Brief(now.mono)
    if condition.active:
        memory.end()
        return []
    abnormal = verdict is Verdict.ABNORMAL
    if abnormal and not isinstance(value, Bad):
        memory.value = value
    text = None if excuse is None else _name(watch, excuse)
    passed = memory.follow(abnormal=abnormal, excuse=text, mono=now.mono, wall=now.wall)
    if passed is None or rule.brief is None:
        return []
    if not memory.may_tell(now.mono):
        return []
    return [_told(watch, index, passed, memory.take_count(), now)]


def overdue(watch: Watch, now: Instant) -> list[AnyEvent]:
    """What was only counted and may be told by now."""
    events: list[AnyEvent] = []
    for index, condition in enumerate(watch.conditions):
        memory = condition.brief
        if memory is None or not memory.untold or memory.due > now.mono:
            continue
        if memory.may_tell(now.mono):
            events.append(_told(watch, index, memory.lately[-1], memory.take_count(new=0), now))
    return events


def count(watch: Watch, index: int, mono: float) -> Value | Bad:
    """How often the condition passed that a rule counts; bad while nobody can say."""
    rule = watch.device.rules[index]
    memory = counted_by(watch, rule, rule.often.of) if rule.often is not None else None
    comings = memory.comings(mono, rule.limit.per) if memory is not None else None
    return NOT_KNOWN if comings is None else comings


def counted_by(watch: Watch, rule: Rule, type_: str) -> Brief | None:
    """The memory of the rule that another one counts."""
    pairs = zip(watch.conditions, watch.device.rules, strict=True)
    wanted = (type_, rule.qualifier)
    return next((one.brief for one, other in pairs if (other.type, other.qualifier) == wanted), None)


def _name(watch: Watch, excuse: Unless) -> Text:
    return excuse.text if excuse.text.en else watch.device.points.get(excuse.point, Point("")).text


def _told(watch: Watch, index: int, passed: Passed, count: int, now: Instant) -> ConditionPassed:
    rule, memory = watch.device.rules[index], watch.conditions[index].brief
    evidence = Evidence(
        point=rule.point,
        value=memory.value if memory is not None else "",
        unit=watch.device.points.get(rule.point, Point("")).unit,
        limit=rule.limit,
        delay=rule.on_delay,
        crossed=passed.began(now),
        crossed_mono=passed.mono - passed.lasted,
        sampled=now.wall,
    )
    return ConditionPassed(
        at=now,
        alarm=alarm_key(watch.device, rule),
        text=passed.excuse or rule.brief or rule.text,
        excused=passed.excuse is not None,
        lasted=passed.lasted,
        evidence=evidence,
        count=count,
    )
