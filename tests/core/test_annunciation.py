"""The annunciator in the core: orders, restarts, consequences and time, in each of the sequences."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.core import events
from agent.core.alarm_states import AlarmState
from agent.core.annunciator import WANTED_AFTER, Show, indicate
from agent.core.branch import Branch
from agent.core.engine import evolve
from agent.core.events import AnyEvent, OrderRefused
from agent.core.inputs import Polled, Verb
from agent.core.model import Severity
from agent.core.sequences import TABLES, TO_RESET, UNSEEN, Reset, Scheme, Sequence
from agent.core.state import Durable, decode_snapshot, encode_snapshot, indication, new_state
from tests.core.branch import BRANCH, Room
from tests.core.chain import CHAIN, Chain

MAINS, LOW, HOT = "ups-1.on-battery", "ups-1.battery-low", "ups-1.temperature-high"
UPS, PBX = "ups-1.output-off", "pbx-1.unreachable"


def branch(scheme: Scheme, *, acknowledges: bool = False) -> Branch:
    """The small branch with another annunciator."""
    return msgspec.structs.replace(BRANCH, scheme=scheme, acknowledges=acknowledges)


def restarted(room: Room, scheme: Scheme) -> Room:
    """The box starts anew with what the journal remembers, perhaps with another annunciator."""
    kept = decode_snapshot(encode_snapshot(room.state.durable))
    return Room(branch(scheme), durable=kept, mono=room.mono + 1)


# --- the button and the alarm list -------------------------------------------------------------------------------


@pytest.mark.parametrize("sequence", Reset)
def test_the_button_acknowledges_the_lamps_and_not_the_alarm(sequence: Reset) -> None:
    """In every sequence the operator state stays as it is, and people are told on."""
    room = Room(branch(Scheme(sequence)))
    room.polled(ups_status="OB")
    assert room.order(Verb.ACCEPT) == ["annunciation.acknowledged"]
    assert room.state.durable.windows[MAINS].sequence is Sequence.ACKNOWLEDGED
    assert room.state.durable.alarms.state(MAINS) is AlarmState.UNACKNOWLEDGED


@pytest.mark.parametrize("sequence", Reset)
def test_where_the_site_says_so_the_button_acknowledges_alarms_too_but_never_critical_ones(
    sequence: Reset,
) -> None:
    """The lamp of the critical alarm is acknowledged, the alarm itself is not."""
    room = Room(branch(Scheme(sequence), acknowledges=True))
    room.polled(battery_charge=10, ups_status="OB")
    room.wait(10)
    room.order(Verb.ACCEPT)
    assert room.state.durable.alarms.state(MAINS) is AlarmState.ACKNOWLEDGED
    assert room.state.durable.alarms.state(LOW) is AlarmState.UNACKNOWLEDGED
    assert {one.sequence for one in room.state.durable.windows.values()} == {Sequence.ACKNOWLEDGED}


@pytest.mark.parametrize("sequence", Reset)
@pytest.mark.parametrize("verb", [Verb.ACKNOWLEDGE, Verb.CLOSE])
def test_acknowledging_an_alarm_acknowledges_its_window_only(sequence: Reset, verb: Verb) -> None:
    """The other alarm goes on flashing and sounding."""
    room = Room(branch(Scheme(sequence)))
    room.polled(ups_status="OB", ups_temperature=50)
    room.order(verb, MAINS)
    assert room.state.durable.windows[MAINS].sequence is Sequence.ACKNOWLEDGED
    assert room.state.durable.windows[HOT].sequence is Sequence.ALERT


@pytest.mark.parametrize(
    ("sequence", "waiting"), [(Reset.MANUAL, Sequence.AWAITS_RESET), (Reset.RINGBACK, Sequence.RINGBACK)]
)
def test_a_window_that_waits_for_its_reset_outlives_its_alarm(sequence: Reset, waiting: Sequence) -> None:
    """The alarm has left the list, the lamp tells that it was there, until the reset, over a restart too."""
    room = Room(branch(Scheme(sequence)))
    room.polled(ups_status="OB")
    room.order(Verb.ACKNOWLEDGE, MAINS)
    room.polled()
    assert room.state.durable.alarms.alarms == {}
    again = restarted(room, Scheme(sequence))
    assert again.state.durable.windows[MAINS].sequence is waiting
    assert indication(again.state, again.mono).blue is Show.STEADY
    assert again.order(Verb.RESET) == ["annunciation.reset"]
    assert again.state.durable.windows == {}


def test_there_is_nothing_to_reset_in_sequence_a() -> None:
    """It is refused with a reason, and that is journalled."""
    room = Room()
    assert room.order(Verb.RESET) == ["order.refused"]
    refused = room.events[-1]
    assert isinstance(refused, OrderRefused)
    assert refused.reason == "sequence A resets by itself"


# --- time and restarts -------------------------------------------------------------------------------------------


def test_blue_comes_after_an_hour_and_the_hour_begins_anew_with_the_box() -> None:
    """What nobody acknowledged after it was gone wants somebody; a reboot's clock says nothing of the time before."""
    room = Room()
    room.polled(ups_status="OB")
    room.polled()
    assert indication(room.state, room.mono + WANTED_AFTER - 1).blue is Show.OFF
    assert indication(room.state, room.mono + WANTED_AFTER).blue is Show.STEADY
    again = Room(durable=decode_snapshot(encode_snapshot(room.state.durable)), mono=3.0)
    assert indication(again.state, 3.0 + WANTED_AFTER - 1).blue is Show.OFF
    assert indication(again.state, 3.0 + WANTED_AFTER).blue is Show.STEADY
    again.order(Verb.ACCEPT)
    assert indication(again.state, 3.0 + WANTED_AFTER).blue is Show.OFF


