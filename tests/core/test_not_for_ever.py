"""Nothing is suppressed for ever, and what has alerted once does not end without a word."""

import pytest
from msgspec.structs import replace

from agent.core.alarm_states import AlarmState
from agent.core.events import AlarmAcknowledged, OrderRefused
from agent.core.inputs import Order, Polled, Verb
from agent.core.model import Bad, ClockQuality, Limit, Rule, Severity, Value
from agent.core.sequences import Sequence
from agent.core.state import decode_snapshot, encode_snapshot, indication
from agent.core.suppression.nouns import Design, Ending, Kind
from tests.core.branch import BRANCH, LI, UPS, Room, text
from tests.core.quiet import HOT, LOW, NOON, began, endings, sequence, suppressors, window

DURING = Rule("test", "ups.status", Severity.WARNING, Limit(among=("test",)), text("test"), off_delay=30.0)
DESIGN = Design("generator", (HOT,), "pbx-1", DURING, "the generator is tested", "Li Na")
ON_BATTERY = "ups-1.on-battery"
PATIENT = replace(UPS, stale_after=1e9)


def on_test(*, design: Design = DESIGN, **given: object) -> Room:
    """A branch in which something is suppressed while a PBX says that a test runs."""
    return Room(replace(BRANCH, designs=(design,)), **given)  # type: ignore[arg-type]  # as the room takes them


def says(room: Room, values: dict[str, Value | Bad], *, rounds: int = 1, seconds: float = 10.0) -> None:
    """The PBX answers again and again, while the UPS is hot."""
    for _ in range(rounds):
        room.give(Polled("pbx-1", values))
        room.polled(ups_temperature=50)
        room.wait(seconds)


# --- by design -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("values", [{"ups.status": Bad("garbled")}, {}], ids=["bad", "not told"])
def test_what_its_device_cannot_say_any_more_suppresses_nothing(values: dict[str, Value | Bad]) -> None:
    """The device answers, but no longer says whether the test runs."""
    room = on_test()
    says(room, {"ups.status": "test"})
    assert suppressors(room, HOT) == {Kind.BY_DESIGN}
    says(room, values, rounds=20)
    assert endings(room) == [("by-design:generator", Ending.CONDITION)]
    assert sequence(room, HOT) is Sequence.ALERT


def test_after_a_restart_a_point_that_is_not_told_suppresses_nothing_for_long() -> None:
    """The device answers, but has never said whether the test runs."""
    room = on_test()
    says(room, {"ups.status": "test"})
    again = on_test(durable=decode_snapshot(encode_snapshot(room.state.durable)), mono=room.mono)
    assert suppressors(again, HOT) == {Kind.BY_DESIGN}
    says(again, {}, rounds=20)
    assert suppressors(again, HOT) == set()


def test_a_design_does_not_begin_on_a_reading_of_long_ago() -> None:
    """One word that a test runs, then garbage: when the delay ends nobody knows."""
    room = on_test(design=replace(DESIGN, rule=replace(DURING, on_delay=15.0)))
    says(room, {"ups.status": "test"})
    says(room, {"ups.status": Bad("garbled")}, rounds=10)
    assert not began(room)
    says(room, {"ups.status": "test"}, rounds=3)
    assert began(room) == ["by-design:generator"]


def test_a_design_that_the_site_has_changed_suppresses_what_it_says_now() -> None:
    """Another alarm than before, in the middle of the test."""
    room = on_test()
    says(room, {"ups.status": "test"})
    again = on_test(
        design=replace(DESIGN, alarms=(ON_BATTERY,)),
        durable=decode_snapshot(encode_snapshot(room.state.durable)),
        mono=room.mono,
    )
    assert suppressors(again, HOT) == set()
    again.polled(ups_temperature=50, ups_status="OB")
    assert suppressors(again, ON_BATTERY) == {Kind.BY_DESIGN}


# --- people ----------------------------------------------------------------------------------------------------------

HOTTEST = Rule(
    "temperature-high",
    "ups.temperature",
    Severity.CRITICAL,
    Limit(raise_above=60.0, clear_below=55.0),
    text("hot"),
    worsens=True,
)
WORSENING = replace(BRANCH, devices={"ups-1": replace(UPS, rules=(*UPS.rules, HOTTEST))})


def refusal(room: Room) -> str:
    """The reason of the last order's refusal, empty if it was carried out."""
    last = room.events[-1]
    return last.reason if isinstance(last, OrderRefused) else ""


@pytest.mark.parametrize("degrees", [45, 70])
def test_what_is_or_may_become_critical_is_shelved_for_a_short_time_only(degrees: float) -> None:
    """A minor alarm with a critical level could become that on its shelf."""
    room = Room(WORSENING)
    room.polled(ups_temperature=degrees)
    room.shelve(HOT, 86_400)
    assert "from 1 min to 4 h" in refusal(room)
    room.shelve(HOT, 14_400)
    assert suppressors(room, HOT) == {Kind.SHELVED}


def test_the_box_is_shelved_for_a_short_time_only() -> None:
    """That the journal is in trouble must not be out of sight for a day."""
    box = replace(UPS, id="journal", built_in=True)
    room = Room(replace(BRANCH, devices={**BRANCH.devices, "journal": box}))
    room.shelve("journal.temperature-high", 86_400)
    assert "from 1 min to 4 h" in refusal(room)


