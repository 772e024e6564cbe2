"""Limits changed on site: what is refused, what is told, and when a change takes effect."""

import msgspec
import pytest
from msgspec.structs import replace

from agent.core.branch import Branch
from agent.core.events import (
    AlarmCleared,
    AlarmRaised,
    LimitReconfigured,
    LimitReverted,
    OrderRefused,
    decode,
    encode,
    kind,
    subject,
)
from agent.core.inputs import Door, Order, Origin, Verb
from agent.core.model import Bounds, Limit, Point, Rule
from agent.core.state import decode_snapshot, encode_snapshot, new_state
from tests.core.branch import EPOCH, LI, ON_BATTERY
from tests.core.site import BOUNDS, HOT, HOT_RULE, LOW, LOW_RULE, MAINS, RISING, Site, ups

NAN, INF = float("nan"), float("inf")


def test_a_change_is_told_with_before_after_configuration_who_and_why() -> None:
    """Everything that a reviewer needs is in the event."""
    site = Site()
    assert site.set(raise_above=50, on_delay=60) == ""
    told = site.changed()
    configured = {"raise_above": 40.0, "clear_below": 35.0, "on_delay": 0.0, "off_delay": 0.0}
    assert told.before == told.configured == configured
    assert told.after == configured | {"raise_above": 50.0, "on_delay": 60.0} == site.numbers()
    assert (told.alarm.id, told.point, told.text.en) == (HOT, "ups.temperature", "hot")
    assert (told.by, told.reason, told.order, subject(told)) == (LI, "summer", "o-1", HOT)


def test_who_changed_which_number_is_remembered_by_number() -> None:
    """A second change leaves what it does not name as it was, with its author and reason."""
    site = Site()
    site.set(raise_above=50, reason="summer")
    site.mono += 60
    site.set(on_delay=60, reason="flapping")
    numbers = site.state.durable.overrides[HOT].numbers
    assert {name: (one.value, one.reason, one.at.wall) for name, one in numbers.items()} == {
        "raise_above": (50.0, "summer", EPOCH + 1000),
        "on_delay": (60.0, "flapping", EPOCH + 1060),
    }
    assert site.changed().before["raise_above"] == 50


def test_a_number_set_back_to_its_configured_value_is_no_override_any_more() -> None:
    """Setting everything back is as good as a revert."""
    site = Site()
    site.set(raise_above=50, on_delay=60)
    assert site.set(raise_above=40) == ""
    assert set(site.state.durable.overrides[HOT].numbers) == {"on_delay"}
    assert site.set(on_delay=0) == ""
    assert site.state.durable.overrides == {}


def test_a_revert_brings_the_configuration_back() -> None:
    """With who and why, as each change."""
    site = Site()
    configured = site.numbers()
    site.set(raise_above=50)
    assert site.revert() == ""
    told = site.events[-1]
    assert isinstance(told, LimitReverted)
    assert (told.before["raise_above"], told.after["raise_above"]) == (50, 40)
    assert (told.by, told.reason) == (LI, "autumn")
    assert site.numbers() == configured
    assert site.state.durable.overrides == {}


BETWEEN = "raise_above must lie between 30 and 60"


