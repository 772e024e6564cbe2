"""Why an alarm stands: the chain from reading to decision, told to a person in both languages."""

from msgspec import Struct

from agent.core import limit_changes
from agent.core.adjustments import TEXTS, Overridden, Override, unit_of
from agent.core.alarms import Alarm, OperatorAct, OperatorChange, consequences
from agent.core.dating import by_clock_of
from agent.core.events import Evidence
from agent.core.inputs import Door
from agent.core.limits import Condition, delay_of
from agent.core.model import REACHABLE, AlarmKey, Cause, Instant, Limit, Point, Rule, Severity, Text
from agent.core.state import State
from agent.core.suppression.nouns import OF_DEVICES, Kind, Suppression
from agent.core.values import show, told
from agent.core.why_mains import counted, said_once, told_before, with_witness

SEVERITIES = {
    Severity.WARNING: Text("warning", "提示"),
    Severity.MINOR: Text("minor", "次要"),
    Severity.MAJOR: Text("major", "重要"),
    Severity.CRITICAL: Text("critical", "紧急"),
}
DOORS = {
    Door.PANEL: Text("panel", "面板"),
    Door.CLI: Text("command line", "命令行"),
    Door.BUTTON: Text("button", "按钮"),
}


class Step(Struct, frozen=True):
    """One step of the chain, at a wall time."""

    time: float
    text: Text


def explain(state: State, alarm: Alarm, now: Instant) -> list[Step]:
    """The steps that made an alarm what it is, oldest first, and what is pending now.

    They stand in the order in which they can only have happened, which no step of the wall clock changes: what people
    did is of this occurrence, for an alarm that somebody acted on leaves the list when it is cleared.
    """
    evidence, limits = alarm.raised_by, _in_force(state, alarm)
    steps = [
        *(step for step in limits if step.time <= evidence.crossed),
        *(Step(time, text) for time, text in told_before(state, alarm, now)),
        Step(evidence.crossed or alarm.last_raised.wall, _reading(state, alarm)),
        Step(alarm.last_raised.wall, _raised(alarm)),
        *_chain(state, alarm),
    ]
    if alarm.chattering:
        quiet = show(state.branch.chatter.quiet, "s")
        steps.append(
            Step(
                alarm.last_changed.wall,
                Text(
                    f"it comes and goes ({alarm.chattering} times when that began): held as one alarm until it is quiet for {quiet}",
                    f"反复发生与恢复（已 {alarm.chattering} 次）：合并为一条告警，稳定 {quiet} 后解除",
                ),
            )
        )
    steps += [Step(change.time.wall, _operator(change)) for change in alarm.operator_changes]
    suppressed = alarm.suppressed_since or alarm.last_changed
    steps += [Step(suppressed.wall, text) for text in _suppressions(state, alarm)]
    if alarm.cleared_by is not None and alarm.is_cleared:
        steps.append(
            Step(
                alarm.last_changed.wall,
                _cleared(alarm.cleared_by, _label(state, alarm.key, alarm.cleared_by.point)),
            )
        )
    later = [step for step in limits if step.time > evidence.crossed]
    return [*steps, *later, *_pending(state, alarm, now)]


def _in_force(state: State, alarm: Alarm) -> list[Step]:
    """The limit by which it is judged now, where that is not the one by which it was raised, or was changed on site."""
    place = limit_changes.find(state, alarm.id)
    if place is None:
        return []
    rule, override = limit_changes.in_force(place), state.durable.overrides.get(alarm.id)
    unit = place[0].device.points.get(rule.point, Point("")).unit
    steps = [_changed_on_site(override, one) for one in _changes(override)] if override else []
    if not steps and rule.limit == alarm.raised_by.limit:
        return []
    limit, since = limit_text(rule.limit, unit), steps[-1].time if steps else alarm.last_changed.wall
    now = Text(f"limit in force now: {limit.en}", f"当前限值：{limit.zh}")
    return [*steps, Step(since, now)]


def _changes(override: Override) -> list[Overridden]:
    """One number of each change, the oldest first."""
    firsts = {(one.at, one.by, one.reason): one for one in override.numbers.values()}
    return sorted(firsts.values(), key=lambda one: one.at.wall)


def _changed_on_site(override: Override, change: Overridden) -> Step:
    """What somebody changed at one time, against what is configured."""
    en, zh = [], []
    for name, one in override.numbers.items():
        if (one.at, one.by, one.reason) == (change.at, change.by, change.reason):
            unit, label = unit_of(name, override.unit), TEXTS[name]
            new, old = show(one.value, unit), show(override.configured[name], unit)
            en.append(f"{label.en} {new} (configured: {old})")
            zh.append(f"{label.zh} {new}（配置为 {old}）")
    who, door = change.by.name, DOORS[change.by.door]
    return Step(
        change.at.wall,
        Text(
            f"limit changed on site by {who} ({door.en}): {', '.join(en)}; reason: {change.reason}",
            f"{who} 现场修改限值（{door.zh}）：{'，'.join(zh)}；原因：{change.reason}",
        ),
    )


