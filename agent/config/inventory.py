"""The alarm inventory of RFC 8632: every alarm type that can occur, made from profiles and from the rules of a site. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from agent.config.board_entries import ROOM
from agent.config.branch import (
    BOX_NAMES,
    BUILT_IN_OFF_DELAY,
    BUILT_IN_ON_DELAY,
    NO_ACTION,
    points_of,
    room_unreachable,
    rules_of,
)
from agent.config.device_entries import DeviceEntry
from agent.config.profile import BUILT_IN_KINDS, Profile
from agent.config.tables import with_rows
from agent.core.branch import Branch
from agent.core.model import REACHABLE, Bounds, Layer, Limit, Point, Rule, Severity, Text, Unless
from agent.core.values import show
from agent.core.why import SEVERITIES, limit_text
from agent.core.why_mains import lost_text, often_text

ROW = "{row}"
"""Stands for the site's name of a row of a table, such as a port or a span."""
INPUT = "{input}"
"""Stands for the type that the site gives to a dry contact."""

_SOME_DEVICE = Text("the device", "该设备")
_ANSWERS_NOT = Text("the device does not answer", "设备无应答")


class AlarmType(Struct, frozen=True):
    """One alarm type of one resource or kind of resource, with the leaves of RFC 8632's alarm-inventory and our own.

    Attributes:
        resource: id of the device, or of the profile where no site is meant.
        resource_name: what people call it.
        alarm_type_id: type of the alarm.
        alarm_type_qualifier: tells alarms of one type apart; `{row}` where the site names it.
        severity_levels: the severities that it can have, as words.
        will_clear: whether it clears by itself when a reading says so.
        raised_when: point and limit in words.
        on_delay: seconds that the condition must last before it is raised.
        off_delay: seconds that it must be gone before it is cleared.
        text: what it means.
        causes: what it usually comes from.
        action: what to do first.
        unit: of the point, as UCUM has it.
        adjustable: which numbers may be changed on site, and between which values; delays in seconds, the rest in `unit`.
    """

    resource: str
    resource_name: Text
    alarm_type_id: str
    alarm_type_qualifier: str
    severity_levels: tuple[str, ...]
    will_clear: bool
    raised_when: Text
    on_delay: float
    off_delay: float
    text: Text
    causes: Text
    action: Text
    unit: str = ""
    adjustable: Mapping[str, Bounds] = {}

    @property
    def name(self) -> str:
        """Type and qualifier, as they stand in an alarm's id."""
        return ".".join(filter(None, (self.alarm_type_id, self.alarm_type_qualifier)))


def of_site(branch: Branch) -> list[AlarmType]:
    """Every alarm that a branch can raise, device by device."""
    return [
        alarm
        for device in branch.devices.values()
        for alarm in _types(device.id, device.name, device.rules, device.points)
    ]


def of_profiles(profiles: Mapping[str, Profile]) -> list[AlarmType]:
    """Every alarm that devices of these kinds can raise, and those of dry contacts; the box's own parts last."""
    own = sorted(profiles.values(), key=lambda profile: (profile.kind in BUILT_IN_KINDS, profile.id))
    devices = [one for one in own if one.kind not in BUILT_IN_KINDS]
    box = [one for one in own if one.kind in BUILT_IN_KINDS]
    return [
        *(alarm for profile in devices for alarm in of_profile(profile)),
        *of_contacts(),
        *(alarm for profile in box for alarm in of_profile(profile)),
    ]


def of_profile(profile: Profile) -> list[AlarmType]:
    """Every alarm that a device of a kind can raise. `{row}` stands for each row that a site names."""
    entry = DeviceEntry(profile.id, profile.id, Layer.MANAGEMENT)
    delays = (entry.unreachable_on_delay, entry.unreachable_off_delay)
    if profile.kind in BUILT_IN_KINDS:
        delays = (BUILT_IN_ON_DELAY, BUILT_IN_OFF_DELAY)
    pattern = with_rows(profile, {table.name: {ROW: "{key}"} for table in profile.table})
    rules = rules_of(pattern, _SOME_DEVICE, delays)
    return list(_types(profile.id, profile.text.plain(), rules, points_of(pattern.point)))


