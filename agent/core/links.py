"""Which rules of one device may explain which alarms, its own and those of others. Worked out once, when a core begins."""

from collections.abc import Collection

from msgspec import Struct

from agent.core.model import Device, Rule, alarm_key


class Links(Struct, frozen=True):
    """The rules of a device by the part they take in explanations; by their place in `device.rules`."""

    ids: tuple[str, ...]
    """The alarm's id of each rule."""
    causes: tuple[int, ...]
    """Rules because of which other devices may fail."""
    effects: tuple[int, ...]
    """Rules whose alarms may have a cause outside themselves."""
    own: tuple[tuple[int, ...], ...]
    """For each rule those of the same device that explain it."""
    parts: frozenset[int]
    """Rules whose change may change any explanation."""
    restless: tuple[int, ...]
    """Rules that must see every reading, also one that is like the last."""


def links_of(device: Device, words: Collection[str]) -> Links:
    """The links of one device.

    Args:
        device: the device.
        words: all devices and alarms that anything in the site needs.
    """
    rules = device.rules
    ids = tuple(alarm_key(device, rule).id for rule in rules)
    own = tuple(
        tuple(at for at, one in enumerate(rules) if one is not rule and _explains(one, rule))
        for rule in rules
    )
    causes = tuple(at for at, rule in enumerate(rules) if rule.takes_down or ids[at] in words)
    effects = tuple(at for at, rule in enumerate(rules) if rule.explained_by_dependencies or own[at])
    restless = tuple(at for at, rule in enumerate(rules) if rule.confirm[1] > 1 or rule.limit.per)
    return Links(ids, causes, effects, own, frozenset([*causes, *effects]).union(*own), restless)


def _explains(cause: Rule, rule: Rule) -> bool:
    return cause.type in rule.explained_by and cause.qualifier in ("", rule.qualifier)
