"""Which rules of one device may explain which alarms, its own and those of others. Worked out once, when a core begins."""

from collections.abc import Collection, Mapping

from msgspec import Struct

from agent.core.model import AlarmKey, Device, Rule, alarm_key


class Links(Struct, frozen=True):
    """The rules of a device by the part they take in explanations; by their place in `device.rules`."""

    keys: tuple[AlarmKey, ...]
    """The alarm of each rule."""
    ids: tuple[str, ...]
    """Its id."""
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
    often: tuple[int, ...]
    """Rules that count how often another one's condition passed."""
    levels: tuple[tuple[int, ...], ...]
    """For each rule that raises an alarm those that only make it worse."""


def links_of(device: Device, words: Collection[str]) -> Links:
    """The links of one device.

    Args:
        device: the device.
        words: all devices and alarms that anything in the site needs.
    """
    rules = device.rules
    keys = tuple(alarm_key(device, rule) for rule in rules)
    ids = tuple(key.id for key in keys)
    own = tuple(
        tuple(at for at, one in enumerate(rules) if one is not rule and _explains(one, rule))
        for rule in rules
    )
    raising = [(at, rule) for at, rule in enumerate(rules) if not rule.worsens]
    causes = tuple(at for at, rule in raising if rule.takes_down or ids[at] in words)
    effects = tuple(at for at, rule in raising if rule.explained_by_dependencies or own[at])
    levels = tuple(
        tuple(at for at, one in enumerate(rules) if one.worsens and ids[at] == id_ and not rule.worsens)
        for id_, rule in zip(ids, rules, strict=True)
    )
    restless = tuple(at for at, rule in enumerate(rules) if _is_restless(rule))
    often = tuple(at for at, rule in enumerate(rules) if rule.often is not None)
    return Links(
        keys, ids, causes, effects, own, frozenset([*causes, *effects]).union(*own), restless, often, levels
    )


def _is_restless(rule: Rule) -> bool:
    bounded = any(unless.at_most for unless in rule.unless)
    return bool(rule.confirm[1] > 1 or rule.limit.per or bounded)


def witnesses_of(devices: Mapping[str, Device]) -> dict[str, tuple[tuple[str, int], ...]]:
    """By alarm: the rules of other devices, by device and place, for which its condition makes more of a silence."""
    found: dict[str, tuple[tuple[str, int], ...]] = {}
    for id_, device in devices.items():
        for at, rule in enumerate(device.rules):
            for alarm in rule.lost.beside if rule.lost is not None else ():
                found[alarm] = (*found.get(alarm, ()), (id_, at))
    return found


def _explains(cause: Rule, rule: Rule) -> bool:
    return (
        not cause.worsens
        and not rule.worsens
        and cause.type in rule.explained_by
        and cause.qualifier in ("", rule.qualifier)
    )
