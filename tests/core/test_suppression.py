"""Suppression: four ways to keep alarms quiet, each with somebody, a reason and an end; the state goes on below."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from agent.core.annunciator import Show
from agent.core.events import (
    AlarmRaised,
    AlarmSuppressionChanged,
    OrderRefused,
    SuppressionBegan,
    SuppressionEnded,
)
from agent.core.graph import AllOf, AnyOf
from agent.core.inputs import Order, Verb
from agent.core.model import ClockQuality, Layer, Limit, Rule, Severity
from agent.core.sequences import Sequence
from agent.core.state import decode_snapshot, encode_snapshot, indication
from agent.core.suppression.nouns import Design, Ending, Kind, MaintenanceWindow
from agent.core.suppression.windows import next_begin, next_change, open_at
from tests.core.branch import BRANCH, LI, Room, text
from tests.core.chain import CHAIN, Chain, device

HOT, LOW = "ups-1.temperature-high", "ups-1.battery-low"
UPS, SWITCH, PBX, GATEWAY = (f"{id_}.unreachable" for id_ in ("ups-1", "switch-1", "pbx-1", "gw-1"))
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2027, 3, 7, 12, tzinfo=SHANGHAI).timestamp()


def window(
    *devices: str,
    begins: tuple[int, ...] = (2027, 3, 1, 13),
    hours: float = 2.0,
    rule: str = "FREQ=DAILY",
    zone: ZoneInfo = SHANGHAI,
) -> MaintenanceWindow:
    """A window of work on devices."""
    first = datetime(*begins)  # type: ignore[arg-type, misc]  # noqa: DTZ001  # local time of the site
    times = rrulestr(rule, dtstart=first)
    return MaintenanceWindow("work", devices, times, zone, hours * 3600.0, "batteries", "Li Na", first)


def sequence(room: Room, alarm: str) -> Sequence:
    """Where the window of an alarm is."""
    found = room.state.durable.windows.get(alarm)
    return found.sequence if found else Sequence.NORMAL


def suppressors(room: Room, alarm: str) -> set[Kind]:
    """What suppresses an alarm of the list."""
    return {one.kind for one in room.state.durable.alarms.alarms[alarm].suppressed}


def began(room: Room) -> list[str]:
    """What has been suppressed so far."""
    return [one.suppression.id for one in room.events if isinstance(one, SuppressionBegan)]


def endings(room: Room) -> list[tuple[str, Ending]]:
    """What has ended so far, and why."""
    return [(one.id, one.cause) for one in room.events if isinstance(one, SuppressionEnded)]


# --- shelving ----------------------------------------------------------------------------------------------------


def test_a_shelved_alarm_is_dark_and_silent_but_stays_on_the_list() -> None:
    """State is never suppressed: only lamp and horn are."""
    room = Room()
    room.polled(ups_temperature=50)
    assert indication(room.state, room.mono).horn
    room.shelve(HOT, 3600)
    shown = indication(room.state, room.mono)
    assert (shown.amber, shown.horn) == (Show.OFF, False)
    alarm = room.state.durable.alarms.alarms[HOT]
    assert alarm.is_shelved
    assert not alarm.is_cleared
    assert [(one.state.value, one.text) for one in alarm.operator_changes] == [
        ("shelved", "the card is being replaced")
    ]


def test_what_is_still_wrong_when_the_shelf_ends_is_annunciated_then() -> None:
    """By itself, at the second at which the time is over, and told as the time's doing."""
    room = Room()
    room.polled(ups_temperature=50)
    room.shelve(HOT, 600)
    room.wait(599)
    assert sequence(room, HOT) is Sequence.SUPPRESSED
    room.wait(1)
    assert sequence(room, HOT) is Sequence.ALERT
    assert endings(room) == [(f"shelved:{HOT}", Ending.TIME)]
    last = room.state.durable.alarms.alarms[HOT].operator_changes[-1]
    assert (last.state.value, last.by) == ("un-shelved", None)


def test_what_was_acknowledged_before_does_not_alert_again() -> None:
    """Somebody has it in hand: its window is steady when the shelf ends."""
    room = Room()
    room.polled(ups_temperature=50)
    room.order(Verb.ACKNOWLEDGE, HOT)
    room.shelve(HOT, 600)
    room.wait(600)
    assert sequence(room, HOT) is Sequence.ACKNOWLEDGED


