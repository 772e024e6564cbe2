"""The core as a whole: a branch under virtual time."""

import itertools

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.core import events
from agent.core.annunciator import Show
from agent.core.branch import Branch
from agent.core.codes import CODES
from agent.core.engine import LAMP_TEST_SECONDS, evolve
from agent.core.events import AlarmCleared, AlarmRaised, AnyEvent
from agent.core.inputs import Polled, PollFailed, Started, Verb
from agent.core.model import Bad, Quality
from agent.core.state import (
    Durable,
    decode_snapshot,
    encode_snapshot,
    indication,
    is_watching,
    new_state,
    next_due,
    quality_of,
)
from tests.core.branch import BRANCH, EPOCH, GOOD, PBX, Room

LOW = "ups-1.battery-low"


def test_a_crossing_raises_after_its_on_delay_and_says_why() -> None:
    """The event holds reading, limit, delay and both times."""
    room = Room()
    assert room.polled(battery_charge=12.5) == []
    crossed = room.now.wall
    assert room.wait(9.9) == []
    assert room.wait(0.1) == ["alarm.raised"]
    raised = room.events[-1]
    assert isinstance(raised, AlarmRaised)
    assert (raised.alarm.id, raised.occurrence, raised.evidence.value) == (LOW, 1, 12.5)
    assert (raised.evidence.delay, raised.evidence.crossed, raised.evidence.unit) == (10.0, crossed, "%")
    assert raised.evidence.limit.raise_below == 20


def test_an_unchanged_answer_does_not_disturb_a_pending_delay() -> None:
    """The same values again: the delay runs from the first crossing."""
    room = Room()
    room.polled(battery_charge=10)
    room.mono += 5
    assert room.polled(battery_charge=10) == []
    assert room.wait(5) == ["alarm.raised"]


def test_a_recovery_at_the_very_tick_at_which_the_delay_ends_follows_the_raise() -> None:
    """What was due comes first, so no raise is lost and its clear is told too."""
    room = Room()
    room.polled(battery_charge=10)
    room.mono += 10
    assert room.polled() == ["alarm.raised"]
    assert room.wait(20) == ["alarm.cleared"]


def test_a_device_that_does_not_answer_raises_only_unreachable() -> None:
    """Its points become stale and raise and clear no alarm of their own."""
    room = Room()
    room.polled(battery_charge=10)
    room.mono += 5
    room.failed()
    assert room.wait(6) == []
    watch = room.state.watches["ups-1"]
    assert room.wait(24) == ["alarm.raised"]
    assert [alarm.key.type for alarm in room.state.durable.alarms.alarms.values()] == ["unreachable"]
    assert quality_of(watch, "battery.charge", room.mono) is Quality.STALE


def test_after_a_recovery_the_fresh_answer_decides() -> None:
    """A pending raise that met silence is decided by the next good answer."""
    room = Room()
    room.polled(battery_charge=10)
    room.mono += 5
    room.failed()
    room.wait(6)
    assert room.polled(battery_charge=10) == ["alarm.raised"]


def test_a_bad_value_neither_raises_nor_clears() -> None:
    """An alarm stands while its point tells nothing."""
    room = Room()
    room.polled(battery_charge=10)
    room.wait(10)
    for _ in range(10):
        room.polled("pbx-1")
        assert room.polled(battery_charge=Bad("unknown")) == []
        assert room.wait(10) == []
    assert LOW in room.state.durable.alarms.alarms
    assert quality_of(room.state.watches["ups-1"], "battery.charge", room.mono) is Quality.BAD


def test_a_source_that_says_nothing_at_all_is_a_device_that_does_not_answer() -> None:
    """Silence of the poller is not mistaken for health."""
    room = Room()
    room.polled("pbx-1")
    for _ in range(13):
        room.wait(10)
    raised = [event for event in room.events if isinstance(event, AlarmRaised)]
    assert {event.alarm.id for event in raised} == {"pbx-1.unreachable", "ups-1.unreachable"}
    assert raised[0].evidence.detail == "silent"


def test_acknowledging_the_alarm_acknowledges_its_lamp() -> None:
    """Panel, CLI and NOC need not press the button too."""
    room = Room()
    room.polled(ups_status="OB")
    assert indication(room.state, room.mono).red is Show.FLASH
    assert room.order(Verb.ACKNOWLEDGE, "ups-1.on-battery") == ["alarm.acknowledged"]
    shown = indication(room.state, room.mono)
    assert (shown.red, shown.horn) == (Show.STEADY, False)