def test_first_out_outlives_a_restart_unless_the_site_has_given_it_up() -> None:
    """The mark is as journalled."""
    room = Room(branch(Scheme(first_out=True)))
    room.polled(ups_temperature=50)
    room.polled(ups_temperature=50, ups_status="OB")
    again = restarted(room, Scheme(first_out=True))
    shown = indication(again.state, again.mono)
    assert (shown.amber, shown.red) == (Show.DOUBLE_FLASH, Show.FLASH)
    without = restarted(again, Scheme())
    assert indication(without.state, without.mono).amber is Show.FLASH


def test_a_journal_of_before_is_one_of_sequence_a() -> None:
    """A start that does not say which sequence it means, and a snapshot without one."""
    old = b'{"type":"box.started","at":{"mono":1.0,"wall":2.0},"version":"0","config":"0"}'
    started = events.decode(old)
    assert isinstance(started, events.BoxStarted)
    assert started.scheme == Scheme()
    window = b'{"windows":{"a":{"severity":4,"sequence":"locked in"}}}'
    assert decode_snapshot(window).windows["a"].sequence is Sequence.LOCKED_IN


# --- consequences ------------------------------------------------------------------------------------------------


def chain(scheme: Scheme) -> Chain:
    """The chain of devices under another annunciator."""
    return Chain(branch=msgspec.structs.replace(CHAIN, scheme=scheme))


@pytest.mark.parametrize("sequence", Reset)
def test_a_consequence_is_steady_and_silent_and_asks_for_nothing_when_it_is_gone(sequence: Reset) -> None:
    """Only its cause alerts, and only its cause waits for a person."""
    room = chain(Scheme(sequence))
    room.dead = {"ups-1", "switch-1", "pbx-1", "gw-1"}
    room.run(60)
    windows = room.state.durable.windows
    assert windows[PBX].sequence is Sequence.BEHIND
    assert [id_ for id_, one in windows.items() if one.sequence is Sequence.ALERT] == ["ups-1.unreachable"]
    room.order(Verb.ACCEPT)
    room.dead = set()
    room.run(60)
    assert set(windows) == (set() if sequence is Reset.AUTOMATIC else {"ups-1.unreachable"})


def test_the_mark_of_the_first_goes_to_its_cause() -> None:
    """The gateway was first, the PBX behind it came later and is why: the mark is the PBX's then."""
    room = chain(Scheme(first_out=True))
    room.dead = {"gw-1", "pbx-1"}
    room.wait(1)
    room.failed("gw-1")
    for _ in range(45):
        room.wait(1.0)
    windows = room.state.durable.windows
    assert windows["gw-1.unreachable"].first
    room.failed("pbx-1")
    room.run(50)
    assert windows["gw-1.unreachable"].sequence is Sequence.BEHIND
    assert [id_ for id_, one in windows.items() if one.first] == [PBX]