def test_an_alarm_can_be_shelved_before_it_comes_and_ends_without_asking_anybody() -> None:
    """One that came and went on the shelf alerted nobody: it wants no acknowledgement."""
    room = Room()
    room.shelve(HOT, 3600)
    room.polled(ups_temperature=50)
    raised = [one for one in room.events if isinstance(one, AlarmRaised)]
    assert [one.suppressed[0].kind for one in raised] == [Kind.SHELVED]
    assert sequence(room, HOT) is Sequence.SUPPRESSED
    room.polled()
    assert HOT not in room.state.durable.alarms.alarms
    assert sequence(room, HOT) is Sequence.NORMAL


def test_a_new_occurrence_on_the_shelf_stays_on_it() -> None:
    """The shelf is of the alarm, not of the occurrence."""
    room = Room()
    room.shelve(HOT, 3600)
    for degrees in (50, 20, 50):
        room.polled(ups_temperature=degrees)
    assert suppressors(room, HOT) == {Kind.SHELVED}
    assert not indication(room.state, room.mono).horn


def test_unshelving_says_who_and_annunciates_at_once() -> None:
    """The order's name is in the alarm's history."""
    room = Room()
    room.polled(ups_temperature=50)
    room.shelve(HOT, 3600)
    room.order(Verb.UNSHELVE, HOT)
    assert sequence(room, HOT) is Sequence.ALERT
    assert room.state.durable.alarms.alarms[HOT].operator_changes[-1].by == LI
    assert not room.state.durable.suppressions


def test_shelving_again_moves_the_end() -> None:
    """The later order counts, longer or shorter."""
    room = Room()
    room.shelve(HOT, 600)
    room.wait(300)
    room.shelve(HOT, 600)
    room.wait(599)
    assert room.state.durable.suppressions
    room.wait(1)
    assert not room.state.durable.suppressions


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (Order("1", Verb.SHELVE, LI, "ups-1.nothing", note="x", seconds=600), "no alarm ups-1.nothing"),
        (Order("1", Verb.SHELVE, LI, "nobody.nothing", note="x", seconds=600), "no alarm nobody.nothing"),
        (Order("1", Verb.SHELVE, LI, HOT, note=" ", seconds=600), "a reason is wanted"),
        (Order("1", Verb.SHELVE, LI, HOT, note="x"), "from 60 to 86400 seconds"),
        (Order("1", Verb.SHELVE, LI, HOT, note="x", seconds=-5), "from 60 to 86400 seconds"),
        (Order("1", Verb.SHELVE, LI, HOT, note="x", seconds=float("nan")), "from 60 to 86400 seconds"),
        (Order("1", Verb.SHELVE, LI, HOT, note="x", seconds=float("inf")), "from 60 to 86400 seconds"),
        (Order("1", Verb.SHELVE, LI, HOT, note="x", seconds=86_401), "from 60 to 86400 seconds"),
        (Order("1", Verb.SHELVE, LI, LOW, note="x", seconds=14_401), "from 60 to 14400 seconds"),
        (Order("1", Verb.UNSHELVE, LI, HOT), "is not shelved"),
        (Order("1", Verb.TAKE_OUT, LI, device="nobody", note="x", seconds=600), "no device nobody"),
        (Order("1", Verb.TAKE_OUT, LI, device="ups-1", seconds=600), "a reason is wanted"),
        (Order("1", Verb.TAKE_OUT, LI, device="ups-1", note="x", seconds=1e9), "from 60 to 2592000 seconds"),
        (Order("1", Verb.RETURN, LI, device="ups-1"), "is not out-of-service"),
    ],
)
def test_an_absurd_order_is_refused_with_its_reason(order: Order, reason: str) -> None:
    """Journalled with who wanted it; nothing is suppressed."""
    room = Room()
    room.give(order)
    refused = room.events[-1]
    assert isinstance(refused, OrderRefused)
    assert reason in refused.reason
    assert refused.by == LI
    assert not room.state.durable.suppressions


