"""Suppression: four ways to keep alarms quiet, each with somebody, a reason and an end; the state goes on below."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from agent.core.annunciator import Show
from agent.core.events import (
    AlarmRaised,
    AlarmSuppressionChanged,
    OrderRefused,
)
from agent.core.graph import AllOf, AnyOf
from agent.core.inputs import Order, Verb
from agent.core.model import ClockQuality, Layer
from agent.core.sequences import Sequence
from agent.core.state import indication
from agent.core.suppression.nouns import Ending, Kind
from tests.core.branch import BRANCH, LI, Room
from tests.core.chain import CHAIN, Chain, device
from tests.core.quiet import GATEWAY, HOT, LOW, NOON, PBX, SWITCH, UPS, endings, sequence, suppressors, window

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
        (Order("1", Verb.SHELVE, LI, HOT, note="\u2060\x00", seconds=600), "a reason is wanted"),
        (Order("1", Verb.SHELVE, LI, HOT, note="x"), "from 1 min to 1 d"),
        (Order("1", Verb.SHELVE, LI, HOT, note="x", seconds=-5), "from 1 min to 1 d"),
        (Order("1", Verb.SHELVE, LI, HOT, note="x", seconds=float("nan")), "from 1 min to 1 d"),
        (Order("1", Verb.SHELVE, LI, HOT, note="x", seconds=float("inf")), "from 1 min to 1 d"),
        (Order("1", Verb.SHELVE, LI, HOT, note="x", seconds=86_401), "from 1 min to 1 d"),
        (Order("1", Verb.SHELVE, LI, LOW, note="x", seconds=14_401), "from 1 min to 4 h"),
        (Order("1", Verb.UNSHELVE, LI, HOT), "is not shelved"),
        (Order("1", Verb.TAKE_OUT, LI, device="nobody", note="x", seconds=600), "no device nobody"),
        (Order("1", Verb.TAKE_OUT, LI, device="ups-1", seconds=600), "a reason is wanted"),
        (Order("1", Verb.TAKE_OUT, LI, device="ups-1", note="x", seconds=1e9), "from 1 min to 30 d"),
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
            found = sequence(room, id_)
            if alarm.is_cleared:
                assert (found is Sequence.LOCKED_IN) is (not alarm.suppressed), id_
                continue
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