def of_contacts() -> list[AlarmType]:
    """What dry contacts can raise, as far as it does not depend on a site."""
    name = BOX_NAMES[ROOM]
    contact = AlarmType(
        resource=ROOM,
        resource_name=name,
        alarm_type_id=INPUT,
        alarm_type_qualifier="",
        severity_levels=tuple(severity.word for severity in Severity),
        will_clear=True,
        raised_when=Text("the contact is away from its normal position", "干接点离开正常位置"),
        on_delay=0.0,
        off_delay=0.0,
        text=Text("As the site file says (`[[input]]`)", "由站点文件的 `[[input]]` 给出"),
        causes=Text("As the site file says", "由站点文件给出"),
        action=NO_ACTION,
    )
    return [*_types(ROOM, name, (room_unreachable(),), {}), contact]


def _types(
    resource: str, name: Text, rules: Iterable[Rule], points: Mapping[str, Point]
) -> Iterator[AlarmType]:
    rules = tuple(rules)
    texts = {rule.type: rule.text for rule in rules}
    for rule in rules:
        if rule.worsens:
            continue
        point = points.get(rule.point, Point(rule.point))
        yield AlarmType(
            resource=resource,
            resource_name=name,
            alarm_type_id=rule.type,
            alarm_type_qualifier=rule.qualifier,
            severity_levels=tuple(one.severity.word for one in (rule, *_levels(rule, rules))),
            will_clear=rule.will_clear,
            raised_when=_with_levels(raised_when(rule, point, texts), _levels(rule, rules), point),
            on_delay=rule.on_delay,
            off_delay=rule.off_delay,
            text=_sentence(rule.text),
            causes=rule.causes,
            action=_sentence(rule.action),
            unit=point.unit,
            adjustable=rule.adjustable,
        )


def _levels(rule: Rule, rules: Iterable[Rule]) -> list[Rule]:
    """The rules that make the alarm of a rule worse."""
    key = (rule.type, rule.qualifier)
    return [one for one in rules if one.worsens and (one.type, one.qualifier) == key]


def _with_levels(text: Text, levels: Iterable[Rule], point: Point) -> Text:
    """What raises it, and what makes it worse."""
    for one in levels:
        limit, severity = limit_text(one.limit, point.unit), SEVERITIES[one.severity]
        text = Text(f"{text.en}; {severity.en}: {limit.en}", f"{text.zh}；{severity.zh}：{limit.zh}")
    return text


def raised_when(rule: Rule, point: Point, texts: Mapping[str, Text]) -> Text:
    """Point and limit of a rule in words.

    Args:
        rule: the rule.
        point: its point.
        texts: of the alarms of the same device, by type.
    """
    if rule.lost is not None:
        return lost_text(rule, _beside(rule, texts))
    if rule.point == REACHABLE:
        return _ANSWERS_NOT
    if rule.often is not None:
        limit = often_text(rule.limit)
        return Text(f"{rule.often.text.en}: {limit.en}", f"{rule.often.text.zh}：{limit.zh}")
    label = point.text if point.text.en else Text(point.name, point.name)
    limit = _flag_text(rule.limit) or limit_text(rule.limit, point.unit)
    excused = _excused(rule.unless)
    return Text(f"{label.en}: {limit.en}{excused.en}", f"{label.zh}：{limit.zh}{excused.zh}")


def _excused(excuses: Iterable[Unless]) -> Text:
    """What excuses it and for how long, each named once."""
    bounds: dict[Text, float] = {}
    for one in excuses:
        name = one.text if one.text.en else Text(one.point, one.point)
        bounds[name] = max(one.at_most, bounds.get(name, 0.0))
    if not bounds:
        return Text("", "")
    en = ", ".join(f"{name.en.lower()} ({show(most, 's')} at most)" for name, most in bounds.items())
    zh = "、".join(f"{name.zh}（最长 {show(most, 's')}）" for name, most in bounds.items())
    return Text(f"; not during: {en}", f"；以下期间除外：{zh}")


def _beside(rule: Rule, texts: Mapping[str, Text]) -> Text:
    """The alarms beside which the loss of a link says more: those of the device by their texts, others by their ids."""
    if rule.lost is None:
        return Text("", "")
    own = [texts.get(type_, Text(type_, type_)) for type_ in rule.lost.after]
    some = [*own, *(Text(id_, id_) for id_ in rule.lost.beside)]
    return Text("; ".join(one.en for one in some), "；".join(one.zh for one in some))


def _flag_text(limit: Limit) -> Text | None:
    if limit.among == (True,):
        return Text("raised while it is so", "成立时告警")
    return Text("raised while it is not so", "不成立时告警") if limit.among == (False,) else None


def _sentence(text: Text) -> Text:
    """A text that may begin with the stand-in for a name, with a capital letter."""
    return Text(text.en[:1].upper() + text.en[1:], text.zh)