def test_a_shelved_cause_hides_nobody() -> None:
    """Its consequences speak for themselves until it is taken off the shelf; then they stand behind it again."""
    room = Chain()
    room.shelve(SWITCH, 3600)
    room.dead = {"switch-1", "pbx-1", "gw-1"}
    room.run(60)
    assert room.causes() == {SWITCH: (), PBX: (SWITCH,), GATEWAY: (SWITCH,)}
    assert [sequence(room, one) for one in (SWITCH, PBX)] == [Sequence.SUPPRESSED, Sequence.ALERT]
    room.order(Verb.UNSHELVE, SWITCH)
    assert [sequence(room, one) for one in (SWITCH, PBX)] == [Sequence.ALERT, Sequence.BEHIND]
    room.shelve(SWITCH, 3600)
    assert [sequence(room, one) for one in (SWITCH, PBX)] == [Sequence.SUPPRESSED, Sequence.ALERT]


# --- out of service: inherited down the graph --------------------------------------------------------------------


def test_maintenance_of_the_parent_is_inherited_by_what_may_be_its_consequence() -> None:
    """LibreNMS 18979: the children of a UPS that is being worked on do not call anybody."""
    room = Chain()
    room.take_out("ups-1", 3600)
    room.dead = {"ups-1", "switch-1", "pbx-1", "gw-1"}
    room.run(60)
    assert set(room.causes()) == {UPS, SWITCH, PBX, GATEWAY}
    assert all(suppressors(room, alarm) == {Kind.OUT_OF_SERVICE} for alarm in room.causes())
    assert not indication(room.state, room.mono).horn
    room.give(Order("2", Verb.RETURN, LI, device="ups-1", note="done"))
    assert [sequence(room, one) for one in (UPS, SWITCH)] == [Sequence.ALERT, Sequence.BEHIND]


def test_what_is_no_consequence_is_not_inherited() -> None:
    """A service that stops on a PBX behind a UPS in maintenance still calls somebody."""
    room = Chain()
    room.take_out("ups-1", 3600)
    room.says = {"pbx-1": {"processes": 0}}
    room.run(30)
    assert suppressors(room, "pbx-1.service-down") == set()
    assert sequence(room, "pbx-1.service-down") is Sequence.ALERT


def test_who_has_another_path_inherits_only_when_all_are_in_maintenance() -> None:
    """Any of two switches feeds the ACD: with one of them out its silence is no consequence."""
    room = Chain()
    room.take_out("switch-1", 3600)
    assert "acd-1.unreachable" not in room.state.cover
    room.take_out("switch-2", 3600)
    assert "acd-1.unreachable" in room.state.cover


def test_the_way_to_a_device_is_inherited_by_its_silence_alone() -> None:
    """A card behind a switch that is being worked on may fall silent; what its UPS tells still counts."""
    room = Chain()
    room.take_out("switch-3", 3600)
    assert {id_ for id_ in room.state.cover if id_.startswith("card-1")} == {"card-1.unreachable"}


# --- windows -------------------------------------------------------------------------------------------------------


def test_a_window_opens_and_shuts_by_the_calendar() -> None:
    """At one o'clock of the site it opens, two hours later it is over, and what is wrong then is annunciated."""
    room = Chain(replace(CHAIN, windows=(window("ups-1"),)), wall=NOON, quality=ClockQuality.NTP)
    room.run(3595)
    assert not began(room)
    room.run(5)
    assert began(room) == ["window:work"]
    room.dead = {"ups-1"}
    room.run(60)
    assert sequence(room, UPS) is Sequence.SUPPRESSED
    room.run(2 * 3600 - 60)
    assert endings(room) == [("window:work", Ending.TIME)]
    assert sequence(room, UPS) is Sequence.ALERT


def test_a_window_that_is_open_at_the_start_is_in_force_before_any_reading() -> None:
    """Icinga 4120, 5224: no alarm in the seconds after a restart within a window."""
    room = Chain(replace(CHAIN, windows=(window("ups-1"),)), wall=NOON + 5400, quality=ClockQuality.NTP)
    assert began(room) == ["window:work"]
    at = [type(one) for one in room.events].index(SuppressionBegan)
    room.says = {"ups-1": {"ups.status": "OFF"}}
    room.run(20)
    raised = [one for one in room.events[at:] if isinstance(one, AlarmRaised)]
    assert raised
    assert all(one.suppressed for one in raised)


