"""Every reader gets the time that was: the list, suppressions, limits, evidence, the report."""

from hypothesis import given
from hypothesis import strategies as st

from agent.core.dating import Offset, by_clock_of, corrected, dated
from agent.core.inputs import Started, Tick, Verb
from agent.core.model import ClockQuality, Instant
from agent.core.quality import notes
from agent.core.quality.notes import Moment, note_of
from agent.core.quality.spans import span
from agent.core.suppression.held import since
from agent.core.why import explain
from tests.core.branch import Room
from tests.core.clocks import NTP, ON_BATTERY, UNSYNCED, YEARS, find_time, offsets, reboot, stepped
from tests.core.quiet import HOT, NOON
from tests.core.site import Site


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
