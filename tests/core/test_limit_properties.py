"""Limits changed on site, in any order: always within bounds, and the same again after a replay of the journal."""

import json

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from agent.core import events
from agent.core.adjustments import NAMES, numbers_of
from agent.core.branch import Branch
from agent.core.engine import evolve
from agent.core.events import AlarmCleared, AlarmRaised, AnyEvent
from agent.core.model import Bounds, Device, Limit
from agent.core.state import Durable, decode_snapshot, encode_snapshot, new_state
from tests.core.branch import LI, ON_BATTERY, TEMPERATURE
from tests.core.site import BOUNDS, HOT, HOT_RULE, LOW, LOW_RULE, MAINS, SITE, Site, ups

NUMBER = st.sampled_from([-1.0, 0.0, 10.0, 25.0, 30.0, 34.0, 35.0, 40.0, 45.0, 50.0, 60.0, 61.0, 600.0]) | (
    st.floats()
)
SETTING = st.dictionaries(st.sampled_from((*NAMES, "per")), NUMBER, max_size=3)
ALARM = st.sampled_from([HOT, LOW, MAINS, "ups-1.gone"])
KINDS = [
    SITE,
    Branch("sh-0042", {"ups-1": ups(LOW_RULE, replace(HOT_RULE, limit=Limit(raise_above=45.0)), ON_BATTERY)}),
    Branch(
        "sh-0042", {"ups-1": ups(replace(HOT_RULE, adjustable=BOUNDS | {"raise_above": Bounds(38.0, 44.0)}))}
    ),
    Branch("sh-0042", {"ups-1": ups(TEMPERATURE, LOW_RULE)}),
    Branch("sh-0042", {}),
]
STEPS = st.one_of(
    st.tuples(st.just("set"), ALARM, SETTING),
    st.tuples(st.just("revert"), ALARM),
    st.tuples(st.just("hot"), st.sampled_from([20.0, 33.0, 41.0, 47.0, 55.0])),
    st.tuples(st.just("wait"), st.sampled_from([1.0, 30.0, 700.0])),
    st.tuples(st.just("restart"), st.integers(0, len(KINDS) - 1)),
)


@settings(deadline=None)
@given(st.lists(STEPS, max_size=25))
def test_limits_in_force_are_within_bounds_and_a_replay_gives_the_same(
    steps: list[tuple[object, ...]],
) -> None:
    """After each step; also what a start makes of it, and what a snapshot holds."""
    site, told = Site(), list[AnyEvent]()
    for step in steps:
        site = _do(site, step, told)
        _check(site)
        history = [*told, *site.events]
        replayed = new_state(Branch("", {}))
        for event in history:
            evolve(replayed, events.decode(events.encode(event)))
        assert replayed.durable.overrides == site.state.durable.overrides
        assert replayed.durable.alarms == site.state.durable.alarms


def _do(site: Site, step: tuple[object, ...], told: list[AnyEvent]) -> Site:
    match step:
        case "set", str(alarm), dict(numbers):
            site.set(alarm, **numbers)
        case "revert", str(alarm):
            site.revert(alarm)
        case "hot", float(degrees):
            _only_readings_move(site, degrees)
        case "wait", float(seconds):
            site.wait(seconds)
        case "restart", int(which):
            told += site.events
            return Site(KINDS[which], site.state.durable, mono=site.mono + 1)
    return site


def _only_readings_move(site: Site, degrees: float) -> None:
    """Whatever a reading decides, it decides by the limit in force."""
    in_force = {} if "ups-1" not in site.state.watches else _limits(site.state.watches["ups-1"].device)
    known = len(site.events)
    site.hot(degrees)
    for event in site.events[known:]:
        if isinstance(event, AlarmRaised | AlarmCleared):
            assert event.evidence.limit == in_force[event.alarm.id]


def _limits(device: Device) -> dict[str, Limit]:
    return {f"{device.id}.{rule.type.replace('.', '-')}": rule.limit for rule in device.rules}


def _check(site: Site) -> None:
    state = site.state
    for id_, watch in state.watches.items():
        for rule, configured in zip(watch.device.rules, state.branch.devices[id_].rules, strict=True):
            numbers = numbers_of(rule)
            for name, value in numbers.items():
                bounds = configured.adjustable.get(name)
                assert value == numbers_of(configured)[name] or (
                    bounds and bounds.low <= value <= bounds.high
                )
            assert numbers.get("clear_below", -1e9) < numbers.get("raise_above", 1e9)
            assert numbers.get("raise_below", -1e9) < numbers.get("clear_above", 1e9)
    again = new_state(state.branch, decode_snapshot(encode_snapshot(state.durable)))
    assert {id_: watch.device for id_, watch in again.watches.items()} == {
        id_: watch.device for id_, watch in state.watches.items()
    }


def test_a_snapshot_of_before_loads() -> None:
    """Nothing was changed on site then."""
    old = json.loads(encode_snapshot(Durable()))
    del old["overrides"]
    assert decode_snapshot(json.dumps(old).encode()) == Durable()


def test_a_snapshot_keeps_what_was_changed() -> None:
    """By whom, why and from what, too."""
    site = Site()
    site.set(raise_above=50)
    kept = decode_snapshot(encode_snapshot(site.state.durable)).overrides[HOT]
    assert (kept.numbers["raise_above"].by, kept.configured["raise_above"]) == (LI, 40)
    assert msgspec.json.encode(kept) == msgspec.json.encode(site.state.durable.overrides[HOT])