def _chain(state: State, alarm: Alarm) -> list[Step]:
    """Behind what it stands and by which way, and what stands behind it."""
    steps = [
        Step((alarm.explained_since or alarm.last_raised).wall, _cause(state, alarm, cause))
        for cause in alarm.root_cause
    ]
    standing = [one for one in consequences(state.durable.alarms, alarm.id) if not one.is_cleared]
    if standing:
        en = "; ".join(_titled(state, one).en for one in standing)
        zh = "；".join(_titled(state, one).zh for one in standing)
        steps.append(Step(alarm.last_raised.wall, Text(f"it is the root cause of: {en}", f"由此引起：{zh}")))
    return steps


def _cause(state: State, alarm: Alarm, cause: Cause) -> Text:
    known = state.durable.alarms.alarms.get(cause.alarm)
    what = known.text if known is not None else Text(cause.alarm, cause.alarm)
    over = Text(" (over; what it took down may still be coming back)", "（已恢复，受影响设备可能仍在启动）")
    end = Text("", "") if known is not None and not known.is_cleared else over
    way = [_name(state, id_) for id_ in state.graph.path(alarm.key.resource, cause.resource)]
    if len(way) < 2:
        return Text(f"root cause: {what.en}{end.en}", f"根源：{what.zh}{end.zh}")
    en, zh = " → ".join(name.en for name in way), " → ".join(name.zh for name in way)
    return Text(f"root cause: {what.en}{end.en}, by way of {en}", f"根源：{what.zh}{end.zh}，影响路径 {zh}")


def _titled(state: State, alarm: Alarm) -> Text:
    """What an alarm says, with its device where that is not in it."""
    name = _name(state, alarm.key.resource)
    return Text(
        alarm.text.en if name.en in alarm.text.en else f"{name.en}: {alarm.text.en}",
        alarm.text.zh if name.zh in alarm.text.zh else f"{name.zh}：{alarm.text.zh}",
    )


def _name(state: State, device: str) -> Text:
    watch = state.watches.get(device)
    return watch.device.name if watch else Text(device, device)


def limit_text(limit: Limit, unit: str = "") -> Text:
    """A limit in words: what raises, and what clears."""
    if limit.among or limit.tokens:
        words = [told(value) for value in (limit.among or limit.tokens)]
        en, zh = ", ".join(word.en for word in words), "、".join(word.zh for word in words)
        over = Text(", ".join(limit.clear_tokens), "、".join(limit.clear_tokens))
        return Text(
            f"raised while it is: {en}" + (f", cleared when it is: {over.en}" if over.en else ""),
            f"处于以下状态时告警：{zh}" + (f"；出现以下状态才恢复：{over.zh}" if over.zh else ""),
        )
    if limit.per:
        unit = f"{unit}/{show(limit.per, 's')}".replace(" ", " ")
    if limit.raise_above is not None:
        raised = show(limit.raise_above, unit)
        clear = show(limit.raise_above if limit.clear_below is None else limit.clear_below, unit)
        return Text(
            f"raised above {raised}, cleared at {clear} or below",
            f"高于 {raised} 告警，降到 {clear} 及以下恢复",
        )
    if limit.raise_below is not None:
        raised = show(limit.raise_below, unit)
        clear = show(limit.raise_below if limit.clear_above is None else limit.clear_above, unit)
        return Text(
            f"raised below {raised}, cleared at {clear} or above",
            f"低于 {raised} 告警，升到 {clear} 及以上恢复",
        )
    return Text("no limit", "无限值")


def _label(state: State, key: AlarmKey, point: str) -> Text:
    """What people call a point; its name where the device is watched no more."""
    watch = state.watches.get(key.resource)
    known = watch.device.points.get(point) if watch else None
    return known.text if known and known.text.en else Text(point, point)