def test_the_button_changes_no_operator_state() -> None:
    """The annunciation is acknowledged, the alarm is not."""
    room = Room()
    room.polled(ups_status="OB")
    assert room.order(Verb.ACCEPT) == ["annunciation.acknowledged"]
    assert room.state.durable.alarms.alarms["ups-1.on-battery"].operator_state == "none"
    assert indication(room.state, room.mono).red is Show.STEADY


def test_a_site_may_let_the_button_acknowledge_but_never_critical_alarms() -> None:
    """The choice of a site stops at what cuts the branch off."""
    room = Room(msgspec.structs.replace(BRANCH, acknowledges=True))
    room.polled(ups_status="OB", battery_charge=10)
    room.wait(10)
    room.order(Verb.ACCEPT)
    alarms = room.state.durable.alarms.alarms
    assert alarms["ups-1.on-battery"].operator_state == "ack"
    assert alarms[LOW].operator_state == "none"


@pytest.mark.parametrize(
    ("verb", "alarm", "occurrence", "reason"),
    [
        (Verb.ACKNOWLEDGE, "ups-1.battery-low", 0, "no alarm ups-1.battery-low"),
        (Verb.ACKNOWLEDGE, "nothing", 0, "no alarm nothing is on the list"),
        (Verb.ACKNOWLEDGE, "ups-1.on-battery", 7, "occurrence 7 is gone; 1 stands"),
        (Verb.CLOSE, "pbx-1.unreachable", 1, "no alarm pbx-1.unreachable"),
    ],
)
def test_an_order_that_cannot_be_carried_out_is_refused_with_its_reason(
    verb: Verb, alarm: str, occurrence: int, reason: str
) -> None:
    """A refusal is journalled, and changes nothing."""
    room = Room()
    room.polled(ups_status="OB")
    before = encode_snapshot(room.state.durable)
    assert room.order(verb, alarm, occurrence) == ["order.refused"]
    assert reason in room.events[-1].reason
    assert encode_snapshot(room.state.durable) == before


def test_an_acknowledgement_twice_is_refused_the_second_time() -> None:
    """The log says who was first."""
    room = Room()
    room.polled(ups_status="OB")
    room.order(Verb.ACKNOWLEDGE, "ups-1.on-battery")
    assert room.order(Verb.ACKNOWLEDGE, "ups-1.on-battery") == ["order.refused"]


def test_a_lamp_test_ends_by_itself() -> None:
    """All lamps for a few seconds, then what stands."""
    room = Room()
    room.polled()
    room.order(Verb.LAMP_TEST)
    assert indication(room.state, room.mono).amber is Show.STEADY
    assert next_due(room.state) == room.mono + LAMP_TEST_SECONDS
    room.wait(LAMP_TEST_SECONDS)
    assert indication(room.state, room.mono).amber is Show.OFF


def test_green_needs_a_fresh_answer_of_the_branch() -> None:
    """Before the first answer and after the last the box does not look healthy."""
    room = Room()
    assert not is_watching(room.state, room.mono)
    room.polled()
    assert is_watching(room.state, room.mono)
    room.mono += 61
    assert not is_watching(room.state, room.mono)


def test_after_a_restart_nothing_changes_before_a_fresh_answer() -> None:
    """Alarm and lamp are as journalled; a good answer then clears, after its off-delay."""
    room = Room()
    room.polled(battery_charge=10)
    room.wait(10)
    again = Room(durable=decode_snapshot(encode_snapshot(room.state.durable)), mono=3.0)
    assert indication(again.state, again.mono).red is Show.FLASH
    assert again.wait(5) == []
    assert again.polled() == []
    assert again.wait(20) == ["alarm.cleared"]


def test_an_alarm_that_nobody_watches_any_more_is_cleared_at_the_start() -> None:
    """A device taken out of the site file leaves no alarm standing for ever."""
    room = Room()
    room.polled(battery_charge=10)
    room.wait(10)
    again = Room(Branch("sh-0042", {"pbx-1": PBX}), durable=room.state.durable)
    cleared = again.events[-1]
    assert isinstance(cleared, AlarmCleared)
    assert cleared.evidence.detail == "no longer watched"


def test_codes_of_standing_alarms_differ() -> None:
    """Two alarms raised by one answer have codes of their own."""
    room = Room()
    room.polled(ups_status="OB", ups_temperature=50)
    codes = [alarm.code for alarm in room.state.durable.alarms.alarms.values()]
    assert len(set(codes)) == 2
    assert all(a != b for code in codes for a, b in itertools.pairwise(code))


