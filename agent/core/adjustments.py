"""Limits and delays that were changed on site, apart from what the configuration says (ISA-18.2, management of change).

A rule's numbers go by the names that they have in a profile. The configuration stays what it is; an override lies over
it, number by number, so that a number which nobody changed on site follows the configuration. Pure.
"""

import math
from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from agent.core.inputs import Origin
from agent.core.model import AlarmKey, Bounds, Device, Instant, Point, Rule, Text, alarm_key
from agent.core.values import show_exactly

LIMITS = ("raise_above", "clear_below", "raise_below", "clear_above")
"""The numbers of a limit, in the unit of the point."""
DELAYS = ("on_delay", "off_delay")
"""The numbers that are seconds."""
NAMES = (*LIMITS, *DELAYS)
TEXTS: Mapping[str, Text] = {
    "raise_above": Text("raised above", "高于此值告警"),
    "clear_below": Text("cleared at or below", "降到此值恢复"),
    "raise_below": Text("raised below", "低于此值告警"),
    "clear_above": Text("cleared at or above", "升到此值恢复"),
    "on_delay": Text("on-delay", "告警延时"),
    "off_delay": Text("off-delay", "恢复延时"),
}
"""What people call them."""

Numbers = Mapping[str, float]


class Overridden(Struct, frozen=True):
    """One number that was changed on site: to what, by whom, why, and when."""

    value: float
    by: Origin
    reason: str
    at: Instant


class Override(Struct, frozen=True):
    """What was changed on site of one rule.

    It can be told also when the rule is gone.
    """

    alarm: AlarmKey
    text: Text
    point: str
    unit: str
    configured: dict[str, float]
    """All numbers of the rule as the configuration had them last."""
    numbers: dict[str, Overridden]
    per: float | None = None
    """Seconds within which the limit was of a change, 0 for the value itself; None: a version wrote it that told neither."""

    @property
    def in_force(self) -> dict[str, float]:
        """All numbers of the rule as they were in force last."""
        return self.configured | {name: one.value for name, one in self.numbers.items()}


def numbers_of(rule: Rule) -> dict[str, float]:
    """All numbers that a rule has, by name."""
    limits = ((name, getattr(rule.limit, name)) for name in LIMITS)
    delays = ((name, getattr(rule, name)) for name in DELAYS)
    return {name: value for name, value in (*limits, *delays) if value is not None}


def unit_of(name: str, unit: str) -> str:
    """The unit of a number of a rule about a point in `unit`."""
    return "s" if name in DELAYS else unit


def with_numbers(rule: Rule, numbers: Numbers) -> Rule:
    """The rule with other numbers; names that it does not have are left out."""
    given: dict[str, Any] = {name: value for name, value in numbers.items() if name in numbers_of(rule)}
    limit = replace(rule.limit, **{name: given[name] for name in LIMITS if name in given})
    return replace(rule, limit=limit, **{name: given[name] for name in DELAYS if name in given})


def misfit(rule: Rule, numbers: Numbers, unit: str = "") -> str:
    """Why a configured rule about a point in `unit` may not have these numbers on site; empty where it may.

    A number that is as configured always may: bounds are for what is changed.
    """
    configured = numbers_of(rule)
    for name, value in numbers.items():
        if name not in configured:
            return f"it has no {name:.40}"
        if not math.isfinite(value):
            return f"{name} is no number"
        if value != configured[name] and name not in rule.adjustable:
            return f"{name} may not be changed on site"
        if value != configured[name] and not _lies_in(rule.adjustable[name], value):
            return f"{name} must lie between {_both(rule.adjustable[name], unit_of(name, unit))}"
    return _disorder(configured | dict(numbers), unit)


def _lies_in(bounds: Bounds, value: float) -> bool:
    return bounds.low <= value <= bounds.high


def _both(bounds: Bounds, unit: str) -> str:
    return f"{show_exactly(bounds.low, unit)} and {show_exactly(bounds.high, unit)}"


def _disorder(numbers: Numbers, unit: str) -> str:
    """Why these numbers leave no deadband between raise and clear; empty where they do, or where there is none."""
    for upper, lower in (("raise_above", "clear_below"), ("clear_above", "raise_below")):
        if upper in numbers and lower in numbers and numbers[lower] >= numbers[upper]:
            low, high = show_exactly(numbers[lower], unit), show_exactly(numbers[upper], unit)
            return f"{lower} ({low}) must be below {upper} ({high})"
    return ""


def strayed(device: Device, rule: Rule, override: Override) -> str:
    """Why a change on site was of something else than the rule is about now; empty where it is about the same."""
    if rule.point != override.point:
        return f"it was changed for {override.point}, and the alarm is about {rule.point} now"
    unit = point_of(device, rule).unit
    if unit != override.unit:
        return f'it was changed in the unit "{override.unit}", which is "{unit}" now'
    if override.per is not None and rule.limit.per != override.per:
        return (
            f"it was changed for {_measure(override.per)}, and the limit is of {_measure(rule.limit.per)} now"
        )
    return ""


def _measure(per: float) -> str:
    return f"the change within {per:.10g} s" if per else "the value itself"


def point_of(device: Device, rule: Rule) -> Point:
    """The point that a rule is about; one without a unit where the device does not list it."""
    return device.points.get(rule.point, Point(rule.point))


def on_site(device: Device, rule: Rule, override: Override | None) -> Rule:
    """The rule that is in force, given the configured one; an override that does not fit it any more counts for nothing."""
    if override is None or strayed(device, rule, override):
        return rule
    values = {name: one.value for name, one in override.numbers.items()}
    return rule if misfit(rule, values) else with_numbers(rule, values)


def device_on_site(device: Device, overrides: Mapping[str, Override]) -> Device:
    """The device with the rules that are in force, given the configured one."""
    if not overrides:
        return device
    rules = (on_site(device, rule, overrides.get(alarm_key(device, rule).id)) for rule in device.rules)
    return replace(device, rules=tuple(rules))
