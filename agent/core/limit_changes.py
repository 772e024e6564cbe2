"""Changing limits on site: what follows from the orders, from a start with another configuration, and from the events.

A change takes effect with the next reading: by itself it raises and clears nothing.
"""

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from agent.core import correlation
from agent.core.adjustments import Overridden, Override, misfit, numbers_of, on_site, point_of, strayed
from agent.core.events import AnyEvent, LimitChanged, LimitEvent, LimitReconfigured, LimitReverted
from agent.core.inputs import Order
from agent.core.limits import due_of, judge_anew
from agent.core.model import Device, Instant, Rule, alarm_key
from agent.core.state import State, Watch, arm
from agent.core.visible import is_visible

Place = tuple[Watch, int]
"""A rule: the memory of its device, and its place among the rules."""


# --- orders ----------------------------------------------------------------------------------------------------------


def on_set(state: State, given: Order, now: Instant) -> LimitChanged | str:
    """The event of an order to change a limit, or why it cannot be carried out."""
    place = find(state, given.alarm)
    if place is None:
        return f"no alarm {given.alarm:.80} can occur here"
    configured, rule = configured_rule(state, place), in_force(place)
    before = numbers_of(rule)
    after = before | {name: float(value) for name, value in given.numbers.items()}
    trouble = _incomplete(configured, given) or misfit(configured, after, unit_of(place))
    if not trouble and after == before:
        trouble = "nothing changes: it is so already"
    if trouble:
        return trouble
    told = _told(place, now, before=before, after=after, configured=numbers_of(configured))
    return LimitChanged(**told, by=given.by, reason=given.note.strip(), order=given.id)


def _incomplete(configured: Rule, given: Order) -> str:
    if not configured.adjustable:
        return "its limit may not be changed on site"
    if not is_visible(given.note):
        return "a reason is needed"
    return "" if given.numbers else "say what to change"


def on_revert(state: State, given: Order, now: Instant) -> LimitReverted | str:
    """The event of an order to undo what was changed on site, or why it cannot be carried out."""
    place = find(state, given.alarm)
    if place is None:
        return f"no alarm {given.alarm:.80} can occur here"
    if given.alarm not in state.durable.overrides:
        return "nothing of it was changed on site"
    if not is_visible(given.note):
        return "a reason is needed"
    configured = numbers_of(configured_rule(state, place))
    told = _told(place, now, before=numbers_of(in_force(place)), after=configured, configured=configured)
    return LimitReverted(**told, by=given.by, reason=given.note.strip(), order=given.id)


def _told(place: Place, now: Instant, **numbers: dict[str, float]) -> dict[str, Any]:
    device, rule = place[0].device, in_force(place)
    return {
        "at": now,
        "alarm": alarm_key(device, rule),
        "text": rule.text,
        "point": rule.point,
        "unit": unit_of(place),
        "per": rule.limit.per,
        **numbers,
    }


# --- a start with another configuration --------------------------------------------------------------------------------


def on_started(state: State, now: Instant) -> list[AnyEvent]:
    """What the configuration, which may be another one than before, makes of the changes on site."""
    return [
        event
        for id_, override in state.durable.overrides.items()
        for event in _reviewed(override, find(state, id_), state, now)
    ]


def _reviewed(override: Override, place: Place | None, state: State, now: Instant) -> Iterator[AnyEvent]:
    rule = configured_rule(state, place) if place is not None else None
    configured = numbers_of(rule) if rule is not None else {}
    ends = _end_of(override, rule, _configured_device(state, place[0]) if place is not None else None)
    if not ends and configured == override.configured:
        return
    values = {name: one.value for name, one in override.numbers.items()}
    told: dict[str, Any] = {
        "at": now,
        "alarm": override.alarm,
        "text": override.text,
        "point": override.point,
        "unit": override.unit,
        "per": override.per,
        "before": override.in_force,
        "after": configured if ends else configured | values,
        "configured": configured,
    }
    if ends:
        yield LimitReverted(**told, reason=ends)
    else:
        yield LimitReconfigured(**told, configured_before=override.configured)


def _end_of(override: Override, rule: Rule | None, device: Device | None) -> str:
    """Why a change on site cannot go on with the rule that is configured now; empty where it can."""
    if rule is None or device is None:
        return "this alarm cannot occur any more"
    other = strayed(device, rule, override)
    if other:
        return other
    values = {name: one.value for name, one in override.numbers.items()}
    trouble = misfit(rule, values, override.unit)
    if trouble:
        return f"the configuration leaves no room for it: {trouble}"
    configured = numbers_of(rule)
    same = all(configured[name] == value for name, value in values.items())
    return "the configuration says the same now" if same else ""


# --- events ------------------------------------------------------------------------------------------------------------


def evolve(state: State, event: LimitEvent) -> None:
    """Remember what is changed on site, and let it be in force."""
    overrides, id_ = state.durable.overrides, event.alarm.id
    override = _override(overrides.get(id_), event)
    if override is None:
        overrides.pop(id_, None)
    else:
        overrides[id_] = override
    place = find(state, id_)
    if place is not None:
        _enforce(
            state,
            place,
            on_site(_configured_device(state, place[0]), configured_rule(state, place), override),
            event.at.mono,
        )


def _override(before: Override | None, event: LimitEvent) -> Override | None:
    """What differs on site after an event; None where nothing does."""
    known = before.numbers if before is not None else {}
    numbers = {}
    for name, value in event.after.items():
        if value == event.configured.get(name):
            continue
        if name in known and known[name].value == value:
            numbers[name] = known[name]
        elif isinstance(event, LimitChanged):
            numbers[name] = Overridden(value, event.by, event.reason, event.at)
    if not numbers:
        return None
    return Override(event.alarm, event.text, event.point, event.unit, event.configured, numbers, event.per)


def _enforce(state: State, place: Place, rule: Rule, mono: float) -> None:
    (watch, index), before = place, in_force(place)
    if rule == before:
        return
    rules = watch.device.rules
    watch.device = replace(watch.device, rules=(*rules[:index], rule, *rules[index + 1 :]))
    condition, device = watch.conditions[index], watch.device.id
    judge_anew(condition, mono, by_another_limit=rule.limit != before.limit)
    watch.unsettled = True
    state.held.discard((device, index))
    correlation.moved(state, watch, index)  # whoever waited for it need not, if nothing is pending any more
    due = due_of(condition, rule)
    if due is not None:  # a timer of the delay before may run, and end too late
        arm(state, due, device, index)


# --- rules by alarm ----------------------------------------------------------------------------------------------------


def find(state: State, alarm: str) -> Place | None:
    """The rule of an alarm by its id; None if no such alarm can occur."""
    for watch in state.watches.values():
        if alarm in watch.links.ids:
            return watch, watch.links.ids.index(alarm)
    return None


def configured_rule(state: State, place: Place) -> Rule:
    """The rule as the configuration has it."""
    return _configured_device(state, place[0]).rules[place[1]]


def _configured_device(state: State, watch: Watch) -> Device:
    return state.branch.devices[watch.device.id]


def unit_of(place: Place) -> str:
    """The unit of the point that the rule is about."""
    return point_of(place[0].device, in_force(place)).unit


def in_force(place: Place) -> Rule:
    """The rule as it is in force."""
    return place[0].device.rules[place[1]]
