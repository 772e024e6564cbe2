"""Which reading, limit and delay speak for the change of a condition, as its alarm tells it. Pure."""

from agent.core import passing
from agent.core.dating import by_clock_of
from agent.core.events import Evidence
from agent.core.limits import delay_of
from agent.core.model import REACHABLE, Bad, Instant, Value
from agent.core.state import Watch


def evidence_of(watch: Watch, index: int, now: Instant) -> Evidence:
    """What speaks for the change of a rule's condition at an instant; to be asked before the condition moves."""
    condition, rule = watch.conditions[index], watch.device.rules[index]
    reachable = rule.point == REACHABLE
    value = _value(watch, index, now.mono)
    point = watch.device.points.get(rule.point)
    return Evidence(
        point=rule.point,
        value="" if isinstance(value, Bad) else value,
        unit=point.unit if point is not None else "",
        limit=rule.limit,
        delay=delay_of(condition, rule),
        crossed=condition.crossed
        if condition.since is None
        else by_clock_of(now, condition.since, condition.crossed),
        crossed_mono=condition.since,
        sampled=now.wall
        if reachable or watch.sampled is None
        else by_clock_of(now, watch.sampled.mono, watch.sampled.wall),
        detail=watch.cause if reachable else "",
        excuse=condition.brief.excuse if condition.brief is not None else None,
        witness=watch.witness if rule.lost is not None else None,
        counted=rule.often.text if rule.often is not None else None,
    )


def _value(watch: Watch, index: int, mono: float) -> Value | Bad:
    rule = watch.device.rules[index]
    if rule.often is not None:
        return passing.count(watch, index, mono)
    return (not watch.cause) if rule.point == REACHABLE else watch.values.get(rule.point, "")