@pytest.mark.parametrize(
    ("alarm", "numbers", "reason", "refusal"),
    [
        ("ups-9.hot", {"raise_above": 50.0}, "x", "no alarm ups-9.hot can occur here"),
        (MAINS, {"on_delay": 50.0}, "x", "its limit may not be changed on site"),
        ("ups-1.unreachable", {"on_delay": 50.0}, "x", "its limit may not be changed on site"),
        (LOW, {"on_delay": 50.0}, "x", "on_delay may not be changed on site"),
        (HOT, {"raise_above": 29.9}, "x", BETWEEN),
        (HOT, {"raise_above": 60.1}, "x", BETWEEN),
        (HOT, {"on_delay": -1.0}, "x", "on_delay must lie between 0 s and 10 min"),
        (HOT, {"raise_above": NAN}, "x", "raise_above is no number"),
        (HOT, {"raise_above": INF}, "x", "raise_above is no number"),
        (HOT, {"off_delay": -INF}, "x", "off_delay is no number"),
        (HOT, {"raise_above": 35.0}, "x", "clear_below (35) must be below raise_above (35)"),
        (HOT, {"clear_below": 45.0}, "x", "clear_below (45) must be below raise_above (40)"),
        (LOW, {"raise_below": 35.0}, "x", "raise_below (35 %) must be below clear_above (30 %)"),
        (LOW, {"clear_above": 20.0}, "x", "raise_below (20 %) must be below clear_above (20 %)"),
        (HOT, {"raise_below": 35.0}, "x", "it has no raise_below"),
        (HOT, {"per": 35.0}, "x", "it has no per"),
        (HOT, {}, "x", "say what to change"),
        (HOT, {"raise_above": 50.0}, "", "a reason is needed"),
        (HOT, {"raise_above": 50.0}, " \t", "a reason is needed"),
        (HOT, {"raise_above": 50.0}, "\u200b", "a reason is needed"),
        (HOT, {"raise_above": 40.0}, "x", "nothing changes: it is so already"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(
    alarm: str, numbers: dict[str, float], reason: str, refusal: str
) -> None:
    """And journalled; nothing changes."""
    site = Site()
    before = site.numbers()
    assert site.set(alarm, reason, **numbers) == refusal
    refused = site.events[-1]
    assert isinstance(refused, OrderRefused)
    assert (refused.verb, refused.alarm, refused.by) == (Verb.SET_LIMIT, alarm, LI)
    assert site.numbers() == before
    assert site.state.durable.overrides == {}


@pytest.mark.parametrize(
    ("alarm", "reason", "refusal"),
    [
        ("ups-9.hot", "x", "no alarm ups-9.hot can occur here"),
        (LOW, "x", "nothing of it was changed on site"),
        (HOT, "", "a reason is needed"),
        (HOT, "\u3164", "a reason is needed"),
    ],
)
def test_a_revert_that_cannot_be_is_refused_with_its_reason(alarm: str, reason: str, refusal: str) -> None:
    """And the change on site stays."""
    site = Site()
    site.set(raise_above=50)
    assert site.revert(alarm, reason) == refusal
    assert site.numbers()["raise_above"] == 50


def test_both_sides_of_a_deadband_may_be_moved_at_once() -> None:
    """What counts is how they are together."""
    site = Site()
    assert site.set(raise_above=34) != ""
    assert site.set(raise_above=34, clear_below=30) == ""
    assert site.set(LOW, raise_below=35, clear_above=45) == ""
    assert site.numbers(LOW)["clear_above"] == 45


def test_a_standing_alarm_is_judged_by_the_next_reading_with_the_new_limit() -> None:
    """The change itself clears nothing; an answer like the last one does."""
    site = Site()
    assert site.hot(45) == ["alarm.raised"]
    site.set(raise_above=50, clear_below=46)
    assert site.wait(10) == []
    assert site.hot(45) == ["alarm.cleared"]
    cleared = site.events[-1]
    assert isinstance(cleared, AlarmCleared)
    assert cleared.evidence.limit == Limit(raise_above=50, clear_below=46)


def test_a_tighter_limit_raises_with_the_next_reading() -> None:
    """Also where that is like the last."""
    site = Site()
    site.hot(36)
    site.set(raise_above=34, clear_below=30)
    assert site.wait(10) == []
    assert site.hot(36) == ["alarm.raised"]
    raised = site.events[-1]
    assert isinstance(raised, AlarmRaised)
    assert raised.evidence.limit.raise_above == 34


def test_a_pending_raise_does_not_end_on_what_was_seen_by_another_limit() -> None:
    """Its delay begins anew with the first reading that the new limit calls abnormal."""
    site = Site()
    site.set(on_delay=60)
    site.hot(45)
    site.wait(50)
    site.set(raise_above=42)
    assert site.hot(45) == []
    assert site.hold(45, 50) == []
    assert site.hold(45, 10) == ["alarm.raised"]


def test_a_pending_raise_that_the_new_limit_does_not_know_comes_to_nothing() -> None:
    """The reading is normal by it."""
    site = Site()
    site.set(on_delay=60)
    site.hot(45)
    site.wait(50)
    site.set(raise_above=50)
    assert site.hold(45, 200) == []


def test_a_pending_clear_begins_anew_too() -> None:
    """Normal by the old limit says nothing of the new one."""
    site = Site()
    site.set(off_delay=60)
    site.hot(45)
    site.hot(33)
    site.wait(50)
    site.set(clear_below=30)
    assert site.hold(33, 200) == []
    site.hot(29)
    assert site.hold(29, 60) == ["alarm.cleared"]


def test_a_shorter_delay_holds_for_what_is_pending() -> None:
    """It ends when a reading has been seen and the shorter delay is over, not when the longer one would be."""
    site = Site()
    site.set(on_delay=600)
    site.hot(45)
    site.hold(45, 100)
    site.set(on_delay=120)
    assert site.hot(45) == []
    assert site.wait(19) == []
    assert site.wait(1) == ["alarm.raised"]


def test_a_shorter_delay_that_is_over_already_waits_for_a_reading() -> None:
    """A change of a number never raises by itself."""
    site = Site()
    site.set(on_delay=600)
    site.hot(45)
    site.wait(40)
    site.set(on_delay=10)
    assert site.wait(5) == []
    assert site.hot(45) == ["alarm.raised"]


def test_a_longer_delay_holds_for_what_is_pending() -> None:
    """The timer of the shorter one decides nothing."""
    site = Site()
    site.set(on_delay=60)
    site.hot(45)
    site.wait(30)
    site.set(on_delay=100)
    assert site.hold(45, 60) == []
    assert site.wait(9) == []
    assert site.wait(1) == ["alarm.raised"]


def test_without_an_answer_nothing_is_decided_by_the_new_limit() -> None:
    """A device that is silent raises only that."""
    site = Site()
    site.hot(45)
    site.failed()
    site.set(raise_above=50, clear_below=46)
    assert site.wait(20) == []
    assert site.hot(45) == ["alarm.cleared"]


def test_what_several_readings_said_is_forgotten_with_their_limit() -> None:
    """Two of three must say it by the new limit."""
    rule = replace(HOT_RULE, confirm=(2, 3))
    site = Site(Branch("sh-0042", {"ups-1": ups(rule)}))
    site.hot(45)
    site.set(raise_above=44)
    assert site.hot(45) == []
    assert site.hot(45) == ["alarm.raised"]


def test_the_last_values_of_a_change_within_a_time_are_kept() -> None:
    """They are values, not judgements: the new limit is held against the same change."""
    site = Site(Branch("sh-0042", {"ups-1": ups(RISING)}))
    rising = "ups-1.rising"
    for degrees in (20, 20.5, 21, 21.5, 22):
        assert site.hold(degrees, 100) == []
    assert site.set(rising, raise_above=2) == ""
    assert site.hot(22) == ["alarm.raised"]


def test_a_chattering_alarm_stays_held_when_its_limit_changes() -> None:
    """How often it came does not depend on the limit; it rests when it has been quiet."""
    site = Site()
    for _ in range(5):
        site.hot(45)
        site.wait(1)
        site.hot(20)
        site.wait(1)
    condition = site.state.watches["ups-1"].conditions[1]
    assert condition.quiet
    site.hot(45)
    site.set(raise_above=44)
    assert condition.quiet
    site.hot(45)
    assert site.wait(300) == ["alarm.chattering"]
    assert condition.active


def test_a_raise_that_waited_for_its_cause_and_for_nothing_now_is_let_go() -> None:
    """The limit under which it waited is gone."""
    rule = replace(HOT_RULE, explained_by=("on-battery",))
    mains = replace(ON_BATTERY, on_delay=10.0)
    site = Site(Branch("sh-0042", {"ups-1": ups(mains, rule)}))
    site.polled(ups_temperature=45.0, ups_status="OB")
    assert ("ups-1", 2) in site.state.held
    site.set(raise_above=50, clear_below=46)
    assert site.state.held == set()
    site.polled(ups_temperature=45.0, ups_status="OB")
    assert site.wait(30) == ["alarm.raised"]
    assert list(site.state.durable.alarms.alarms) == [MAINS]


def test_after_a_restart_the_change_is_in_force_and_the_next_reading_decides() -> None:
    """Nothing is told of it again."""
    site = Site()
    site.hot(45)
    site.set(raise_above=50, clear_below=46)
    again = Site(durable=site.state.durable, mono=5.0)
    assert [kind(event) for event in again.events] == ["box.started"]
    assert again.numbers()["raise_above"] == 50
    assert again.hot(45) == ["alarm.cleared"]


def restarted(site: Site, *rules: Rule) -> Site:
    """The site after a start with other rules; without any the device is gone."""
    devices = {"ups-1": ups(*rules)} if rules else {}
    return Site(Branch("sh-0042", devices), site.state.durable, mono=5.0)


def kinds(site: Site) -> list[str]:
    """What a start told."""
    return [kind(event) for event in site.events]


def test_another_configured_value_under_a_change_is_told_and_the_change_stays() -> None:
    """Once: the next start with the same configuration has nothing to say."""
    site = Site()
    site.set(raise_above=50)
    rule = replace(HOT_RULE, limit=Limit(raise_above=45.0, clear_below=38.0))
    again = restarted(site, rule)
    assert kinds(again) == ["box.started", "limit.reconfigured"]
    told = again.events[-1]
    assert isinstance(told, LimitReconfigured)
    assert (told.configured_before["raise_above"], told.configured["raise_above"]) == (40, 45)
    assert told.after == again.numbers()
    assert again.numbers()["raise_above"] == 50
    assert again.numbers()["clear_below"] == 38
    assert kinds(restarted(again, rule)) == ["box.started"]


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        (
            replace(HOT_RULE, adjustable=BOUNDS | {"raise_above": Bounds(30, 49)}),
            "the configuration leaves no room for it: raise_above must lie between 30 and 49",
        ),
        (
            replace(HOT_RULE, adjustable={"on_delay": Bounds(0, 9)}),
            "the configuration leaves no room for it: raise_above may not be changed on site",
        ),
        (
            replace(HOT_RULE, limit=Limit(raise_above=60.0, clear_below=55.0)),
            "the configuration leaves no room for it: clear_below (55) must be below raise_above (50)",
        ),
        (
            replace(HOT_RULE, limit=Limit(raise_below=10.0)),
            "the configuration leaves no room for it: it has no raise_above",
        ),
        (
            replace(HOT_RULE, limit=Limit(raise_above=50.0, clear_below=45.0)),
            "the configuration says the same now",
        ),
        (replace(HOT_RULE, type="temperature.other"), "this alarm cannot occur any more"),
    ],
)
def test_a_change_that_the_configuration_leaves_no_room_for_is_reverted_with_the_reason(
    rule: Rule, why: str
) -> None:
    """By the box itself, at its start; already before that event the configured limit is in force."""
    site = Site()
    site.set(raise_above=50)
    again = restarted(site, rule)
    assert kinds(again) == ["box.started", "limit.reverted"]
    told = again.events[-1]
    assert isinstance(told, LimitReverted)
    assert (told.by, told.reason, told.before["raise_above"]) == (None, why, 50)
    assert again.state.durable.overrides == {}
    assert kinds(restarted(again, rule)) == ["box.started"]


CELSIUS = {"ups.temperature": Point("ups.temperature", "Cel")}


@pytest.mark.parametrize(
    ("rule", "points", "why"),
    [
        (
            replace(HOT_RULE, point="battery.charge"),
            CELSIUS,
            "it was changed for ups.temperature, and the alarm is about battery.charge now",
        ),
        (
            HOT_RULE,
            {"ups.temperature": Point("ups.temperature", "[degF]")},
            'it was changed in the unit "Cel", which is "[degF]" now',
        ),
        (
            replace(HOT_RULE, limit=replace(HOT_RULE.limit, per=600.0)),
            CELSIUS,
            "it was changed for the value itself, and the limit is of the change within 600 s now",
        ),
    ],
)
@pytest.mark.parametrize("numbers", [{"raise_above": 50.0}, {"on_delay": 60.0}], ids=["limit", "delay"])
def test_a_change_of_what_the_alarm_is_not_about_any_more_is_reverted(
    rule: Rule, points: dict[str, Point], why: str, numbers: dict[str, float]
) -> None:
    """Though the numbers would fit: 50 °C say nothing of 50 % or 50 °F."""
    device = replace(ups(HOT_RULE), points=CELSIUS)
    site = Site(Branch("sh-0042", {"ups-1": device}))
    assert site.set(**numbers) == ""
    other = Branch("sh-0042", {"ups-1": replace(device, rules=ups(rule).rules, points=points)})
    before = decode_snapshot(encode_snapshot(site.state.durable))
    in_force = new_state(other, before).watches["ups-1"].device
    assert in_force.rules == other.devices["ups-1"].rules
    again = Site(other, before, mono=5.0)
    told = again.events[-1]
    assert isinstance(told, LimitReverted)
    assert (told.by, told.reason, told.point, told.unit) == (None, why, "ups.temperature", "Cel")
    assert again.state.durable.overrides == {}


def test_a_change_that_an_older_version_wrote_stays_in_force() -> None:
    """It did not tell whether the limit was of a change; nobody can say that it strayed."""
    site = Site()
    site.set(raise_above=50)
    told = msgspec.json.decode(encode(site.changed()))
    assert told.pop("per") == 0
    assert decode(msgspec.json.encode(told)).per is None
    snapshot = msgspec.json.decode(encode_snapshot(site.state.durable))
    del snapshot["overrides"][HOT]["per"]
    durable = decode_snapshot(msgspec.json.encode(snapshot))
    again = Site(durable=durable, mono=5.0)
    assert kinds(again) == ["box.started"]
    assert again.numbers()["raise_above"] == 50


def test_a_change_of_a_device_that_is_gone_is_reverted() -> None:
    """What was in force is told still; nothing is in force after it."""
    site = Site()
    site.set(raise_above=50)
    again = restarted(site)
    told = again.events[-1]
    assert isinstance(told, LimitReverted)
    assert (told.before["raise_above"], told.after) == (50, {})


def test_a_change_that_does_not_fit_is_not_in_force_even_before_it_is_reverted() -> None:
    """No reading is ever judged by a limit out of bounds."""
    site = Site()
    site.set(raise_above=50)
    narrow = replace(HOT_RULE, adjustable={"raise_above": Bounds(30, 45)})
    again = restarted(site, narrow, LOW_RULE)
    assert again.numbers()["raise_above"] == 40


def test_the_button_cannot_have_changed_anything() -> None:
    """What the desk denies is refused before the limit is looked at."""
    site = Site()
    by = Origin("button", Door.BUTTON)
    site.give(Order("o-2", Verb.SET_LIMIT, by, HOT, note="x", denied="a button may not do that"))
    assert isinstance(site.events[-1], OrderRefused)
