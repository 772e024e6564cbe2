"""The wall clock: it is set, found, lost and wrong by ten years, and every reader gets the time that was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agent.core.dating import Offset, by_clock_of, corrected, dated, tells_time_from
from agent.core.events import ClockOffset, ClockStepped, SuppressionEnded, decode, encode
from agent.core.inputs import Order, Started, Tick, Verb
from agent.core.model import ClockQuality, Instant
from agent.core.quality import notes
from agent.core.quality.notes import Moment, note_of
from agent.core.quality.spans import span
from agent.core.state import Durable, decode_snapshot, encode_snapshot
from agent.core.suppression.held import remaining, since
from agent.core.suppression.nouns import Ending
from agent.core.wall_clock import KEPT
from agent.core.why import explain
from tests.core.branch import LI, Room
from tests.core.quiet import HOT, NOON, endings
from tests.core.site import Site

YEARS = 10 * 365 * 86_400.0
UNSYNCED, HOLDOVER, RTC, GSM, NTP = ClockQuality
ON_BATTERY = "ups-1.on-battery"


def find_time(room: Room, wall: float, quality: ClockQuality = NTP) -> None:
    """A source tells what time it is."""
    room.offset, room.quality = wall - room.mono, quality
    room.wait(0)


def stepped(room: Room) -> list[ClockStepped]:
    """How often the clock was set, by the journal."""
    return [one for one in room.events if isinstance(one, ClockStepped)]


def offsets(room: Room) -> list[ClockOffset]:
    """What was appended of earlier times."""
    return [one for one in room.events if isinstance(one, ClockOffset)]


def reboot(room: Room, *, wall: float = 0.0, quality: ClockQuality = UNSYNCED, boot: str = "b") -> Room:
    """The machine starts anew with what the journal remembers."""
    durable = decode_snapshot(encode_snapshot(room.state.durable))
    return Room(room.state.branch, durable, mono=20.0, wall=wall, quality=quality, boot=boot)


# --- what is journalled ----------------------------------------------------------------------------------------------


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
    assert told.after - told.before == pytest.approx(years * YEARS)
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
    assert corrected(room.now, room.state.durable.clock.offsets) == pytest.approx(room.now.wall)


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
    assert corrected(room.events[0].at, again.state.durable.clock.offsets) == pytest.approx(NOON - 60)


# --- boots that ended before anybody knew ------------------------------------------------------------------------------


def test_a_boot_that_never_knew_the_time_is_dated_by_the_next_one_that_does() -> None:
    """It ended before the next began: it is told at the latest, and how much earlier it can have been."""
    room = Room(wall=NOON, quality=NTP, boot="a")
    lost = reboot(room, wall=NOON, boot="b")
    lost.wait(100)
    lost.polled(ups_status="OB")
    found = reboot(lost, wall=NOON + 3600, quality=NTP, boot="c")
    (known,) = offsets(found)
    assert (known.boot_id, known.at.boot) == ("b", "c")
    assert lost.mono + known.offset == pytest.approx(NOON + 3600)
    assert known.uncertainty == pytest.approx(3500)
    alarm = found.state.durable.alarms.alarms[ON_BATTERY]
    assert alarm.last_raised.wall == pytest.approx(NOON + 3600)


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
    assert times == pytest.approx([NOON - 200, NOON - 100, NOON - 100, NOON, NOON, NOON, NOON, NOON, NOON])
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
    assert remaining(held, again.now) == pytest.approx(6600)


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


# --- readers ---------------------------------------------------------------------------------------------------------


def test_all_that_the_list_says_of_the_boot_is_dated_anew() -> None:
    """Leaves, evidence, what people did, since when it is suppressed, and a limit that was changed on site."""
    room = Room(mono=10.0, wall=10.0, boot="a")
    room.polled(ups_temperature=50)
    room.wait(5)
    room.order(Verb.ACKNOWLEDGE, HOT)
    room.wait(5)
    room.shelve(HOT, 3600)
    room.wait(40)
    find_time(room, NOON)
    alarm = room.state.durable.alarms.alarms[HOT]
    assert (alarm.time_created.wall, alarm.last_raised.wall) == (NOON - 50, NOON - 50)
    assert (alarm.raised_by.crossed, alarm.raised_by.sampled) == (NOON - 50, NOON - 50)
    assert alarm.explained_since is not None
    assert alarm.suppressed_since is not None
    assert (alarm.explained_since.wall, alarm.suppressed_since.wall) == (NOON - 50, NOON - 40)
    assert [one.time.wall for one in alarm.status_changes] == [NOON - 50]
    assert [one.time.wall for one in alarm.operator_changes] == [NOON - 45, NOON - 40]
    assert since(room.state.durable.suppressions[f"shelved:{HOT}"], room.now) == NOON - 40
    steps = explain(room.state, alarm, room.now)
    assert min(step.time for step in steps) == NOON - 50


def test_a_cleared_alarm_is_dated_too() -> None:
    """Its end has a time as well, and evidence for it."""
    room = Room(mono=10.0, wall=10.0, boot="a")
    room.polled(ups_status="OB")
    room.wait(20)
    room.polled()
    find_time(room, NOON)
    alarm = room.state.durable.alarms.alarms[ON_BATTERY]
    assert alarm.last_changed.wall == NOON
    assert alarm.cleared_by is not None
    assert alarm.cleared_by.sampled == NOON


def test_a_reading_from_before_the_step_is_told_in_the_time_of_the_decision() -> None:
    """The limit was crossed in 1970, the on-delay ended in 2027: the evidence says ten seconds before."""
    room = Room(mono=10.0, wall=10.0, boot="a")
    room.polled(battery_charge=5.0)
    find_time(room, NOON)
    room.wait(5)
    room.polled(battery_charge=5.0)
    room.wait(5)
    evidence = room.state.durable.alarms.alarms["ups-1.battery-low"].raised_by
    assert evidence.crossed == NOON


def test_what_happens_after_somebody_set_the_clock_by_hand_is_dated_by_the_source() -> None:
    """NTP had told the time of this boot: ten years more by hand date nothing, and nothing is left of them."""
    room = Room(mono=10.0, wall=10.0, boot="a")
    find_time(room, NOON)
    room.offset, room.quality = room.offset + YEARS, UNSYNCED
    room.wait(60)
    room.polled(ups_status="OB")
    room.shelve(HOT, 3600)
    alarm = room.state.durable.alarms.alarms[ON_BATTERY]
    assert (alarm.last_raised.wall, alarm.last_raised.quality) == (NOON + 60, NTP)
    assert (alarm.raised_by.crossed, alarm.raised_by.sampled) == (NOON + 60, NOON + 60)
    assert room.state.durable.suppressions[f"shelved:{HOT}"].began.wall == NOON + 60
    find_time(room, NOON + 60)
    assert len(stepped(room)) == 3
    assert len(offsets(room)) == 1


def test_what_is_of_another_boot_stays() -> None:
    """An offset is of one boot."""
    room = Room(wall=NOON, quality=NTP, boot="a")
    room.polled(ups_status="OB")
    raised = room.state.durable.alarms.alarms[ON_BATTERY].last_raised
    later = reboot(room, wall=5.0)
    find_time(later, NOON + 600)
    assert later.state.durable.alarms.alarms[ON_BATTERY].last_raised == raised


INSTANTS = st.builds(
    Instant,
    st.floats(0, 1e8),
    st.floats(-1e9, 1e10),
    st.sampled_from(ClockQuality),
    st.sampled_from(["a", "b"]),
)


@given(st.lists(INSTANTS, min_size=2), st.floats(-1e9, 1e10))
def test_corrected_times_of_a_boot_go_as_its_monotonic_clock(times: list[Instant], seconds: float) -> None:
    """Whatever the wall clock said; those of a boot of which nothing is known stay."""
    known = {"a": Offset(seconds, 1.0, NTP)}
    ours = sorted((at for at in times if at.boot == "a"), key=lambda at: at.mono)
    dates = [corrected(at, known) for at in ours]
    assert dates == sorted(dates)
    assert all(corrected(at, known) == at.wall for at in times if at.boot == "b")
    assert all(dated(at, known).wall == corrected(at, known) for at in times)
    assert all(dated(dated(at, known), known) == dated(at, known) for at in times)


def test_a_time_of_this_boot_by_the_clock_of_now() -> None:
    """Word for word while nobody sets the clock, reckoned back where somebody has."""
    now = Instant(1000.0, NOON, NTP, "a")
    assert by_clock_of(now, 400.0, NOON - 600.4) == NOON - 600.4
    assert by_clock_of(now, 400.0, 12.0) == NOON - 600


# --- deadlines -------------------------------------------------------------------------------------------------------


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
    assert remaining(held, again.now) == pytest.approx(3600)
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
    assert since(held, again.now) == pytest.approx(NOON - 600)
    assert remaining(held, again.now) == pytest.approx(7200 - 600 - 300)


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


# --- alarm quality ---------------------------------------------------------------------------------------------------


def moment(mono: float, wall: float, boot: str, quality: ClockQuality) -> Moment:
    """An instant as the report keeps it."""
    return Moment(mono, wall, boot, quality.value)


def test_no_duration_reaches_from_1970_to_now() -> None:
    """From a time that nobody knew to one that somebody did nobody can tell; both unknown, the floor tells the least."""
    begin = moment(10, 10, "a", UNSYNCED)
    assert span(begin, moment(20, NOON, "b", NTP)) == (0.0, False)
    assert span(begin, moment(20, 70, "b", UNSYNCED)) == (60.0, False)
    assert span(begin, moment(20, NOON, "a", NTP)) == (10.0, True)
    assert span(moment(10, NOON, "a", NTP), moment(5, NOON + 60, "b", UNSYNCED)) == (60.0, False)


def test_a_note_is_dated_by_its_boot() -> None:
    """The report reads each entry by what is known of its clock; others stay."""
    room = Room(wall=10.0, boot="a")
    find_time(room, NOON)
    known = room.state.durable.clock.offsets
    note = note_of(room.events[0])
    assert notes.dated(note, known).at == moment(room.mono, NOON, "a", NTP)
    assert notes.dated(note, {}) is note


def test_a_limit_that_was_changed_in_1970_is_dated_too() -> None:
    """Who changed it, and when, is asked long after."""
    site = Site()
    site.offset, site.boot = -site.mono, "a"
    site.give(Started("test", "0"))
    assert site.set(raise_above=50) == ""
    site.offset, site.quality = NOON - site.mono, NTP
    site.give(Tick())
    assert site.state.durable.overrides[HOT].numbers["raise_above"].at.wall == NOON
