"""From a checked site file and its profiles to what the core watches. Pure."""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from agent.config.board_entries import ROOM, InputEntry
from agent.config.dependencies import need_of
from agent.config.device_entries import DeviceEntry
from agent.config.profile import AlarmEntry, Excuse, LostEntry, OftenEntry, Profile, ProfilePoint, Unreachable
from agent.config.site import SiteFile
from agent.config.suppression import designs_of, shelving_of, windows_of
from agent.config.tables import with_rows
from agent.config.words import Wording
from agent.core.branch import Branch, Chatter
from agent.core.graph import AllOf
from agent.core.model import (
    REACHABLE,
    UNREACHABLE,
    Device,
    Layer,
    Limit,
    Lost,
    Often,
    Point,
    Rule,
    Text,
    Unless,
)
from agent.core.sequences import Reset, Scheme

BUILT_IN_PROFILES = {"raspberry-pi": "host", "broker": "broker", "journal": "journal"}
"""The profiles of the devices that every box has, with their kinds."""

WIRES_FAILED = "box.wires-failed"
"""The alarm of the box that explains why its dry contacts are not read."""
BUILT_IN_STALE_AFTER = 90.0
"""Seconds: the box's own parts report at least every 30 s."""
BUILT_IN_ON_DELAY = 30.0
"""Seconds of silence of one of the box's own parts before it counts as unreachable."""
BUILT_IN_OFF_DELAY = 10.0

BOX_NAMES = {
    "box": Text("Alarm box", "告警箱"),
    "broker": Text("Link to the NOC", "网管中心链路"),
    "journal": Text("Event journal", "事件日志库"),
    ROOM: Text("Telephone room", "电话机房"),
}
_ROOM_UNREACHABLE = Unreachable(
    text=Wording("The dry contacts of the room are not being read", "机房干接点无法读取"),
    causes=Wording(
        "The input part of the box has stopped; GPIO is held by another program",
        "输入模块停止；GPIO 被别的程序占用",
    ),
    action=Wording(
        "Restart the box; if it stays so, check the terminal board", "重启告警箱；若仍不恢复，检查接线端子板"
    ),
)
NO_ACTION = Text("Go to the room and look", "到机房现场查看")


def make_branch(site: SiteFile, profiles: Mapping[str, Profile]) -> Branch:
    """What the core watches in a branch: the devices of the site file, the room's contacts, and the box's own parts.

    Args:
        site: a site file without mistakes.
        profiles: the device kinds by id, among them the built-in ones.
    """
    return Branch(
        site.site.id,
        make_devices(site, profiles),
        chatter=Chatter(site.chatter.count, site.chatter.within, site.chatter.quiet),
        hold=site.cause.hold,
        acknowledges=site.agent.button_acknowledges_alarms,
        scheme=Scheme(Reset(site.annunciator.sequence), site.annunciator.first_out),
        heartbeat=site.annunciator.heartbeat,
        windows=windows_of(site),
        designs=designs_of(site),
        shelving=shelving_of(site),
    )


def make_devices(site: SiteFile, profiles: Mapping[str, Profile]) -> dict[str, Device]:
    """The devices that the core watches, by id."""
    devices = [_device(entry, with_rows(profiles[entry.profile], entry.rows)) for entry in site.device]
    if site.input:
        devices.append(_room(site))
    devices += _built_in(site, profiles)
    return {device.id: device for device in devices}


def _device(entry: DeviceEntry, profile: Profile) -> Device:
    delays = (entry.unreachable_on_delay, entry.unreachable_off_delay)
    return Device(
        id=entry.id,
        layer=entry.layer,
        name=Text(entry.label, entry.label),
        rules=rules_of(profile, Text(entry.label, entry.label), delays, entry.lost_with),
        points=points_of(profile.point),
        stale_after=entry.resolved_stale_after,
        depends_on=need_of(entry.depends_on),
        reached_through=need_of(entry.reached_through),
        recovery_time=entry.recovery_time,
        profile=profile.id,
    )


def _built_in(site: SiteFile, profiles: Mapping[str, Profile]) -> Iterator[Device]:
    ids = ["box", "broker", "journal"] if site.broker is not None else ["box", "journal"]
    kinds = dict(zip(("box", "broker", "journal"), BUILT_IN_PROFILES, strict=True))
    for id_ in ids:
        profile, name = profiles[kinds[id_]], BOX_NAMES[id_]
        yield Device(
            id=id_,
            layer=Layer.MANAGEMENT,
            name=name,
            rules=rules_of(profile, name, (BUILT_IN_ON_DELAY, BUILT_IN_OFF_DELAY)),
            points=points_of(profile.point),
            stale_after=BUILT_IN_STALE_AFTER,
            profile=profile.id,
            built_in=True,
        )


def _room(site: SiteFile) -> Device:
    name = BOX_NAMES[ROOM]
    return Device(
        id=ROOM,
        layer=Layer.ENVIRONMENT,
        name=name,
        rules=(room_unreachable(), *map(_contact_rule, site.input)),
        points={entry.name: Point(entry.name, text=entry.text.plain()) for entry in site.input},
        stale_after=BUILT_IN_STALE_AFTER,
        depends_on=AllOf((WIRES_FAILED,)),
        prompt=True,
    )


def room_unreachable() -> Rule:
    """The rule on whether the dry contacts are read."""
    return _silence_rule(_ROOM_UNREACHABLE, BOX_NAMES[ROOM], (BUILT_IN_ON_DELAY, BUILT_IN_OFF_DELAY))


