"""The core's state as the messages that the panel and the command line see. Pure."""

from msgspec.structs import replace

from agent import api, suppression_views
from agent.core import why, why_mains
from agent.core.alarms import Alarm, impacted
from agent.core.dating import by_clock_of
from agent.core.graph import device_of, words_of
from agent.core.model import Bad, Cause, Instant, Point, Text
from agent.core.state import State, Watch, indication, is_fresh, is_reachable, quality_of

PASSED_SHOWN = 20
"""So many of what passed without an alarm are shown of a device."""


def branch(state: State, status: api.Status, now: Instant) -> api.BranchView:
    """The branch now, without the points of its devices."""
    listed, mono = alarms(state, now), now.mono
    of_device: dict[str, list[api.AlarmView]] = {}
    for one in listed:
        of_device.setdefault(one.resource, []).append(one)
    return api.BranchView(
        status=status,
        lamps=indication(state, mono),
        devices=[_device(state, watch, now, of_device.get(id_, [])) for id_, watch in state.watches.items()],
        alarms=listed,
        sequence=state.durable.scheme.sequence.value,
    )


def alarms(state: State, now: Instant) -> list[api.AlarmView]:
    """The alarm list: what stands before what is over, the most urgent first, the newest of those first."""
    listed = state.durable.alarms.alarms.values()
    ordered = sorted(listed, key=lambda one: (one.is_cleared, -one.severity, -one.last_raised.wall))
    return [_alarm(state, one, now) for one in ordered]


def device(state: State, id_: str, now: Instant) -> api.DeviceView | None:
    """One device with its points; None if there is no such device."""
    watch = state.watches.get(id_)
    if watch is None:
        return None
    # What this device lacks is not shown; before its first answer all that its kind may have is.
    names = [name for name in watch.device.points if name in watch.values or not watch.values]
    own = [one for one in alarms(state, now) if one.resource == id_]
    points = [point(watch, name, now.mono) for name in names]
    passed = [api.PassedView(time, text) for time, text in why_mains.passed_lately(watch, PASSED_SHOWN, now)]
    return replace(_device(state, watch, now, own, points), passed=passed)


def explain(state: State, alarm: str, now: Instant) -> api.Why | None:
    """Why an alarm stands, by id or code; None if it is not on the list."""
    found = find(state, alarm)
    if found is None:
        return None
    steps = [api.WhyStep(step.time, step.text) for step in why.explain(state, found, now)]
    return api.Why(_alarm(state, found, now), steps)


def find(state: State, alarm: str) -> Alarm | None:
    """An alarm of the list by its id or the short code of its occurrence."""
    listed = state.durable.alarms.alarms
    return listed.get(alarm) or next((one for one in listed.values() if one.code == alarm), None)


def point(watch: Watch, name: str, mono: float) -> api.PointView:
    """One point as it stands."""
    known = watch.device.points.get(name, Point(name))
    value = watch.values.get(name)
    bad = isinstance(value, Bad)
    return api.PointView(
        name=name,
        text=known.text,
        unit=known.unit,
        value=None if isinstance(value, Bad) else value,
        quality=quality_of(watch, name, mono),
        cause=value.cause if bad and isinstance(value, Bad) else "",
    )


def _device(
    state: State,
    watch: Watch,
    now: Instant,
    own: list[api.AlarmView],
    points: list[api.PointView] | None = None,
) -> api.DeviceView:
    kind, mono = watch.device, now.mono
    return api.DeviceView(
        id=kind.id,
        name=kind.name,
        layer=kind.layer,
        profile=kind.profile,
        built_in=kind.built_in,
        reachable=is_reachable(watch) and is_fresh(watch, mono),
        cause=watch.cause,
        sampled=by_clock_of(now, watch.sampled.mono, watch.sampled.wall) if watch.sampled else None,
        depends_on=tuple(dict.fromkeys(map(device_of, words_of(kind.depends_on)))),
        alarms=own,
        points=points or [],
        suppressed=suppression_views.of_device(state, kind.id, now),
    )


def _alarm(state: State, alarm: Alarm, now: Instant) -> api.AlarmView:
    return api.AlarmView(
        id=alarm.id,
        resource=alarm.key.resource,
        resource_name=_name(state, alarm.key.resource),
        type=alarm.key.type,
        layer=alarm.layer,
        severity=alarm.severity.word,
        text=alarm.text,
        action=alarm.action,
        causes=alarm.causes,
        state=alarm.state.value,
        is_cleared=alarm.is_cleared,
        operator_state=alarm.operator_state,
        occurrence=alarm.occurrence,
        code=alarm.code,
        last_raised=alarm.last_raised.wall,
        last_changed=alarm.last_changed.wall,
        raised_by=alarm.raised_by,
        cleared_by=alarm.cleared_by,
        root_cause=[_cause(state, cause) for cause in alarm.root_cause],
        impacted=[api.Impacted(id_, _name(state, id_)) for id_ in impacted(state.durable.alarms, alarm.id)],
        suppressed=suppression_views.of_alarm(state, alarm.suppressed, now),
        notes=[api.OperatorNote(c.time.wall, c.by, c.state.value, c.text) for c in alarm.operator_changes],
    )


def _cause(state: State, cause: Cause) -> api.RootCause:
    name, alarm = _name(state, cause.resource), state.durable.alarms.alarms.get(cause.alarm)
    return api.RootCause(cause.alarm, cause.resource, name, alarm.text if alarm else name)


def _name(state: State, device: str) -> Text:
    watch = state.watches.get(device)
    return watch.device.name if watch else Text(device, device)