def test_a_shelf_is_not_renewed_for_ever() -> None:
    """A critical alarm for a day in all; taken off the shelf it alerts, and may be shelved anew."""
    room = Room(replace(BRANCH, devices={"ups-1": PATIENT}))
    room.polled(battery_charge=5)
    room.wait(11)
    room.polled(battery_charge=5)
    for _ in range(6):
        room.shelve(LOW, 14_400)
        assert not refusal(room)
        room.wait(14_390)
    room.shelve(LOW, 14_400)
    assert "more than 6 times" in refusal(room)
    room.wait(10)
    assert indication(room.state, room.mono).horn
    room.shelve(LOW, 14_400)
    assert not refusal(room)


def test_a_box_that_loses_its_power_again_and_again_does_not_suppress_for_ever() -> None:
    """No clock tells how long it was off: each time counts some minutes."""
    room = Room(boot="boot-0")
    room.shelve(HOT, 3600)
    for n in range(1, 13):
        durable = decode_snapshot(encode_snapshot(room.state.durable))
        room = Room(durable=durable, mono=5.0, boot=f"boot-{n}")
        room.polled()
    assert not room.state.durable.suppressions


def test_the_button_acknowledges_only_what_alerts() -> None:
    """Where it acknowledges alarms at all: what is dark nobody has seen, and it alerts when its window is over."""
    room = Room(
        replace(BRANCH, acknowledges=True, windows=(window("ups-1"),)),
        wall=NOON + 3700,
        quality=ClockQuality.NTP,
    )
    room.polled(ups_status="OB")
    room.order(Verb.ACCEPT)
    assert not any(isinstance(one, AlarmAcknowledged) for one in room.events)
    room.wait(7300)
    room.polled(ups_status="OB")
    assert sequence(room, ON_BATTERY) is Sequence.ALERT


# --- what had alerted before -------------------------------------------------------------------------------------------


def at_work(before: float) -> Room:
    """A branch in which work on the UPS begins in so many seconds and lasts for two hours."""
    return Room(
        replace(BRANCH, devices={"ups-1": PATIENT}, windows=(window("ups-1"),)),
        wall=NOON + 3600 - before,
        quality=ClockQuality.NTP,
    )


@pytest.mark.parametrize("returns", [100, 900], ids=["before", "within"])
def test_what_alerted_before_a_window_wants_its_acknowledgement_after_it(returns: float) -> None:
    """It is dark while the work goes on, whenever it ended, and waits on the list all the time."""
    room = at_work(600)
    room.polled(ups_status="OB")
    room.wait(returns)
    room.polled()
    room.wait(700)
    assert room.state.durable.alarms.state(ON_BATTERY) is AlarmState.RETURNED
    assert sequence(room, ON_BATTERY) is Sequence.NORMAL
    assert not indication(room.state, room.mono).horn
    room.wait(8000)
    assert sequence(room, ON_BATTERY) is Sequence.LOCKED_IN
    assert room.order(Verb.ACKNOWLEDGE, ON_BATTERY)
    assert ON_BATTERY not in room.state.durable.windows


def test_a_second_occurrence_in_the_window_does_not_hide_the_first() -> None:
    """It came, went, and came and went again in the dark: the first one alerted."""
    room = at_work(600)
    room.polled(ups_status="OB")
    room.polled()
    room.wait(700)
    room.polled(ups_status="OB")
    room.polled()
    assert room.state.durable.alarms.state(ON_BATTERY) is AlarmState.RETURNED


def test_what_somebody_put_aside_while_it_alerted_ends_without_a_word() -> None:
    """Who shelves an alarm has seen it."""
    room = Room()
    room.polled(ups_temperature=50)
    room.shelve(HOT, 3600)
    room.polled()
    assert HOT not in room.state.durable.alarms.alarms


# --- clearing up -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("years", [-10, 10])
def test_purging_does_not_go_by_a_clock_that_is_set(years: int) -> None:
    """Over for a minute, and for two hours, by the time that the box itself has counted."""
    room = Room(wall=NOON, quality=ClockQuality.NTP)
    room.polled(ups_status="OB")
    room.polled()
    room.offset += years * 365 * 86_400
    room.wait(60)
    room.give(Order("1", Verb.PURGE, LI, seconds=3600.0))
    assert "no alarm has been over" in refusal(room)
    room.wait(7200)
    assert room.give(Order("2", Verb.PURGE, LI, seconds=3600.0)) == ["alarm.purged"]


def test_compressing_does_not_make_an_alarm_younger() -> None:
    """What is over stays over for as long as it was."""
    room = Room()
    room.polled(ups_status="OB")
    room.polled()
    room.wait(7200)
    room.give(Order("1", Verb.COMPRESS, LI))
    assert room.give(Order("2", Verb.PURGE, LI, seconds=3600.0)) == ["alarm.purged"]


def test_after_a_restart_purging_goes_by_a_clock_that_may_be_believed_or_not_at_all() -> None:
    """Nobody knows for how long the box was off."""
    room = Room(wall=NOON, quality=ClockQuality.NTP, boot="a")
    room.polled(ups_status="OB")
    room.polled()
    durable = decode_snapshot(encode_snapshot(room.state.durable))
    again = Room(durable=durable, mono=5.0, wall=0.0, boot="b")
    again.give(Order("1", Verb.PURGE, LI, seconds=3600.0))
    assert "no alarm has been over" in refusal(again)
    again.offset, again.quality = NOON + 7200, ClockQuality.NTP
    again.wait(1)
    assert again.give(Order("2", Verb.PURGE, LI, seconds=3600.0)) == ["alarm.purged"]
