"""No step of the clock fires a deadline, and none is forgotten: shelves, work on devices, windows, purging by age."""

import pytest
from msgspec.structs import replace

from agent.core.dating import tells_time_from
from agent.core.events import SuppressionEnded
from agent.core.inputs import Order, Verb
from agent.core.model import ClockQuality, Instant
from agent.core.state import Durable, decode_snapshot, encode_snapshot
from agent.core.suppression.held import remaining, since
from agent.core.suppression.nouns import Ending
from tests.core.branch import BRANCH, LI, Room
from tests.core.clocks import (
    GSM,
    HOLDOVER,
    NTP,
    ON_BATTERY,
    RTC,
    UNSYNCED,
    YEARS,
    find_time,
    reboot,
)
from tests.core.quiet import HOT, NOON, endings, window


@pytest.mark.parametrize("years", [-1, 1])
@pytest.mark.parametrize("quality", [UNSYNCED, HOLDOVER, RTC, GSM, NTP])
def test_no_step_moves_the_end_of_a_shelf_or_of_work(years: int, quality: ClockQuality) -> None:
    """An hour is an hour, whoever sets the clock."""
    room = Room(wall=NOON, quality=quality, boot="a")
    room.shelve(HOT, 3600)
    room.take_out("pbx-1", 7200)
    room.wait(60)
    room.offset += years * YEARS
    room.wait(3539)
    assert not endings(room)
    room.wait(1)
    assert endings(room) == [(f"shelved:{HOT}", Ending.TIME)]
    room.wait(3600)
    assert endings(room)[1:] == [("out-of-service:pbx-1", Ending.TIME)]


def test_a_window_follows_the_calendar_after_a_step_either_way() -> None:
    """Work from one to three: forward into it, back out of it, forward past it; each time at once, told after the step."""
    room = Room(replace(BRANCH, windows=(window("ups-1"),)), wall=NOON, quality=NTP, boot="a")
    for seconds, told in (
        (5400, "suppression.began"),
        (-3600, "suppression.ended"),
        (YEARS, ""),
        (-YEARS, ""),
    ):
        room.offset += seconds
        kinds = room.wait(1)
        assert kinds[:2] == ["clock.stepped", "clock.offset"]
        assert kinds[2:] == [told] * bool(told)


def test_a_window_is_not_opened_by_a_clock_that_was_set_by_hand() -> None:
    """Whoever sets the clock into the window and is no source opens nothing; NTP that says so does."""
    room = Room(replace(BRANCH, windows=(window("ups-1"),)), wall=NOON, quality=NTP, boot="a")
    room.offset, room.quality = room.offset + 5400, UNSYNCED
    assert room.wait(1) == ["clock.stepped", "clock.offset"]
    room.quality = NTP
    assert room.wait(1) == ["clock.offset", "suppression.began"]


@pytest.mark.parametrize("begun", [UNSYNCED, RTC])
def test_a_shelf_from_an_unconfirmed_time_is_not_ended_by_a_confirmed_one(begun: ClockQuality) -> None:
    """A battery clock ten years behind: after a reboot NTP must not find the shelf long over."""
    room = Room(wall=NOON - YEARS, quality=begun, boot="a")
    room.shelve(HOT, 7200)
    again = reboot(room, wall=NOON, quality=NTP)
    again.wait(60)
    assert not endings(again)
    held = again.state.durable.suppressions[f"shelved:{HOT}"]
    assert held.carried
    again.wait(7200)
    (ended,) = (one for one in again.events if isinstance(one, SuppressionEnded))
    assert ended.carried


def test_a_shelf_across_two_confirmed_times_ends_by_the_calendar() -> None:
    """The box was off for an hour, and both sides know what time it was."""
    room = Room(wall=NOON, quality=NTP, boot="a")
    room.shelve(HOT, 7200)
    again = reboot(room, wall=NOON + 3600, quality=NTP)
    held = again.state.durable.suppressions[f"shelved:{HOT}"]
    assert remaining(held, again.now) == pytest.approx(3600, abs=0.01)
    assert not held.carried
    again.wait(3600)
    (ended,) = (one for one in again.events if isinstance(one, SuppressionEnded))
    assert not ended.carried


def test_a_shelf_of_1970_that_crossed_a_reboot_is_dated_all_the_same() -> None:
    """Nobody ever knew the time of its boot: it began, at the latest, before the next."""
    room = Room(mono=10.0, wall=10.0, boot="a")
    room.shelve(HOT, 7200)
    room.wait(600)
    room.order(Verb.SILENCE)
    again = reboot(room, wall=5.0)
    find_time(again, NOON)
    held = again.state.durable.suppressions[f"shelved:{HOT}"]
    assert since(held, again.now) == pytest.approx(NOON - 600, abs=0.01)
    assert remaining(held, again.now) == pytest.approx(7200 - 600 - 300, abs=0.01)


def test_what_was_over_in_1970_is_not_purged_as_57_years_old() -> None:
    """Cleared a minute before a reboot, without a clock; then NTP comes: it has been over for minutes, not decades."""
    room = Room(mono=10.0, wall=10.0, quality=RTC, boot="a")
    room.polled(ups_status="OB")
    room.polled()
    again = reboot(room, wall=NOON, quality=NTP)
    again.give(Order("1", Verb.PURGE, LI, seconds=3600.0))
    assert ON_BATTERY in again.state.durable.alarms.alarms


TOLD = [(begin, now) for begin in ClockQuality for now in ClockQuality]


@pytest.mark.parametrize(("begin", "now"), TOLD)
def test_two_clocks_are_compared_only_if_they_can_be(begin: ClockQuality, now: ClockQuality) -> None:
    """Confirmed with confirmed, a battery clock with itself; nothing with a time out of nowhere."""
    at = Instant(0.0, 0.0)
    both = {begin, now}
    wanted = both == {RTC} or not both & {RTC, UNSYNCED}
    assert tells_time_from(replace(at, quality=begin), replace(at, quality=now)) is wanted


def test_what_is_known_of_the_clock_outlives_a_snapshot() -> None:
    """A start needs it to date what comes from before."""
    room = Room(wall=10.0, boot="a")
    find_time(room, NOON, GSM)
    durable = room.state.durable
    assert decode_snapshot(encode_snapshot(durable)).clock == durable.clock
    assert decode_snapshot(b'{"alarms": {}}') == Durable()