def test_a_code_that_stands_since_before_a_restart_is_not_given_again() -> None:
    """As many raises later as there are codes, the same alarm still stands with its code."""
    room = Room()
    room.polled(ups_status="OB")
    room.state.durable.alarms.raises = len(CODES)
    again = Room(durable=decode_snapshot(encode_snapshot(room.state.durable)))
    again.polled(ups_status="OB", ups_temperature=50)
    codes = [alarm.code for alarm in again.state.durable.alarms.alarms.values()]
    assert len(set(codes)) == len(codes) == 2


def test_input_about_an_unknown_device_follows_nothing() -> None:
    """A late answer of a device that was taken out is no error."""
    room = Room()
    assert room.give(Polled("ghost", GOOD)) == []
    assert room.give(PollFailed("ghost", "timeout")) == []


_values = st.fixed_dictionaries(
    {
        "battery.charge": st.sampled_from([100.0, 25.0, 10.0, Bad("unknown"), "odd"]),
        "ups.status": st.sampled_from(["OL", "OB", "OB LB", Bad("missing")]),
        "ups.temperature": st.sampled_from([20.0, 37.0, 50.0]),
    }
)
_acts = st.one_of(
    st.tuples(st.just("poll"), _values),
    st.tuples(st.just("fail"), st.sampled_from(["ups-1", "pbx-1"])),
    st.tuples(
        st.just("order"),
        st.tuples(st.sampled_from(list(Verb)), st.sampled_from([LOW, "ups-1.on-battery", "x"])),
    ),
    st.tuples(st.just("wait"), st.sampled_from([0.0, 1.0, 5.0, 10.0, 20.0, 61.0])),
    st.tuples(st.just("restart"), st.sampled_from(["", "boot-1", "boot-2"])),
)


def _play(acts: list[tuple[str, object]]) -> tuple[Room, list[AnyEvent]]:
    room, journal = Room(), []
    for act, what in acts:
        match act:
            case "poll":
                room.give(Polled("ups-1", what))
            case "fail":
                room.failed(what)
            case "order":
                room.order(*what)
            case "wait":
                room.wait(what)
            case "restart":
                journal += room.events
                durable = decode_snapshot(encode_snapshot(room.state.durable))
                room = Room(durable=durable, mono=room.mono + 1, boot=what)
    return room, journal + room.events


@settings(max_examples=200, deadline=None)
@given(st.lists(_acts, max_size=40))
def test_replaying_the_journal_gives_the_same_state(acts: list[tuple[str, object]]) -> None:
    """Whatever happens, restarts included: events alone rebuild the durable part, through their encoding."""
    room, journal = _play(acts)
    replayed = new_state(BRANCH, Durable())
    for event in journal:
        evolve(replayed, events.decode(events.encode(event)))
    assert encode_snapshot(replayed.durable) == encode_snapshot(room.state.durable)


@settings(max_examples=200, deadline=None)
@given(st.lists(_acts, max_size=40))
def test_no_occurrence_is_lost_or_counted_twice(acts: list[tuple[str, object]]) -> None:
    """Per alarm, raises and clears alternate, and occurrences count 1, 2, 3 and so on."""
    _, journal = _play(acts)
    for alarm in {event.alarm.id for event in journal if isinstance(event, AlarmRaised)}:
        of_it = [e for e in journal if isinstance(e, AlarmRaised | AlarmCleared) and e.alarm.id == alarm]
        expected = [(AlarmRaised, AlarmCleared)[n % 2] for n in range(len(of_it))]
        assert [type(event) for event in of_it] == expected
        assert [event.occurrence for event in of_it] == [n // 2 + 1 for n in range(len(of_it))]


@settings(max_examples=100, deadline=None)
@given(st.lists(_acts, max_size=30), st.floats(min_value=-3e8, max_value=3e8))
def test_no_duration_depends_on_the_wall_clock(acts: list[tuple[str, object]], shift: float) -> None:
    """The same story under another wall clock makes the same events."""

    class Shifted(Room):
        @property
        def now(self):
            return msgspec.structs.replace(super().now, wall=EPOCH + shift + self.mono)

    one, two = Room(), Shifted()
    for act, what in acts:
        for room in (one, two):
            if act == "poll":
                room.give(Polled("ups-1", what))
            elif act == "fail":
                room.failed(what)
            elif act == "order":
                room.order(*what)
            elif act == "wait":
                room.wait(what)
    assert [(type(e), e.at.mono) for e in one.events] == [(type(e), e.at.mono) for e in two.events]


def test_the_start_is_journalled() -> None:
    """The journal says when watching began, with which version and configuration."""
    room = Room()
    assert room.give(Started("1.2.3", "abc")) == ["box.started"]
