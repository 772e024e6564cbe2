"""N of m, rates of change, counters, excuses and chattering."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.alarm_states import AlarmState
from agent.core.branch import Branch, Chatter
from agent.core.events import AlarmChattering, AlarmCleared, AlarmRaised
from agent.core.inputs import Polled, PollFailed, Restarted
from agent.core.model import Bad, Device, Layer, Limit, Rule, Severity, Unless, Value
from agent.core.state import decode_snapshot, encode_snapshot
from agent.core.trail import Trail
from tests.core.branch import Room, text

MINOR = Severity.MINOR
NOISY = Rule(
    "noisy", "level", MINOR, Limit(raise_above=50.0, clear_below=40.0), text("noisy"), confirm=(2, 3)
)
RISING = Rule("rising", "heat", MINOR, Limit(raise_above=5.0, clear_below=2.0, per=600.0), text("rising"))
ERRORS = Rule(
    "errors", "errors", MINOR, Limit(raise_above=60.0, clear_below=6.0, per=60.0), text("errors"), counter=32
)
TESTED = Rule(
    "on-battery",
    "status",
    MINOR,
    Limit(tokens=("OB",)),
    text("on battery"),
    unless=(Unless("test", Limit(among=(True,))),),
)
FLAPPING = Rule("flapping", "link", MINOR, Limit(among=("down",)), text("link down"), off_delay=2.0)
THING = Device("x", Layer.POWER, text("x"), (NOISY, RISING, ERRORS, TESTED, FLAPPING), stale_after=1000.0)
BRANCH = Branch("s", {"x": THING}, chatter=Chatter(count=3, within=60.0, quiet=30.0))


class Thing(Room):
    """One device under virtual time; unnamed points keep their values."""

    def __init__(self, **given: object) -> None:
        self.values: dict[str, Value | Bad] = {
            "level": 10.0,
            "heat": 20.0,
            "errors": 0,
            "status": "OL",
            "test": False,
            "link": "up",
        }
        super().__init__(BRANCH, **given)  # type: ignore[arg-type]  # durable and mono, as the room takes them

    def says(self, seconds: float = 1.0, **values: Value | Bad) -> list[str]:
        """After some time the device answers."""
        self.mono += seconds
        self.values |= values
        return self.give(Polled("x", dict(self.values)))

    def standing(self, alarm: str) -> bool:
        """Whether an alarm stands."""
        found = self.state.durable.alarms.alarms.get(alarm)
        return found is not None and not found.is_cleared


def test_two_of_three_readings_raise_and_two_of_three_clear() -> None:
    """One outlier does neither; the same reading twice counts twice."""
    thing = Thing()
    for level in (10.0, 90.0, 10.0, 10.0, 90.0, 10.0):
        assert thing.says(level=level) == []
    assert thing.says(level=90.0) == ["alarm.raised"]
    assert thing.says(level=10.0) == []
    assert thing.says(level=90.0) == []
    assert thing.says(level=10.0) == ["alarm.cleared"]
    assert thing.says(level=90.0) == []
    assert thing.says() == ["alarm.raised"]


def test_a_slow_rise_is_seen_and_a_jump_within_bounds_is_not() -> None:
    """Five degrees in ten minutes, judged once half of that time has been seen."""
    thing = Thing()
    for _ in range(20):
        assert thing.says(60.0, heat=20.0) == []
    told = [thing.says(60.0, heat=20.0 + 0.7 * n) for n in range(1, 12)]
    assert ["alarm.raised"] in told
    told = [thing.says(60.0) for _ in range(12)]
    assert ["alarm.cleared"] in told
    assert thing.says(60.0, heat=24.0) == []


def test_a_counter_that_wraps_goes_on_and_one_that_begins_anew_says_nothing() -> None:
    """Neither makes four billion errors, and nothing is cleared by a restart."""
    thing = Thing()
    count = 2**32 - 100
    for _ in range(8):
        thing.says(10.0, errors=count)
        count = (count + 2) % 2**32
    for _ in range(12):
        thing.says(10.0, errors=count)
        count = (count + 20) % 2**32
    assert thing.standing("x.errors")
    assert thing.says(10.0, errors=5) == []
    thing.says(20.0, errors=6)
    assert thing.standing("x.errors")
    for _ in range(6):
        thing.says(10.0, errors=6)
    assert not thing.standing("x.errors")


def test_a_device_that_was_restarted_begins_its_counters_anew() -> None:
    """Also where the new count is above the old one."""
    thing = Thing()
    for _ in range(8):
        thing.says(10.0, errors=100)
    thing.give(Restarted("x", "sysUpTime"))
    assert thing.says(10.0, errors=5000) == []
    for _ in range(8):
        assert thing.says(10.0, errors=5000) == []


def test_a_self_test_is_no_mains_failure() -> None:
    """While it runs readings neither raise nor clear; a failure that outlasts it is raised then."""
    thing = Thing()
    assert thing.says(status="OB", test=True) == []
    assert thing.says(status="OL", test=False) == []
    assert thing.says(status="OB", test=True) == []
    assert thing.says(test=False) == ["alarm.raised"]
    assert thing.says(status="OL", test=True) == []
    assert thing.says(test=False) == ["alarm.cleared"]


def flap(thing: Thing, times: int) -> None:
    """A link that goes down for a second each eight seconds."""
    for _ in range(times):
        thing.says(1.0, link="down")
        thing.says(1.0, link="up")
        for _ in range(6):
            thing.wait(1.0)


def chatters(thing: Thing) -> list[tuple[bool, bool]]:
    """Each beginning and end of chattering, with whether the condition held."""
    return [(one.began, one.standing) for one in thing.events if isinstance(one, AlarmChattering)]


def test_an_alarm_that_comes_and_goes_is_one_alarm_until_it_is_quiet() -> None:
    """Its end says how things are: gone (Nagios 91)."""
    thing = Thing()
    flap(thing, 10)
    assert sum(isinstance(one, AlarmRaised) for one in thing.events) == 3
    assert thing.standing("x.flapping")
    assert chatters(thing) == [(True, True)]
    for _ in range(40):
        thing.wait(1.0)
        thing.says(0.0)
    assert not thing.standing("x.flapping")
    assert chatters(thing) == [(True, True), (False, False)]
    last = [one for one in thing.events if isinstance(one, AlarmChattering | AlarmCleared)][-2:]
    assert isinstance(last[0], AlarmChattering)
    assert last[0].count == 10


def test_one_that_stays_at_last_is_told_to_have_come_to_rest_standing() -> None:
    """The alarm stands, and the next clear is a plain one."""
    thing = Thing()
    flap(thing, 4)
    thing.says(1.0, link="down")
    for _ in range(40):
        thing.wait(1.0)
        thing.says(0.0)
    assert chatters(thing) == [(True, True), (False, True)]
    assert thing.standing("x.flapping")
    again = Thing(durable=decode_snapshot(encode_snapshot(thing.state.durable)), mono=9000.0)
    for one in (thing, again):
        one.says(1.0, link="up")
        assert one.wait(2.0) == ["alarm.cleared"]


def test_what_chatters_and_stands_has_its_whole_quiet_time_after_a_restart() -> None:
    """Nobody knows how it was meanwhile: it is told to have come to rest when it has been quiet since."""
    thing = Thing()
    flap(thing, 5)
    again = Thing(durable=decode_snapshot(encode_snapshot(thing.state.durable)), mono=9000.0)
    for _ in range(29):
        again.says(1.0, link="down")
    assert chatters(again) == []
    again.says(1.0)
    assert chatters(again) == [(False, True)]


def test_one_that_came_to_rest_is_counted_anew() -> None:
    """The raises before its rest do not make the next one chattering, soon as it may come."""
    thing = Thing()
    flap(thing, 3)
    while thing.standing("x.flapping"):
        thing.wait(1.0)
        thing.says(0.0)
    assert thing.says(1.0, link="down") == ["alarm.raised"]


def test_an_alarm_that_comes_seldom_does_not_chatter() -> None:
    """Three times, but not within the minute."""
    thing = Thing()
    for _ in range(6):
        thing.says(1.0, link="down")
        thing.says(1.0, link="up")
        for _ in range(40):
            thing.wait(1.0)
    assert chatters(thing) == []
    assert sum(isinstance(one, AlarmCleared) for one in thing.events) == 6


def test_chattering_outlives_a_restart() -> None:
    """The flag is on the alarm; quiet is waited for anew, and the end is told."""
    thing = Thing()
    flap(thing, 5)
    again = Thing(durable=decode_snapshot(encode_snapshot(thing.state.durable)), mono=9000.0)
    assert again.state.durable.alarms.alarms["x.flapping"].chattering == 3
    again.says(1.0, link="up")
    again.wait(20.0)
    assert again.standing("x.flapping")
    again.says(1.0)
    again.wait(20.0)
    assert not again.standing("x.flapping")
    assert chatters(again) == [(False, False)]


@given(st.lists(st.tuples(st.sampled_from(["up", "down", None, "fail"]), st.floats(0, 40)), max_size=60))
def test_whatever_flaps_the_end_tells_the_truth(acts: list[tuple[str | None, float]]) -> None:
    """After quiet time with good readings the alarm stands just if the link is down, and nothing chatters."""
    thing = Thing()
    for link, passed in acts:
        thing.wait(passed)
        if link == "fail":
            thing.give(PollFailed("x", "timeout"))
        elif link:
            thing.says(0.0, link=link)
    for _ in range(80):
        thing.wait(1.0)
        thing.says(0.0)
    down = thing.values["link"] == "down"
    assert thing.standing("x.flapping") == down
    alarm = thing.state.durable.alarms.alarms.get("x.flapping")
    assert alarm is None or alarm.chattering == 0 or alarm.state is AlarmState.RETURNED


def test_a_counter_is_counted_over_its_wraps_and_not_over_a_restart() -> None:
    """What it counts within the period is small, however large the numbers are."""
    wrapping, restarting = Trail(60.0, 32), Trail(60.0, 32)
    assert wrapping.take(2.0**32 - 10, 0.0) is None
    assert wrapping.take(20.0, 60.0) == 30.0
    assert restarting.take(1_000.0, 0.0) is None
    assert restarting.take(500.0, 60.0) is None
    assert restarting.take(560.0, 120.0) == 60.0


@given(
    st.lists(st.tuples(st.floats(0.01, 100), st.floats(0, 1e6)), min_size=1, max_size=200),
    st.floats(1, 1000),
)
def test_a_trail_is_bounded_and_true(steps: list[tuple[float, float]], per: float) -> None:
    """It never keeps many readings, and a steady slope comes out as it is."""
    trail, mono = Trail(per), 0.0
    for passed, value in steps:
        mono += passed
        trail.take(value, mono)
        assert len(trail.readings) <= 70
    steady = Trail(per)
    told = [steady.take(3.0 * n * per / 10, n * per / 10) for n in range(30)]
    assert told[0] is None
    assert told[-1] == pytest.approx(3.0 * per)