def _contact_rule(entry: InputEntry) -> Rule:
    return Rule(
        type=entry.type or entry.name,
        point=entry.name,
        severity=entry.severity,
        limit=Limit(among=(True,)),
        text=entry.text.plain(),
        action=entry.action.plain() if entry.action else NO_ACTION,
        causes=entry.causes.plain() if entry.causes else Text("", ""),
        on_delay=entry.on_delay,
        off_delay=entry.off_delay,
    )


def rules_of(
    profile: Profile, name: Text, delays: tuple[float, float], lost_with: tuple[str, ...] = ()
) -> tuple[Rule, ...]:
    """The rules of a device of a kind: whether it answers, with these delays, and those of its points.

    Args:
        profile: the kind, with the rows of its tables among points and alarms.
        name: what people call the device.
        delays: on-delay and off-delay of `unreachable`, in seconds.
        lost_with: alarms of other devices that make more of its silence.
    """
    counters = {point.name: point.counter or 0 for point in profile.point}
    own = [rule for alarm in profile.alarm for rule in _with_levels(alarm, counters.get(alarm.point, 0))]
    often = [
        _often_rule(alarm, alarm.often, alarm.brief) for alarm in profile.alarm if alarm.often and alarm.brief
    ]
    silence = [_unreachable_rule(profile, name, delays)]
    if profile.lost is not None:
        silence.append(_lost_rule(profile.lost, name, delays, lost_with))
    return (*silence, *own, *often)


def _named(wording: Wording, name: Text) -> Text:
    return Text(wording.en.replace("{name}", name.en), wording.zh.replace("{name}", name.zh))


def _unreachable_rule(profile: Profile, name: Text, delays: tuple[float, float]) -> Rule:
    explained = (profile.lost.type,) if profile.lost is not None else ()
    return _silence_rule(profile.unreachable, name, delays, explained)


def _silence_rule(
    unreachable: Unreachable, name: Text, delays: tuple[float, float], explained: tuple[str, ...] = ()
) -> Rule:
    return Rule(
        type=UNREACHABLE,
        point=REACHABLE,
        severity=unreachable.severity,
        limit=Limit(among=(False,)),
        text=_named(unreachable.text, name),
        action=_named(unreachable.action, name),
        causes=_named(unreachable.causes, name),
        on_delay=delays[0],
        off_delay=delays[1],
        explained_by=(*explained, *unreachable.explained_by),
        explained_by_dependencies=True,
        takes_down=True,
    )


def _lost_rule(entry: LostEntry, name: Text, delays: tuple[float, float], lost_with: tuple[str, ...]) -> Rule:
    """It takes nothing down: what it speaks of probably still works. What falls silent with it stands behind it."""
    return Rule(
        type=entry.type,
        point=REACHABLE,
        severity=entry.severity,
        limit=Limit(among=(False,)),
        text=_named(entry.text, name),
        action=_named(entry.action, name),
        causes=_named(entry.causes, name),
        on_delay=min(entry.on_delay, delays[0]),
        off_delay=delays[1],
        lost=Lost(entry.after, entry.within, lost_with),
    )


def _often_rule(alarm: AlarmEntry, often: OftenEntry, brief: Wording) -> Rule:
    return Rule(
        type=often.type,
        point=f"{alarm.type}.brief",
        severity=often.severity,
        limit=Limit(raise_above=often.count - 1, clear_below=0, per=often.within),
        text=often.text.plain(),
        action=often.action.plain(),
        causes=often.causes.plain(),
        qualifier=alarm.qualifier or "",
        often=Often(alarm.type, brief.plain()),
    )


def _unless(excuse: Excuse) -> Unless:
    return Unless(
        excuse.point,
        Limit(among=excuse.among, tokens=excuse.has),
        text=excuse.text.plain() if excuse.text else Text("", ""),
        at_most=excuse.at_most,
        provided=tuple(sorted(excuse.provided.items())),
    )


def _with_levels(alarm: AlarmEntry, counter: int) -> Iterator[Rule]:
    """The rule of an alarm, then those that make it worse."""
    rule = _rule(alarm, counter)
    yield rule
    for level in alarm.worse:
        yield replace(
            rule,
            severity=level.severity,
            limit=level.limit(alarm.per),
            on_delay=rule.on_delay if level.on_delay is None else level.on_delay,
            off_delay=rule.off_delay if level.off_delay is None else level.off_delay,
            brief=None,
            adjustable={},
            takes_down=False,
            worsens=True,
        )


def _rule(alarm: AlarmEntry, counter: int) -> Rule:
    enough, among = alarm.confirm or (1, 1)
    return Rule(
        type=alarm.type,
        point=alarm.point,
        severity=alarm.severity,
        limit=alarm.limit,
        text=alarm.text.plain(),
        action=alarm.action.plain(),
        causes=alarm.causes.plain(),
        qualifier=alarm.qualifier or "",
        on_delay=alarm.on_delay,
        off_delay=alarm.off_delay,
        confirm=(enough, among),
        unless=tuple(map(_unless, alarm.excuses)),
        brief=alarm.brief.plain() if alarm.brief else None,
        counter=counter,
        explained_by=alarm.explained_by,
        explained_by_dependencies=alarm.explained_by_dependencies,
        takes_down=alarm.takes_down,
        adjustable=alarm.bounds,
        will_clear=alarm.will_clear,
    )


def points_of(points: tuple[ProfilePoint, ...]) -> dict[str, Point]:
    """The points of a kind, as the core knows them."""
    return {point.name: Point(point.name, point.unit or "", point.text.plain()) for point in points}
