"""The wall clock: it is set, found, lost and wrong by ten years; what the journal says of that."""

import pytest

from agent.core.dating import corrected
from agent.core.events import ClockOffset, ClockStepped, decode, encode
from agent.core.inputs import Verb
from agent.core.model import ClockQuality
from agent.core.state import decode_snapshot, encode_snapshot
from agent.core.suppression.held import remaining
from agent.core.wall_clock import KEPT
from tests.core.branch import Room
from tests.core.clocks import (
    GSM,
    HOLDOVER,
    NTP,
    ON_BATTERY,
    RTC,
    UNSYNCED,
    YEARS,
    find_time,
    offsets,
    reboot,
    stepped,
)
from tests.core.quiet import HOT, NOON, endings


def test_a_box_that_wakes_in_1970_says_so_and_is_dated_when_it_finds_the_time() -> None:
    """First that the clock was set, then what that says of all before; what is stored stays as it is."""
    room = Room(mono=10.0, wall=10.0, boot="a")
    room.wait(50)
    before = [encode(one) for one in room.events]
    find_time(room, NOON)
    (told,), (known,) = stepped(room), offsets(room)
    assert [type(one) for one in room.events[-2:]] == [ClockStepped, ClockOffset]
    assert (told.before, told.after, told.quality_before, told.quality_after) == (60.0, NOON, UNSYNCED, NTP)
    assert (known.boot_id, known.offset) == ("a", NOON - 60.0)
    assert known.uncertainty is not None
    assert 1.0 <= known.uncertainty < 1.1
    assert [encode(one) for one in room.events[:-2]] == before
    assert all(decode(encode(one)) == one for one in room.events)


def test_a_step_stands_before_what_was_decided_by_the_new_time() -> None:
    """The answer that comes with the new time is told after it."""
    room = Room(wall=10.0, boot="a")
    room.offset, room.quality = NOON, NTP
    assert room.polled(ups_status="OB") == ["clock.stepped", "clock.offset", "alarm.raised"]


@pytest.mark.parametrize("years", [-1, 1])
@pytest.mark.parametrize("quality", [UNSYNCED, NTP])
def test_a_step_is_told_once_and_trusted_only_from_who_knows(years: int, quality: ClockQuality) -> None:
    """Whoever sets the clock by hand corrects nothing."""
    room = Room(wall=NOON, quality=quality, boot="a")
    room.offset += years * YEARS
    room.wait(1)
    room.wait(1)
    (told,) = stepped(room)
    assert told.after - told.before == pytest.approx(years * YEARS, abs=0.01)
    assert len(offsets(room)) == (quality is NTP)


def test_slewing_is_no_step_and_many_small_steps_are_one() -> None:
    """A tenth of a second each minute: told when it comes to more than a second, and not before."""
    room = Room(wall=NOON, quality=NTP, boot="a")
    for _ in range(10):
        room.offset += 0.1
        room.wait(60)
    assert not stepped(room)
    room.offset += 0.1
    room.wait(60)
    assert len(stepped(room)) == 1


def test_a_clock_that_two_fight_over_does_not_fill_the_journal() -> None:
    """Set forth and back every second for a day; what has become of it is told in the end."""
    room = Room(wall=NOON, quality=NTP, boot="a")
    for n in range(86_400):
        room.offset += YEARS if n % 2 else -YEARS
        room.wait(1)
    assert 12 * 23 < len(stepped(room)) <= 12 * 25
    assert len(offsets(room)) <= len(stepped(room))
    room.offset -= YEARS
    room.wait(3600)
    assert stepped(room)[-1].after == room.now.wall
    assert corrected(room.now, room.state.durable.clock.offsets) == pytest.approx(room.now.wall, abs=0.01)


@pytest.mark.parametrize("first", [UNSYNCED, HOLDOVER, RTC])
@pytest.mark.parametrize("source", [GSM, NTP])
def test_a_trusted_source_dates_the_boot_once(first: ClockQuality, source: ClockQuality) -> None:
    """Also where it finds the clock right; a source that comes and goes says no more than that."""
    room = Room(wall=NOON, quality=first, boot="a")
    for quality in (source, first, source, source):
        room.quality = quality
        room.wait(60)
    assert not stepped(room)
    assert [one.boot_id for one in offsets(room)] == ["a"]


