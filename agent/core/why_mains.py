"""What an alarm was held to be, what came before it, and what a lost link began together with, in words. Pure."""

from agent.core.alarms import Alarm
from agent.core.brief import Passed
from agent.core.events import Evidence, Witness
from agent.core.model import Instant, Limit, Rule, Text
from agent.core.passing import counted_by
from agent.core.state import State, Watch
from agent.core.values import show

TOLD_BEFORE = 6
"""So many of what passed before are told with an alarm, the newest."""

NEAR = 86_400.0
"""Seconds before an alarm within which what passed is told with it."""


def told_before(state: State, alarm: Alarm, now: Instant) -> list[tuple[float, Text]]:
    """What passed without an alarm before this one, and what it was held to be at first; each with its wall time."""
    watch = state.watches.get(alarm.key.resource)
    steps = [] if watch is None else _passed(watch, alarm, now)
    excuse = alarm.raised_by.excuse
    if excuse is not None:
        words = Text(
            f"at first it was held to be: {excuse.en}; that excuse has ended, or lasted too long",
            f"起初视为{excuse.zh}；该状态已结束或超时，不再作为理由",
        )
        steps.append((alarm.raised_by.crossed or alarm.last_raised.wall, words))
    return steps


def _passed(watch: Watch, alarm: Alarm, now: Instant) -> list[tuple[float, Text]]:
    for rule in watch.device.rules:
        if (rule.type, rule.qualifier) == (alarm.key.type, alarm.key.qualifier):
            counted_type = rule.often.of if rule.often is not None else rule.type
            memory = counted_by(watch, rule, counted_type)
            name = rule.often.text if rule.often is not None else rule.brief
            lately = memory.lately if memory is not None else []
            raised = alarm.last_raised
            near = [one for one in lately if raised.boot == now.boot and 0 <= raised.mono - one.mono <= NEAR]
            return [(one.began(now), passed_text(one, name or rule.text)) for one in near[-TOLD_BEFORE:]]
    return []


def passed_lately(watch: Watch, most: int, now: Instant) -> list[tuple[float, Text]]:
    """What passed at a device without an alarm since this process began; each with its wall time, the newest first."""
    found = [
        (one.began(now), passed_text(one, rule.brief))
        for condition, rule in zip(watch.conditions, watch.device.rules, strict=True)
        if condition.brief is not None and rule.brief is not None
        for one in condition.brief.lately
    ]
    return sorted(found, key=lambda one: -one[0])[:most]


def passed_text(passed: Passed, name: Text) -> Text:
    """What passed without an alarm, such as a brief sag of 3 s."""
    what, lasted = passed.excuse or name, show(round(passed.lasted, 1), "s")
    return Text(f"{what.en} of {lasted}, no alarm", f"{what.zh}，历时 {lasted}，未产生告警")


def counted(evidence: Evidence, what: Text) -> Text:
    """How often something came before it was an alarm."""
    value, limit = show(evidence.value), often_text(evidence.limit)
    return Text(f"{what.en}: {value} times ({limit.en})", f"{what.zh}：共 {value} 次（{limit.zh}）")


def often_text(limit: Limit) -> Text:
    """The limit of how often something comes, in words."""
    count, within = int(limit.raise_above or 0) + 1, show(limit.per, "s")
    return Text(
        f"raised at {count} within {within}, cleared when none has come for as long",
        f"{within} 内达 {count} 次告警，{within} 内不再发生则恢复",
    )


def lost_text(rule: Rule, names: Text) -> Text:
    """When the loss of a link says more, in words; `names` are the alarms beside which it does."""
    within = show(rule.lost.within if rule.lost is not None else 0.0, "s")
    return Text(
        f"the device stops answering within {within} of: {names.en}",
        f"设备在以下情况前后 {within} 内失联：{names.zh}",
    )


def with_witness(witness: Witness, detail: str) -> Text:
    """What a lost link began together with."""
    apart, first = show(abs(round(witness.apart, 1)), "s"), witness.apart >= 0
    en, zh = ("before", "之前") if first else ("after", "之后")
    said = said_once(detail)
    return Text(
        f"the device stopped answering ({said}); {apart} {en}, a reading said: {witness.text.en}",
        f"设备停止应答（{said}）；{apart} {zh}有读数表明：{witness.text.zh}",
    )


def said_once(detail: str) -> str:
    """Why a device does not answer, where the wire said no more than that once."""
    cause, _, rest = detail.partition(": ")
    return cause if rest in ("", cause) else detail
