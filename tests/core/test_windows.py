"""Maintenance windows by the calendar, and what is suppressed by design: when they begin and end, restarts and clocks included."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from agent.core.events import (
    AlarmRaised,
    ConfigurationChanged,
    SuppressionBegan,
    SuppressionEnded,
)
from agent.core.inputs import Reconfigured, Verb
from agent.core.model import ClockQuality, Limit, Rule, Severity
from agent.core.sequences import Sequence
from agent.core.state import decode_snapshot, encode_snapshot, indication
from agent.core.suppression.nouns import Design, Ending, Kind
from agent.core.suppression.windows import next_begin, next_change, open_at
from tests.core.branch import Room, text
from tests.core.chain import CHAIN, Chain
from tests.core.quiet import HOT, NOON, SHANGHAI, UPS, began, endings, sequence, suppressors, window

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
    """A Pi without a battery clock wakes up in 1970 within a window: what was left is left, less what a boot takes."""
    branch = replace(CHAIN, windows=(window("ups-1"),))
    assert not began(Chain(branch, wall=NOON + 5400))
    room = Chain(branch, wall=NOON + 3600, quality=ClockQuality.NTP, boot="a")
    room.run(3600)
    room.order(Verb.SILENCE)
    durable = decode_snapshot(encode_snapshot(room.state.durable))
    again = Chain(branch, durable=durable, mono=5.0, wall=0.0, boot="b")
    again.run(3290)
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


# --- a configuration that is changed meanwhile ---------------------------------------------------------------------


def reconfigured(room: Chain, **changes: object) -> None:
    """The site has other words now, without a restart."""
    room.give(Reconfigured("new", "old", ("window",), replace(room.state.branch, **changes)))


def test_windows_that_the_site_gets_or_loses_begin_and_end_at_once() -> None:
    """Without a restart; what stood suppressed is annunciated when its window is gone."""
    room = Chain(CHAIN, wall=NOON + 5400, quality=ClockQuality.NTP)
    room.dead = {"ups-1"}
    room.run(60)
    assert sequence(room, UPS) is Sequence.ALERT
    reconfigured(room, windows=(window("ups-1"),))
    assert began(room) == ["window:work"]
    assert sequence(room, UPS) is Sequence.SUPPRESSED
    reconfigured(room, windows=())
    assert endings(room) == [("window:work", Ending.CONFIGURATION)]
    assert sequence(room, UPS) is Sequence.ALERT
    told = [one for one in room.events if isinstance(one, ConfigurationChanged)]
    assert [(one.config, one.before, one.changed) for one in told] == [("new", "old", ("window",))] * 2


def test_a_window_moves_with_the_zone_of_the_site() -> None:
    """At noon in Shanghai it is one o'clock in Tokyo: what opens there at one opens now, and not again in an hour."""
    room = Chain(replace(CHAIN, windows=(window("ups-1"),)), wall=NOON, quality=ClockQuality.NTP)
    room.run(60)
    assert began(room) == []
    reconfigured(room, windows=(window("ups-1", zone=ZoneInfo("Asia/Tokyo")),))
    assert began(room) == ["window:work"]
    room.run(2 * 3600 - 60)
    assert (began(room), endings(room)) == (["window:work"], [("window:work", Ending.TIME)])


def test_another_configuration_moves_no_delay_of_what_is_suppressed_by_design() -> None:
    """Designs are not begun anew with it: their condition has held for as long as it has."""
    rooms = [generator(), generator()]
    for room in rooms:
        room.says = {"gw-1": {"generator": "running"}}
        room.run(20)
        room.says["gw-1"] = {"generator": "off"}
        room.run(25)
        if room is rooms[1]:
            reconfigured(room, windows=())
        room.run(60)
    first, second = (
        [one.at.mono for one in room.events if isinstance(one, SuppressionEnded)] for room in rooms
    )
    assert first == second
    assert len(first) == 1