def test_a_clock_that_was_right_all_the_time_is_not_told_of() -> None:
    """A boot that begins with a trusted time needs no correction."""
    room = Room(wall=NOON, quality=NTP, boot="a")
    room.wait(3600)
    assert not offsets(room)


def test_a_better_source_may_move_it_either_way() -> None:
    """The network was ten seconds off; NTP has the last word on the whole boot."""
    room = Room(wall=10.0, boot="a")
    find_time(room, NOON + 10, GSM)
    find_time(room, NOON, NTP)
    assert [one.offset + room.mono for one in offsets(room)] == [NOON + 10, NOON]
    assert corrected(room.events[0].at, room.state.durable.clock.offsets) == NOON
    networks, ntp = (one.uncertainty or 0.0 for one in offsets(room))
    assert networks > 10 > ntp


def test_a_step_while_the_agent_was_away_is_told_at_its_start() -> None:
    """In the same boot the monotonic clock goes on, and so does what is known of the wall clock."""
    room = Room(wall=10.0, boot="a")
    durable = decode_snapshot(encode_snapshot(room.state.durable))
    again = Room(room.state.branch, durable, mono=room.mono + 60, wall=NOON, quality=NTP, boot="a")
    assert len(stepped(again)) == 1
    assert corrected(room.events[0].at, again.state.durable.clock.offsets) == pytest.approx(
        NOON - 60, abs=0.01
    )


def test_a_boot_that_never_knew_the_time_is_dated_by_the_next_one_that_does() -> None:
    """It ended before the next began: it is told at the latest, and how much earlier it can have been."""
    room = Room(wall=NOON, quality=NTP, boot="a")
    lost = reboot(room, wall=NOON, boot="b")
    lost.wait(100)
    lost.polled(ups_status="OB")
    found = reboot(lost, wall=NOON + 3600, quality=NTP, boot="c")
    (known,) = offsets(found)
    assert (known.boot_id, known.at.boot) == ("b", "c")
    assert lost.mono + known.offset == pytest.approx(NOON + 3600, abs=0.01)
    assert known.uncertainty == pytest.approx(3500, abs=0.01)
    alarm = found.state.durable.alarms.alarms[ON_BATTERY]
    assert alarm.last_raised.wall == pytest.approx(NOON + 3600, abs=0.01)


def test_boots_without_a_time_lie_one_after_another() -> None:
    """Three starts in 1970, then NTP: none overlaps the one after it, and nobody can say how long ago they were."""
    rooms = [Room(mono=20.0, wall=5.0, boot="a")]
    for boot in ("b", "c"):
        rooms[-1].wait(100)
        rooms[-1].order(Verb.SILENCE)
        rooms.append(reboot(rooms[-1], wall=5.0, boot=boot))
    find_time(rooms[-1], NOON)
    durable = rooms[-1].state.durable
    times = [corrected(one.at, durable.clock.offsets) for room in rooms for one in room.events]
    assert times == pytest.approx(
        [NOON - 200, NOON - 100, NOON - 100, NOON, NOON, NOON, NOON, NOON, NOON], abs=0.01
    )
    assert [one.uncertainty is None for one in offsets(rooms[-1])] == [False, True, True]
    assert not durable.clock.doubts


def test_a_battery_clock_that_was_wrong_was_wrong_in_the_boot_before_as_well() -> None:
    """Ten years behind: found by NTP in the second boot, and true of the first; the time between them is kept."""
    room = Room(wall=NOON - YEARS, quality=RTC, boot="a")
    room.shelve(HOT, 7200)
    again = reboot(room, wall=NOON - YEARS + 600, quality=RTC)
    find_time(again, NOON + 600)
    assert {one.boot_id for one in offsets(again)} == {"a", "b"}
    held = again.state.durable.suppressions[f"shelved:{HOT}"]
    assert held.began.wall == NOON
    assert not held.carried
    assert remaining(held, again.now) == pytest.approx(6600, abs=0.01)