def test_a_restart_inside_a_window_keeps_it_and_does_not_begin_it_again() -> None:
    """Neither a second beginning nor an alarm of what stands suppressed."""
    branch = replace(CHAIN, windows=(window("ups-1"),))
    room = Chain(branch, wall=NOON + 5400, quality=ClockQuality.NTP)
    room.dead = {"ups-1"}
    room.run(60)
    durable = decode_snapshot(encode_snapshot(room.state.durable))
    again = Chain(branch, durable=durable, mono=5.0, wall=NOON + 5500, quality=ClockQuality.NTP, boot="b")
    again.dead = {"ups-1"}
    again.run(60)
    assert began(again) == []
    assert not indication(again.state, again.mono).horn
    assert sequence(again, UPS) is Sequence.SUPPRESSED


def test_a_restart_after_the_window_ends_it_before_any_reading() -> None:
    """The time passed while the box was off."""
    branch = replace(CHAIN, windows=(window("ups-1"),))
    room = Chain(branch, wall=NOON + 5400, quality=ClockQuality.NTP)
    room.dead = {"ups-1"}
    room.run(60)
    durable = decode_snapshot(encode_snapshot(room.state.durable))
    again = Chain(branch, durable=durable, mono=5.0, wall=NOON + 6 * 3600, quality=ClockQuality.NTP, boot="b")
    assert endings(again) == [("window:work", Ending.TIME)]
    assert sequence(again, UPS) is Sequence.ALERT


def test_a_clock_that_nobody_believes_opens_nothing_but_lets_run_out_what_is_open() -> None:
    """A Pi without a battery clock wakes up in 1970 within a window: what was left at the last event is left."""
    branch = replace(CHAIN, windows=(window("ups-1"),))
    assert not began(Chain(branch, wall=NOON + 5400))
    room = Chain(branch, wall=NOON + 3600, quality=ClockQuality.NTP, boot="a")
    room.run(3600)
    room.order(Verb.SILENCE)
    durable = decode_snapshot(encode_snapshot(room.state.durable))
    again = Chain(branch, durable=durable, mono=5.0, wall=0.0, boot="b")
    again.run(3590)
    assert not endings(again)
    again.run(20)
    assert endings(again) == [("window:work", Ending.TIME)]


def test_a_clock_that_is_found_later_ends_what_is_over() -> None:
    """Shelved for an hour, off for five, awake in 1970; when NTP answers the hour is long over."""
    room = Room(wall=NOON, quality=ClockQuality.NTP, boot="a")
    room.shelve(HOT, 3600)
    durable = decode_snapshot(encode_snapshot(room.state.durable))
    again = Room(durable=durable, mono=5.0, wall=0.0, boot="b")
    again.wait(60)
    assert not endings(again)
    again.offset, again.quality = NOON + 5 * 3600, ClockQuality.NTP
    again.wait(1)
    assert endings(again) == [(f"shelved:{HOT}", Ending.TIME)]


@pytest.mark.parametrize("years", [-10, 10])
def test_no_step_of_the_wall_clock_moves_the_end_of_a_shelf(years: int) -> None:
    """Within a boot a duration is monotonic, whatever anybody does to the clock."""
    room = Room(wall=NOON, quality=ClockQuality.NTP)
    room.shelve(HOT, 3600)
    room.offset += years * 365 * 86_400
    room.wait(3599)
    assert room.state.durable.suppressions
    room.wait(1)
    assert not room.state.durable.suppressions


def test_a_window_that_the_site_has_no_more_ends_at_the_start() -> None:
    """And says that the configuration is why."""
    room = Chain(replace(CHAIN, windows=(window("ups-1"),)), wall=NOON + 5400, quality=ClockQuality.NTP)
    durable = decode_snapshot(encode_snapshot(room.state.durable))
    again = Chain(durable=durable, wall=NOON + 5500, quality=ClockQuality.NTP)
    assert endings(again) == [("window:work", Ending.CONFIGURATION)]


def test_a_window_of_other_devices_than_before_begins_anew() -> None:
    """The site file was changed while it was open."""
    room = Chain(replace(CHAIN, windows=(window("ups-1"),)), wall=NOON + 5400, quality=ClockQuality.NTP)
    durable = decode_snapshot(encode_snapshot(room.state.durable))
    other = replace(CHAIN, windows=(window("switch-2"),))
    again = Chain(other, durable=durable, wall=NOON + 5500, quality=ClockQuality.NTP)
    assert began(again) == ["window:work"]
    assert "switch-2.unreachable" in again.state.cover
    assert UPS not in again.state.cover