def _reading(state: State, alarm: Alarm) -> Text:
    evidence, label = alarm.raised_by, _label(state, alarm.key, alarm.raised_by.point)
    if evidence.witness is not None:
        return with_witness(evidence.witness, evidence.detail)
    if evidence.point == REACHABLE:
        said = said_once(evidence.detail)
        return Text(f"the device stopped answering ({said})", f"设备停止应答（{said}）")
    if evidence.counted is not None:
        return counted(evidence, evidence.counted)
    read, limit = told(evidence.value, evidence.unit), limit_text(evidence.limit, evidence.unit)
    if evidence.limit.among or evidence.limit.tokens:
        return Text(
            f"{label.en}: {read.en} at the decision ({limit.en})",
            f"{label.zh}：判定时为 {read.zh}（{limit.zh}）",
        )
    value = read.en
    return Text(
        f"{label.en} crossed its limit ({limit.en}); at the decision it read {value}",
        f"{label.zh}越限（{limit.zh}）；判定时读数为 {value}",
    )


def _raised(alarm: Alarm) -> Text:
    delay, severity = show(alarm.raised_by.delay, "s"), SEVERITIES[alarm.severity]
    return Text(
        f"it stayed so for the on-delay of {delay}: raised as {severity.en}, occurrence {alarm.occurrence}",
        f"持续超过告警延时 {delay}：产生告警，级别 {severity.zh}，第 {alarm.occurrence} 次",
    )


def _cleared(evidence: Evidence, label: Text) -> Text:
    if not evidence.limit.among and evidence.detail:
        return Text(f"cleared: {evidence.detail}", f"已恢复：{evidence.detail}")
    value, delay = told(evidence.value, evidence.unit), show(evidence.delay, "s")
    return Text(
        f"{label.en} was normal ({value.en}) for the off-delay of {delay}: cleared",
        f"{label.zh}正常（{value.zh}）超过恢复延时 {delay}：告警恢复",
    )


_ACTS = {
    OperatorAct.ACKNOWLEDGED: Text("acknowledged", "确认"),
    OperatorAct.CLOSED: Text("closed", "关闭"),
    OperatorAct.SHELVED: Text("shelved", "搁置"),
    OperatorAct.UNSHELVED: Text("taken off the shelf", "取消搁置"),
}


def _operator(change: OperatorChange) -> Text:
    act, note = _ACTS[change.state], f": {change.text}" if change.text else ""
    if change.by is None:
        return Text(f"{act.en}, its time being over{note}", f"到时自动{act.zh}{note}")
    who, door = change.by.name, DOORS[change.by.door]
    return Text(f"{act.en} by {who} ({door.en}){note}", f"{who} {act.zh}（{door.zh}）{note}")


_KINDS = {
    Kind.SHELVED: Text("shelved", "已搁置"),
    Kind.WINDOW: Text("in a maintenance window", "处于检修窗口"),
    Kind.OUT_OF_SERVICE: Text("out of service", "已退出运行"),
    Kind.BY_DESIGN: Text("suppressed by design", "按设计抑制"),
}


def _suppressions(state: State, alarm: Alarm) -> list[Text]:
    """What keeps lamps and horn from telling of it, who answers for that, why and for how long."""
    held = [state.durable.suppressions.get(by.id) for by in alarm.suppressed]
    return [_suppression(state, alarm, one.suppression) for one in held if one is not None]


def _suppression(state: State, alarm: Alarm, one: Suppression) -> Text:
    kind = _KINDS[one.kind]
    others = [_name(state, id_) for id_ in one.subjects if id_ not in (alarm.id, alarm.key.resource)]
    en = f" with {', '.join(name.en for name in others)}" if others and one.kind in OF_DEVICES else ""
    zh = f"（随{'、'.join(name.zh for name in others)}）" if others and one.kind in OF_DEVICES else ""
    if one.seconds is None:
        end = Text("as long as that is so", "条件消失即解除")
    else:
        end = Text(f"for {show(one.seconds, 's')} at most", f"最长 {show(one.seconds, 's')}")
    return Text(
        f"not annunciated, {kind.en}{en}: {one.reason} ({one.responsible}, {end.en})",
        f"不通报，{kind.zh}{zh}：{one.reason}（负责人 {one.responsible}，{end.zh}）",
    )


def _pending(state: State, alarm: Alarm, now: Instant) -> list[Step]:
    """What goes on now: a change that waits out its delay, or a point that tells nothing."""
    watch = state.watches.get(alarm.key.resource)
    if watch is None:
        return []
    for condition, rule in zip(watch.conditions, watch.device.rules, strict=True):
        if (rule.type, rule.qualifier) == (alarm.key.type, alarm.key.qualifier):
            return _pending_change(condition, rule, now)
    return []


def _pending_change(condition: Condition, rule: Rule, now: Instant) -> list[Step]:
    if condition.since is None or not condition.active:
        return []
    delay = show(delay_of(condition, rule), "s")
    return [
        Step(
            by_clock_of(now, condition.since, condition.crossed),
            Text(f"normal again; clears when it stays so for {delay}", f"已回到正常；持续 {delay} 后恢复"),
        )
    ]