@pytest.mark.parametrize("sequence", Reset)
def test_a_cause_that_is_over_alerts_for_a_worse_consequence_and_can_still_end(sequence: Reset) -> None:
    """It stays locked in: no return to normal will come for it any more, so that an acknowledgement must do."""
    room = chain(Scheme(sequence))
    room.dead = {"ups-1", "switch-1", "pbx-1", "gw-1"}
    room.run(60)
    room.dead = {"pbx-1"}
    room.order(Verb.SILENCE)
    room.run(20)
    assert room.state.durable.windows["ups-1.unreachable"].sequence is Sequence.LOCKED_IN_SILENCED
    room.says["gw-1"] = {"trunk": "LOS"}
    room.run(20)
    assert room.causes()["gw-1.los"] == ("ups-1.unreachable",)
    cause = room.state.durable.windows["ups-1.unreachable"]
    assert (cause.sequence, cause.severity) == (Sequence.LOCKED_IN, Severity.CRITICAL)
    room.order(Verb.ACCEPT)
    room.order(Verb.RESET)
    assert "ups-1.unreachable" not in room.state.durable.windows


# --- whatever happens --------------------------------------------------------------------------------------------

_schemes = st.builds(Scheme, st.sampled_from(Reset), st.booleans())
_acts = st.one_of(
    st.fixed_dictionaries(
        {
            "battery.charge": st.sampled_from([100.0, 10.0]),
            "ups.status": st.sampled_from(["OL", "OB"]),
            "ups.temperature": st.sampled_from([20.0, 50.0]),
        }
    ),
    st.sampled_from(["ups-1", "pbx-1"]),
    st.tuples(st.sampled_from(Verb), st.sampled_from([LOW, MAINS, HOT])),
    st.sampled_from([1.0, 10.0, 30.0, 4000.0]),
    _schemes,
)


def play(acts: list[object]) -> tuple[Room, list[AnyEvent]]:
    """A story: readings, failures, orders, time, and starts with other annunciators."""
    room, journal = Room(), []
    for act in acts:
        match act:
            case dict():
                room.give(Polled("ups-1", act))
            case str():
                room.failed(act)
            case tuple():
                room.order(*act)
            case float():
                room.wait(act)
            case Scheme():
                journal += room.events
                room = restarted(room, act)
    return room, journal + room.events


@settings(max_examples=200, deadline=None)
@given(st.lists(_acts, max_size=40))
def test_events_alone_give_the_same_windows(acts: list[object]) -> None:
    """Without any configuration: the start of the box says which sequence is meant."""
    room, journal = play(acts)
    replayed = new_state(Branch("", {}), Durable())
    for event in journal:
        evolve(replayed, events.decode(events.encode(event)))
    assert replayed.durable.windows == room.state.durable.windows
    assert replayed.durable.scheme == room.state.durable.scheme


@settings(max_examples=200, deadline=None)
@given(st.lists(_acts, max_size=40), st.sampled_from([0.0, 6.0, 5000.0]))
def test_lamps_are_a_function_of_the_durable_state_and_the_time(acts: list[object], later: float) -> None:
    """All but green, which needs fresh answers, and the lamp test, which is over after seconds."""
    room, _ = play(acts)
    mono = room.mono + later
    shown = indication(room.state, mono)
    if mono >= room.state.testing_until:
        kept = decode_snapshot(encode_snapshot(room.state.durable))
        watching = shown.green is not Show.OFF
        assert indicate(kept.windows.values(), kept.scheme, mono, watching=watching) == shown


@settings(max_examples=200, deadline=None)
@given(st.lists(_acts, max_size=40))
def test_windows_and_alarms_agree(acts: list[object]) -> None:
    """Every alarm has its lamp unless it was seen and is over; one mark at most; no window that nothing moves."""
    room, _ = play(acts)
    durable = room.state.durable
    for id_, alarm in durable.alarms.alarms.items():
        assert alarm.is_cleared or id_ in durable.windows
    assert sum(window.first for window in durable.windows.values()) <= 1
    assert all(window.sequence in TABLES[durable.scheme.sequence] for window in durable.windows.values())
    for id_, window in durable.windows.items():
        standing = id_ in durable.alarms.alarms and not durable.alarms.alarms[id_].is_cleared
        assert (window.sequence in UNSEEN | TO_RESET) != standing
