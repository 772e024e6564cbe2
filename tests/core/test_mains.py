"""Self-test, calibration, brief sag, outage, and a link that is lost with the mains: five things that look alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.branch import Branch
from agent.core.brief import TOLD_MOST, TOLD_WITHIN
from agent.core.events import AlarmRaised, ConditionPassed, decode, encode
from agent.core.inputs import Polled, PollFailed, Started
from agent.core.model import (
    REACHABLE,
    Bad,
    Device,
    Layer,
    Limit,
    Lost,
    Often,
    Point,
    Rule,
    Severity,
    Unless,
    Value,
)
from agent.core.state import decode_snapshot, encode_snapshot
from agent.core.why import explain
from tests.core.branch import UNREACHABLE_RULE, Room, text

SELF_TEST = Unless(
    "ups.test", Limit(among=(True,)), text("self-test"), at_most=600.0, provided=(("input.voltage", 90.0),)
)
CALIBRATION = Unless("ups.status", Limit(tokens=("CAL",)), text("calibration"), at_most=7200.0)
ON_BATTERY = Rule(
    "on-battery",
    "ups.status",
    Severity.MAJOR,
    Limit(tokens=("OB",)),
    text("mains failed"),
    on_delay=15.0,
    off_delay=10.0,
    unless=(SELF_TEST, CALIBRATION),
    brief=text("brief sag"),
)
LOW = Rule(
    "battery-low",
    "ups.status",
    Severity.CRITICAL,
    Limit(tokens=("LB",)),
    text("battery low"),
    on_delay=10.0,
    unless=(Unless("ups.test", Limit(among=(True,)), text("self-test"), at_most=120.0),),
)
UNSTABLE = Rule(
    "mains-unstable",
    "on-battery.brief",
    Severity.WARNING,
    Limit(raise_above=2, clear_below=0, per=3600.0),
    text("mains unstable"),
    often=Often("on-battery", text("brief sag")),
)
LOST = Rule(
    "lost-on-battery",
    REACHABLE,
    Severity.CRITICAL,
    Limit(among=(False,)),
    text("probably on battery"),
    on_delay=10.0,
    off_delay=5.0,
    lost=Lost(("on-battery",), 30.0, ("ups-2.on-battery", "room.mains")),
)
SILENT = Rule(
    UNREACHABLE_RULE.type,
    REACHABLE,
    Severity.MAJOR,
    UNREACHABLE_RULE.limit,
    text("silent"),
    on_delay=30.0,
    off_delay=5.0,
    explained_by=("lost-on-battery",),
    explained_by_dependencies=True,
    takes_down=True,
)
RULES = (SILENT, LOST, ON_BATTERY, LOW, UNSTABLE)
MAINS = Rule("mains", "mains", Severity.MAJOR, Limit(among=(True,)), text("mains relay off"), on_delay=2.0)
POINTS = {"ups.test": Point("ups.test", text=text("test runs"))}
BRANCH = Branch(
    "s",
    {
        "ups-1": Device("ups-1", Layer.POWER, text("UPS 1"), RULES, POINTS, stale_after=1e6),
        "ups-2": Device("ups-2", Layer.POWER, text("UPS 2"), RULES[2:], POINTS, stale_after=1e6),
        "room": Device("room", Layer.ENVIRONMENT, text("room"), (MAINS,), stale_after=1e6),
    },
)


class Ups(Room):
    """A UPS that is asked each ten seconds, beside another one and a contact on the mains."""

    def __init__(self, **given: object) -> None:
        self.values: dict[str, Value | Bad] = {"ups.status": "OL", "ups.test": False, "input.voltage": 226.0}
        super().__init__(BRANCH, **given)  # type: ignore[arg-type]  # durable and mono, as the room takes them

    def says(
        self, status: str, seconds: float = 10.0, *, test: bool = False, volts: Value | Bad = 226.0
    ) -> list[str]:
        """After some time it answers."""
        told = self.wait(seconds)
        self.values = {"ups.status": status, "ups.test": test, "input.voltage": volts}
        return [*told, *self.give(Polled("ups-1", self.values))]

    def fails(self, seconds: float = 10.0) -> list[str]:
        """After some time it does not answer."""
        return [*self.wait(seconds), *self.give(PollFailed("ups-1", "lost", "unplugged"))]

    def standing(self) -> dict[str, tuple[str, ...]]:
        """The alarms that stand, each with its root causes."""
        return {
            one.id: tuple(cause.alarm for cause in one.root_cause)
            for one in self.state.durable.alarms.alarms.values()
            if not one.is_cleared
        }

    def passed(self) -> list[tuple[str, bool, float, int]]:
        """What was noted as passed: what it was, whether excused, how long, and how many."""
        return [
            (one.text.en, one.excused, one.lasted, one.count)
            for one in self.events
            if isinstance(one, ConditionPassed)
        ]

    def why(self, alarm: str) -> str:
        """Why an alarm stands, in English."""
        return "\n".join(
            step.text.en for step in explain(self.state, self.state.durable.alarms.alarms[alarm], self.now)
        )


# --- self-test -------------------------------------------------------------------------------------------------------


def test_a_self_test_raises_nothing_and_is_told_as_such() -> None:
    """On battery for its time, with a battery that dips: no alarm, and one entry that says what it was."""
    ups = Ups()
    ups.says("OL")
    for status in ("OB", "OB LB", "OB"):
        assert ups.says(status, test=True) == []
    assert ups.says("OL") == ["condition.passed"]
    assert ups.passed() == [("self-test", True, 30.0, 1)]
    assert ups.standing() == {}


def test_a_test_whose_flag_comes_late_is_a_self_test_all_the_same() -> None:
    """One reading says on battery, the next one why."""
    ups = Ups()
    ups.says("OL")
    ups.says("OB")
    ups.says("OB", test=True)
    ups.says("OL")
    assert ups.passed() == [("self-test", True, 20.0, 1)]
    assert ups.standing() == {}


def test_an_outage_that_outlasts_the_test_is_found_when_it_ends() -> None:
    """And its evidence says what it was held to be until then."""
    ups = Ups()
    ups.says("OB", test=True)
    ups.says("OB", test=True)
    ups.says("OB")
    assert ups.says("OB", 20.0) == ["alarm.raised"]
    raised = next(one for one in ups.events if isinstance(one, AlarmRaised))
    assert raised.evidence.excuse == text("self-test")
    assert decode(encode(raised)) == raised
    assert "at first it was held to be: self-test" in ups.why("ups-1.on-battery")


def test_an_outage_in_the_middle_of_a_test_is_found_at_once_where_the_input_is_measured() -> None:
    """A self-test with nothing at the input is a mains failure."""
    ups = Ups()
    ups.says("OB", test=True)
    ups.says("OB", test=True, volts=0.0)
    ups.says("OB", test=True, volts=0.0)
    ups.says("OB", test=True, volts=0.0)
    assert "ups-1.on-battery" in ups.standing()


@pytest.mark.parametrize("volts", [Bad("missing"), 180.0, "?"])
def test_an_input_that_says_nothing_or_enough_does_not_tell_against_a_test(volts: Value | Bad) -> None:
    """A brownout is for the end of the test to tell."""
    ups = Ups()
    for _ in range(6):
        assert ups.says("OB", test=True, volts=volts) == []


def test_a_test_that_never_ends_hides_nothing_for_ever() -> None:
    """Although the answers are all alike, and although the flag flickers off and bad."""
    ups = Ups()
    for _ in range(60):
        assert ups.says("OB", test=True) == []
    for _ in range(3):
        ups.says("OB", test=True)
    assert set(ups.standing()) == {"ups-1.on-battery"}


def test_a_flag_that_says_nothing_does_not_begin_its_time_anew() -> None:
    """Each other answer has no flag: those readings count, and the outage is raised after its on-delay."""
    ups = Ups()
    raised = []
    for number in range(6):
        ups.says("OB", test=True)
        ups.values = {"ups.status": "OB", "ups.test": Bad("missing"), "input.voltage": float(number + 200)}
        raised += ups.wait(10.0) + ups.give(Polled("ups-1", ups.values))
    assert "alarm.raised" in raised


def test_a_low_battery_counts_after_the_dip_of_a_test() -> None:
    """Two minutes of a test are excused; then it truly runs down."""
    ups = Ups()
    for _ in range(12):
        assert ups.says("OB LB", test=True) == []
    ups.says("OB LB", test=True)
    ups.says("OB LB", test=True)
    assert set(ups.standing()) == {"ups-1.battery-low"}


# --- calibration -----------------------------------------------------------------------------------------------------


def test_a_calibration_is_told_as_such_and_its_low_battery_is_one() -> None:
    """For an hour on battery no mains alarm; the battery that it ran down on purpose would not carry anybody now."""
    ups = Ups()
    ups.says("OL")
    for _ in range(360):
        assert ups.says("OB CAL") == []
    ups.says("OB LB CAL")
    ups.says("OB LB CAL")
    assert set(ups.standing()) == {"ups-1.battery-low"}
    ups.says("OL CHRG")
    assert ups.passed() == [("calibration", True, 3620.0, 1)]


# --- brief sag -------------------------------------------------------------------------------------------------------


def test_a_brief_sag_raises_nothing_and_is_not_lost() -> None:
    """One reading on battery; the entry says how long at most, by which reading, and of which alarm."""
    ups = Ups()
    ups.says("OL")
    ups.says("OB", 3.0)
    assert ups.says("OL", 3.0) == ["condition.passed"]
    assert ups.passed() == [("brief sag", False, 3.0, 1)]
    event = next(one for one in ups.events if isinstance(one, ConditionPassed))
    assert (event.alarm.id, event.evidence.value, event.evidence.delay) == ("ups-1.on-battery", "OB", 15.0)
    assert decode(encode(event)) == event


def test_sags_that_come_often_are_an_alarm_until_they_stay_away() -> None:
    """Three within the hour; gone when none has come for an hour. A self-test does not count."""
    ups = Ups()
    ups.says("OB", test=True)
    ups.says("OL")
    for _ in range(2):
        ups.says("OB")
        ups.says("OL", 3.0)
    assert ups.standing() == {}
    ups.says("OB")
    assert ups.says("OL", 3.0) == ["condition.passed", "alarm.raised"]
    told = ups.why("ups-1.mains-unstable")
    assert "brief sag of 3 s" in told
    assert told.count("brief sag of 3 s") == 3
    for _ in range(359):
        assert ups.says("OL") == []
    ups.says("OL")
    assert ups.says("OL") == []
    assert ups.standing() == {}


def test_after_a_restart_unstable_mains_stay_so_until_they_were_watched_for_long_enough() -> None:
    """That nothing is remembered does not mean that nothing came."""
    ups = Ups()
    for _ in range(3):
        ups.says("OB")
        ups.says("OL", 3.0)
    again = Ups(durable=decode_snapshot(encode_snapshot(ups.state.durable)), mono=9000.0)
    for _ in range(359):
        again.says("OL")
        assert set(again.standing()) == {"ups-1.mains-unstable"}
    again.says("OL")
    again.says("OL")
    assert again.standing() == {}


def test_a_storm_of_sags_is_counted_and_does_not_fill_the_journal() -> None:
    """A few are told in an hour; the rest with a number, when the hour is over, even if nothing comes any more."""
    ups = Ups()
    for _ in range(100):
        ups.says("OB", 2.0)
        ups.says("OL", 2.0)
    assert [count for *_, count in ups.passed()] == [1] * TOLD_MOST
    ups.says("OL", TOLD_WITHIN)
    assert [count for *_, count in ups.passed()] == [1] * TOLD_MOST + [100 - TOLD_MOST]


@given(st.lists(st.tuples(st.sampled_from(["OL", "OB", "OB CAL", "?"]), st.floats(0.1, 600)), max_size=80))
def test_no_sag_is_told_twice_or_lost(acts: list[tuple[str, float]]) -> None:
    """Whatever comes: where no alarm came of it, every stretch off the mains is told, by an entry or by its number."""
    ups = Ups()
    stretches, away = 0, False
    for status, seconds in acts:
        ups.says(status, seconds)
        off = "OB" in status
        stretches += away and not off
        away = off
    ups.says("OL", TOLD_WITHIN)
    ups.says("OL", TOLD_WITHIN)
    stretches += away
    counted = sum(count for *_, count in ups.passed())
    if ups.state.durable.alarms.occurrences.get("ups-1.on-battery"):
        assert counted <= stretches
    else:
        assert counted == stretches


# --- outage ----------------------------------------------------------------------------------------------------------


def test_an_outage_is_raised_after_its_on_delay_and_is_no_sag() -> None:
    """And leaves no entry of something that passed."""
    ups = Ups()
    ups.says("OL")
    ups.says("OB")
    assert ups.wait(15.0) == ["alarm.raised"]
    ups.says("OL")
    assert ups.wait(10.0) == ["alarm.cleared"]
    assert ups.passed() == []


# --- link lost -------------------------------------------------------------------------------------------------------


def test_a_link_that_is_lost_after_a_reading_on_battery_is_probably_on_battery() -> None:
    """Although its on-delay never ended; the silence stands behind it, and only an answer clears both."""
    ups = Ups()
    ups.says("OL")
    ups.says("OB")
    ups.fails()
    assert ups.wait(10.0) == ["alarm.raised"]
    for _ in range(5):
        ups.fails()
    lost = "ups-1.lost-on-battery"
    assert ups.standing() == {lost: (), "ups-1.unreachable": (lost,)}
    assert "10 s before, a reading said: mains failed" in ups.why(lost)
    ups.says("OB")
    ups.wait(5.0)
    assert set(ups.standing()) == {"ups-1.on-battery"}


def test_a_link_that_is_lost_soon_after_the_mains_came_back_counts_too() -> None:
    """Within the seconds of the profile, and not beyond them."""
    for seconds, alarm in ((15.0, "ups-1.lost-on-battery"), (25.0, "ups-1.unreachable")):
        ups = Ups()
        ups.says("OB")
        ups.says("OL")
        ups.says("OL")
        ups.fails(seconds)
        ups.fails(30.0)
        assert alarm in ups.standing()
        assert len(ups.standing()) == 1 + (alarm == "ups-1.lost-on-battery")


def test_a_link_that_is_lost_in_quiet_or_after_a_self_test_is_only_lost() -> None:
    """Some UPSs fall silent after their test, too."""
    for test in (False, True):
        ups = Ups()
        ups.says("OB" if test else "OL", test=test)
        ups.says("OL")
        for _ in range(6):
            ups.fails()
        assert ups.standing() == {"ups-1.unreachable": ()}


def test_a_link_that_comes_back_before_the_on_delay_raises_nothing() -> None:
    """The adapter that drops for a moment when the relay of the UPS clicks."""
    ups = Ups()
    ups.says("OB")
    ups.fails(5.0)
    ups.says("OL", 5.0)
    ups.wait(60.0)
    assert ups.standing() == {}


@pytest.mark.parametrize("first", [True, False])
def test_evidence_of_others_makes_more_of_a_silence_before_it_and_after(*, first: bool) -> None:
    """Another UPS goes on battery, whichever is seen first; it need not be an alarm yet."""
    ups = Ups()
    ups.says("OL")
    other = Polled("ups-2", {"ups.status": "OB", "ups.test": False})
    if first:
        ups.give(other)
    ups.fails()
    if not first:
        ups.wait(20.0)
        ups.give(other)
    ups.wait(10.0)
    ups.wait(20.0)
    lost = "ups-1.lost-on-battery"
    assert ("0 s before" if first else "20 s after") in ups.why(lost)
    assert ups.standing() == {
        lost: (), "ups-1.unreachable": (lost,), "ups-2.on-battery": ()
    }  # fmt: skip


def test_an_unreachable_that_stands_already_is_explained_by_what_comes_later() -> None:
    """The contact on the mains opens half a minute after the link was lost: not later than that."""
    for seconds, upgraded in ((30.0, True), (31.0, False)):
        ups = Ups()
        ups.says("OL")
        ups.fails()
        ups.wait(seconds)
        ups.give(Polled("room", {"mains": True}))
        ups.wait(10.0)
        assert ("ups-1.lost-on-battery" in ups.standing()) == upgraded
        assert ups.standing()["ups-1.unreachable"] == (("ups-1.lost-on-battery",) if upgraded else ())


def test_after_a_restart_no_silence_is_more_than_silence_and_what_stands_waits_for_an_answer() -> None:
    """Nothing is known of the time before, and nothing is forgotten."""
    ups = Ups()
    ups.says("OB")
    ups.fails()
    ups.wait(10.0)
    durable = decode_snapshot(encode_snapshot(ups.state.durable))
    again = Ups(durable=durable, mono=50.0)
    for _ in range(6):
        again.fails()
    assert set(again.standing()) == {"ups-1.lost-on-battery", "ups-1.unreachable"}
    again.says("OL")
    again.wait(5.0)
    assert again.standing() == {}
    fresh = Ups()
    fresh.give(Polled("room", {"mains": True}))
    for _ in range(6):
        fresh.fails()
    assert "ups-1.lost-on-battery" not in fresh.standing()


def test_a_second_start_forgets_nothing_that_goes_on() -> None:
    """The events of a start do not disturb what is followed."""
    ups = Ups()
    ups.says("OB")
    ups.give(Started("test", "0"))
    assert ups.says("OL", 3.0) == ["condition.passed"]
