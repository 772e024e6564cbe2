"""The limits that may be changed on site, as the panel and the command line see them. Pure."""

from msgspec.structs import replace

from agent import api
from agent.core.adjustments import Override, numbers_of, unit_of
from agent.core.limit_changes import configured_rule, in_force
from agent.core.model import Point, Rule, Text, alarm_key
from agent.core.state import State, Watch


def limits(state: State, device: str = "") -> api.LimitsView | None:
    """The limits of one device, or of all; None if there is no such device."""
    if device and device not in state.watches:
        return None
    watches = [state.watches[device]] if device else list(state.watches.values())
    return api.LimitsView(
        [
            _limit(state, watch, index)
            for watch in watches
            for index in range(len(watch.device.rules))
            if configured_rule(state, (watch, index)).adjustable
        ]
    )


def _limit(state: State, watch: Watch, index: int) -> api.LimitView:
    device, place = watch.device, (watch, index)
    rule, configured = in_force(place), configured_rule(state, place)
    point = device.points.get(rule.point, Point(rule.point))
    id_ = alarm_key(device, rule).id
    return api.LimitView(
        alarm=id_,
        resource=device.id,
        resource_name=device.name,
        severity=rule.severity.word,
        text=rule.text,
        point=rule.point,
        point_text=point.text if point.text.en else Text(point.name, point.name),
        per=rule.limit.per,
        numbers=_numbers(rule, configured, point.unit, state.durable.overrides.get(id_)),
    )


def _numbers(rule: Rule, configured: Rule, unit: str, override: Override | None) -> list[api.NumberView]:
    was, changes = numbers_of(configured), override.numbers if override else {}
    found = []
    for name, value in numbers_of(rule).items():
        bounds, change = configured.adjustable.get(name), changes.get(name)
        one = api.NumberView(name, unit_of(name, unit), value, was[name])
        if bounds is not None:
            one = replace(one, low=bounds.low, high=bounds.high)
        if change is not None:
            one = replace(one, by=change.by, reason=change.reason, at=change.at.wall)
        found.append(one)
    return found