def test_a_battery_clock_is_left_at_its_word_where_nobody_can_compare_it() -> None:
    """The next boot begins with NTP: whether the one before was right, nobody can say."""
    room = Room(wall=NOON, quality=RTC, boot="a")
    found = reboot(room, wall=NOON + 60, quality=NTP)
    assert not offsets(found)
    assert not found.state.durable.clock.doubts


@pytest.mark.parametrize("years", [-1, 1])
def test_a_battery_clock_that_was_set_meanwhile_dates_nothing(years: int) -> None:
    """NTP set it while no agent ran: right now, ten years wrong before. The box was not off for ten years, nor for less than no time."""
    room = Room(wall=NOON + years * YEARS, quality=RTC, boot="a")
    room.shelve(HOT, 7200)
    again = reboot(room, wall=NOON + 60, quality=RTC)
    find_time(again, NOON + 60)
    assert [one.uncertainty is None for one in offsets(again)] == [False, True]
    held = again.state.durable.suppressions[f"shelved:{HOT}"]
    assert held.began.wall == NOON + 60
    again.wait(3600)
    assert not endings(again)


def test_a_battery_clock_is_not_judged_by_a_boot_that_began_without_one() -> None:
    """Its battery is empty now: by how much 1970 was wrong says nothing of what it said before."""
    room = Room(wall=NOON, quality=RTC, boot="a")
    found = reboot(room, wall=5.0)
    find_time(found, NOON + 600)
    assert [one.boot_id for one in offsets(found)] == ["b"]
    assert not found.state.durable.clock.doubts


def test_a_boot_whose_time_was_confirmed_before_the_agent_ran_is_left_at_that() -> None:
    """Holdover from its first event to its last: that is a time."""
    room = Room(wall=NOON, quality=HOLDOVER, boot="a")
    found = reboot(room, wall=NOON + 60, quality=NTP)
    assert not offsets(found)


def test_a_clock_that_was_right_and_is_set_by_hand_is_dated_by_what_it_was() -> None:
    """Also where the power fails before NTP comes back: nothing of that boot moves by ten years."""
    room = Room(mono=10.0, wall=NOON, quality=NTP, boot="a")
    room.polled(ups_status="OB")
    room.offset, room.quality = room.offset - YEARS, UNSYNCED
    room.wait(60)
    room.polled(ups_temperature=50, ups_status="OB")
    (known,) = offsets(room)
    assert (known.offset, known.source, known.at.quality) == (NOON - 10.0, NTP, UNSYNCED)
    again = reboot(room, wall=NOON + 3600, quality=NTP)
    alarms = again.state.durable.alarms.alarms
    assert (alarms[ON_BATTERY].last_raised.wall, alarms[HOT].last_raised.wall) == (NOON, NOON + 60)
    assert not offsets(again)


def test_a_time_before_that_was_a_wrong_one_bounds_nothing() -> None:
    """The server was ten years ahead: how long ago the boot after it was, nobody can say."""
    room = Room(wall=NOON + YEARS, quality=NTP, boot="a")
    lost = reboot(room, wall=NOON, boot="b")
    found = reboot(lost, wall=NOON, quality=NTP, boot="c")
    assert [(one.boot_id, one.uncertainty) for one in offsets(found)] == [("b", None)]


def test_only_the_newest_boots_are_remembered() -> None:
    """A box that never finds the time and is always switched off must not fill its state."""
    room = Room(wall=5.0, boot="0")
    for n in range(1, KEPT + 10):
        room = reboot(room, wall=5.0, boot=str(n))
    assert list(room.state.durable.clock.doubts) == [str(n) for n in range(10, KEPT + 10)]
    find_time(room, NOON)
    found = reboot(room, boot="last")
    find_time(found, NOON)
    assert len(found.state.durable.clock.offsets) == KEPT