def local(zone: ZoneInfo, *when: int) -> float:
    """The wall second of a local time, the first of two."""
    return datetime(*when, tzinfo=zone).timestamp()  # type: ignore[misc, arg-type]  # year, month …


def test_summer_time_neither_loses_nor_doubles_a_window() -> None:
    """A window at half past two: skipped by the clock it opens an hour later, met twice it opens once."""
    zone = ZoneInfo("Europe/Berlin")
    work = window("ups-1", begins=(2027, 3, 1, 2, 30), hours=1.0, zone=zone)
    spring = datetime(
        2027, 3, 28, 1, 30, tzinfo=UTC
    ).timestamp()  # 03:30 in Berlin, where 02:30 does not exist
    assert open_at(work, spring) == (spring, spring + 3600)
    autumn = local(zone, 2027, 10, 31, 2, 30)
    assert open_at(work, autumn) == (autumn, autumn + 3600)
    assert open_at(work, autumn + 3599) == (autumn, autumn + 3600)
    assert open_at(work, autumn + 3600) is None  # half past two for the second time


@given(
    wall=st.floats(local(SHANGHAI, 2026, 1, 1), local(SHANGHAI, 2030, 1, 1)),
    rule=st.sampled_from(["FREQ=DAILY", "FREQ=MONTHLY;BYDAY=2SU", "FREQ=WEEKLY;BYDAY=MO,TH", "FREQ=YEARLY"]),
    hours=st.floats(0.1, 60.0),
    zone=st.sampled_from(
        [ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin"), ZoneInfo("America/St_Johns")]
    ),
)
@settings(max_examples=150, deadline=None)
def test_nothing_changes_before_the_next_change(wall: float, rule: str, hours: float, zone: ZoneInfo) -> None:
    """Whoever looks again at `next_change` misses neither the opening nor the shutting of a window."""
    work = window("ups-1", begins=(2026, 6, 1, 2, 30), hours=hours, rule=rule, zone=zone)
    change = next_change(work, wall)
    assert wall < change <= wall + 86_400
    now = open_at(work, wall)
    for share in (0.001, 0.3, 0.7, 0.999):
        assert open_at(work, wall + (change - wall) * share) == now
    begin = next_begin(work, wall)
    assert begin is None or (begin > wall and open_at(work, begin) is not None)


# --- by design -----------------------------------------------------------------------------------------------------

OFF = "ups-1.output-off"
TESTING = Design(
    "generator-test",
    (OFF,),
    "gw-1",
    Rule(
        "generator-test",
        "generator",
        Severity.WARNING,
        Limit(among=("running",)),
        text("test"),
        off_delay=30.0,
    ),
    "the generator is tested",
    "facility",
)


def generator() -> Chain:
    """A branch whose gateway knows whether the generator runs."""
    return Chain(replace(CHAIN, designs=(TESTING,)), wall=NOON)


def test_what_is_suppressed_by_design_begins_and_ends_with_its_reason() -> None:
    """While the generator runs the UPS may say what it likes; half a minute after, it may not."""
    room = generator()
    room.says = {"gw-1": {"generator": "running"}}
    room.run(11)
    assert began(room) == ["by-design:generator-test"]
    room.says["ups-1"] = {"ups.status": "OFF"}
    room.run(20)
    assert suppressors(room, OFF) == {Kind.BY_DESIGN}
    room.says["gw-1"] = {"generator": "off"}
    room.run(50)
    assert endings(room) == [("by-design:generator-test", Ending.CONDITION)]
    assert sequence(room, OFF) is Sequence.ALERT


def test_what_nobody_can_say_any_more_suppresses_nothing() -> None:
    """The device that tells of the generator falls silent: the alarm is let out."""
    room = generator()
    room.says = {"gw-1": {"generator": "running"}, "ups-1": {"ups.status": "OFF"}}
    room.run(20)
    assert sequence(room, OFF) is Sequence.SUPPRESSED
    room.dead = {"gw-1"}
    room.run(90)
    assert endings(room) == [("by-design:generator-test", Ending.CONDITION)]
    assert sequence(room, OFF) is Sequence.ALERT


def test_after_a_restart_design_waits_for_a_word_but_not_for_ever() -> None:
    """It is as it was until its device has answered, or has had time to."""
    room = generator()
    room.says = {"gw-1": {"generator": "running"}, "ups-1": {"ups.status": "OFF"}}
    room.run(20)
    durable = decode_snapshot(encode_snapshot(room.state.durable))
    for dead in (set[str](), {"gw-1"}):
        again = Chain(replace(CHAIN, designs=(TESTING,)), durable=decode_snapshot(encode_snapshot(durable)))
        again.dead, again.says = dead, room.says
        again.run(30)
        assert not endings(again)
        again.run(60)
        assert bool(endings(again)) is bool(dead)


# --- everything together -------------------------------------------------------------------------------------------

ACTS = st.one_of(
    st.tuples(st.just("shelve"), st.sampled_from([UPS, SWITCH, PBX]), st.sampled_from([60, 200, 3000])),
    st.tuples(st.just("unshelve"), st.sampled_from([UPS, SWITCH, PBX]), st.just(0)),
    st.tuples(st.just("out"), st.sampled_from(["ups-1", "switch-1"]), st.sampled_from([60, 200, 3000])),
    st.tuples(st.just("in"), st.sampled_from(["ups-1", "switch-1"]), st.just(0)),
    st.tuples(st.just("kill"), st.sampled_from(["ups-1", "switch-1", "pbx-1"]), st.just(0)),
    st.tuples(st.just("heal"), st.sampled_from(["ups-1", "switch-1", "pbx-1"]), st.just(0)),
    st.tuples(st.just("run"), st.just(""), st.sampled_from([11, 70, 250])),
    st.tuples(st.just("acknowledge"), st.sampled_from([UPS, SWITCH, PBX]), st.just(0)),
)


def act(room: Chain, what: str, whom: str, seconds: int) -> None:
    """One thing that may happen."""
    match what:
        case "shelve":
            room.shelve(whom, seconds)
        case "unshelve":
            room.order(Verb.UNSHELVE, whom)
        case "out":
            room.take_out(whom, seconds)
        case "in":
            room.give(Order("2", Verb.RETURN, LI, device=whom))
        case "kill":
            room.dead.add(whom)
        case "heal":
            room.dead.discard(whom)
        case "run":
            room.run(seconds)
        case "acknowledge":
            room.order(Verb.ACKNOWLEDGE, whom)


@given(acts=st.lists(ACTS, max_size=14))
@settings(max_examples=60, deadline=None)
def test_windows_and_alarms_agree_whatever_is_suppressed(acts: list[tuple[str, str, int]]) -> None:
    """A standing alarm is dark exactly while something suppresses it, and behind its cause exactly while that may alert."""
    room = Chain(
        replace(CHAIN, windows=(window("switch-1", hours=0.1),)), wall=NOON + 3500, quality=ClockQuality.NTP
    )
    for what, whom, seconds in acts:
        act(room, what, whom, seconds)
        for id_, alarm in room.state.durable.alarms.alarms.items():
            assert alarm.suppressed == room.state.cover.get(id_, ())
            if alarm.is_cleared:
                continue
            found = sequence(room, id_)
            assert (found is Sequence.SUPPRESSED) is bool(alarm.suppressed), id_
            assert found is not Sequence.NORMAL
            if not alarm.suppressed:
                assert (found is Sequence.BEHIND) is alarm.behind
    changes = [one for one in room.events if isinstance(one, AlarmSuppressionChanged)]
    assert all(one.suppressed != one.before for one in changes)


def test_a_graph_whose_two_kinds_of_links_cross_is_covered() -> None:
    """A switch fed by a UPS whose card is reached through that very switch."""
    devices = {
        one.id: one
        for one in (
            device("ups-1", Layer.POWER, way=("switch-1",)),
            device("switch-1", Layer.NETWORK, AllOf(("ups-1",))),
            device("pbx-1", Layer.APPLICATION, AnyOf(("switch-1", "ups-1"))),
        )
    }
    room = Room(replace(BRANCH, devices=devices))
    room.take_out("switch-1", 600)
    assert set(room.state.cover) == {"switch-1.unreachable", "ups-1.unreachable"}
