"""Alarm quality: floods, nuisances, what stands and how long people take, at the exact boundaries of their definitions."""

import pytest

from agent.core.model import Severity
from agent.core.quality import notes
from agent.core.quality.figures import Recommendation, judge
from agent.core.quality.meter import measure
from agent.core.quality.occurrences import carried
from agent.core.quality.spans import Period
from tests.core.branch import Room
from tests.core.tape import BEGIN, DAY, Tape, value, verdict

HOUR = 3600.0


def raises(times: list[float]) -> Tape:
    """A tape of one raise at each time, each of another alarm."""
    tape = Tape()
    for number, time in enumerate(times):
        tape.raised(time, f"a{number}")
    return tape


FLOODS = {
    "nine at once are none": ([100.0] * 9, []),
    "ten at once are one, which lasts until the window is empty": ([100.0] * 10, [(100, 700, 10)]),
    "ten in just less than ten minutes": (
        [100.0, *[300.0] * 8, 699.9],
        [(100, 900, 10)],
    ),
    "the tenth exactly ten minutes after the first is not within": ([100.0, *[300.0] * 8, 700.0], []),
    "one goes on while the window holds five": (
        [100.0] * 10 + [600.0, 600.0, 600.0, 600.0, 650.0],
        [(100, 1200, 15)],
    ),
    "one goes on with a raise at the very moment at which the window would fall below five": (
        [100.0] * 6 + [200.0] * 4 + [700.0],
        [(100, 800, 11)],
    ),
    "one ends with four in the window, and what follows is too little for another": (
        [100.0] * 10 + [700.1] * 9,
        [(100, 700, 10)],
    ),
    "a raise of one is not counted to another": (
        [100.0] * 10 + [600.0] * 4 + [701.0] * 9,
        [(100, 700, 14)],
    ),
    "two": ([100.0] * 10 + [2000.0] * 12, [(100, 700, 10), (2000, 2600, 12)]),
    "one is cut at the end of the period": ([DAY - 60.0] * 10, [(DAY - 60, DAY, 10)]),
}


@pytest.mark.parametrize(("times", "expected"), FLOODS.values(), ids=FLOODS)
def test_floods(times: list[float], expected: list[tuple[float, float, int]]) -> None:
    """A flood begins with ten raises within ten minutes and ends below five."""
    found = raises(times).measured().floods
    assert [(one.begin - BEGIN, pytest.approx(one.end - BEGIN), one.count) for one in found] == expected


def test_time_in_flood_is_a_share_of_the_period() -> None:
    """Twenty minutes of two floods in a day."""
    quality = raises([100.0] * 10 + [2000.0] * 10).measured()
    assert value(quality, "flood-share") == pytest.approx(1200 / DAY)
    assert verdict(quality, "flood-share") == "above"


def test_the_busiest_ten_minutes() -> None:
    """The window is half open: a raise exactly ten minutes later is in the next one."""
    quality = raises([0.0, 500.0, 600.0, 601.0, 5000.0]).measured()
    assert value(quality, "peak-10-min") == 3
    assert quality.peak_begin == BEGIN + 500.0


def cycles(alarm: str, *spans: tuple[float, float]) -> Tape:
    """A tape of one alarm that comes and goes."""
    tape = Tape()
    for begin, end in spans:
        tape.raised(begin, alarm)
        tape.cleared(end, alarm)
    return tape


CHATTER = {
    "three cycles in less than a minute": ([(0, 1), (20, 21), (40, 59.9)], {"ups-1.a": 3}),
    "the third clear exactly after a minute is not within": ([(0, 1), (20, 21), (40, 60)], {}),
    "two cycles are none": ([(0, 1), (2, 3)], {}),
    "a cycle counts once": ([(0, 1), (10, 11), (20, 21), (30, 31), (40, 41)], {"ups-1.a": 5}),
    "two bursts": (
        [(0, 1), (10, 11), (20, 21), (500, 501), (600, 601), (610, 611), (620, 621)],
        {"ups-1.a": 6},
    ),
    "a slow cycle between fast ones": ([(0, 1), (10, 11), (20, 21), (70, 71), (75, 76)], {"ups-1.a": 5}),
}


@pytest.mark.parametrize(("spans", "expected"), CHATTER.values(), ids=CHATTER)
def test_chattering(spans: list[tuple[float, float]], expected: dict[str, int]) -> None:
    """Raised and cleared three times within a minute."""
    quality = cycles("a", *spans).measured()
    assert {one.alarm: one.count for one in quality.chattering} == expected
    assert value(quality, "chattering-alarms") == len(expected)


@pytest.mark.parametrize(
    ("lasted", "off_delay", "acknowledged", "fleeting"),
    [(9.9, 0, False, 1), (10, 0, False, 0), (39.9, 30, False, 1), (40, 30, False, 0), (5, 0, True, 0)],
)
def test_fleeting(lasted: float, off_delay: float, acknowledged: bool, fleeting: int) -> None:
    """Back to normal within ten seconds, the off-delay not counted, and nobody was quick enough to acknowledge it."""
    tape = Tape()
    tape.raised(100)
    if acknowledged:
        tape.acknowledged(101)
    tape.cleared(100 + lasted, off_delay=off_delay)
    assert sum(one.count for one in tape.measured().fleeting) == fleeting


@pytest.mark.parametrize(("stood", "stale"), [(DAY, 0), (DAY + 1, 1)])
def test_stale_is_more_than_a_day(stood: float, stale: int) -> None:
    """Also when it stood for the most part before the period, and cleared in it."""
    tape = Tape()
    tape.raised(100)
    tape.cleared(100 + stood)
    quality = tape.measured(end=3 * DAY)
    assert (value(quality, "stale-at-any-time"), value(quality, "stale-at-end")) == (stale, 0)
    later = tape.measured(begin=DAY, end=3 * DAY)
    assert len(later.stale) == stale
    before = tape.measured(begin=0, end=DAY)
    assert (len(before.stale), len(before.standing)) == (0, 1)


def test_what_stands_at_the_end_may_be_stale() -> None:
    """With its age at that moment."""
    tape = Tape()
    tape.raised(100)
    quality = tape.measured(end=2 * DAY)
    assert tape.measured(end=DAY + 100).stale == ()
    [stale] = quality.stale
    assert (stale.seconds, stale.stands, value(quality, "stale-at-end")) == (2 * DAY - 100, True, 1)


def test_standing_on_average() -> None:
    """Two alarms of half the period each are one on average, wherever they lie."""
    tape = Tape()
    tape.raised(0, "a")
    tape.raised(HOUR, "b")
    tape.cleared(2 * HOUR, "a")
    tape.cleared(3 * HOUR, "b")
    assert value(tape.measured(end=4 * HOUR), "standing-average") == 1
    assert value(tape.measured(begin=HOUR, end=2 * HOUR), "standing-average") == 2
    assert value(tape.measured(begin=HOUR, end=2 * HOUR), "standing-at-end") == 2


def test_what_stood_before_the_period_stands_in_it() -> None:
    """Whether the meter saw its raise or was told by the state at the beginning."""
    room = Room()
    room.polled(battery_charge=5)
    room.wait(20)
    room.polled(battery_charge=5.0)
    room.polled(ups_status="OB", battery_charge=5)
    listed = carried(room.state.durable.alarms)
    begin = room.now.wall + 1
    before = len(room.events)
    room.wait(100)
    room.polled(ups_status="OL", battery_charge=5)
    period = Period(begin, begin + HOUR)
    whole = measure(map(notes.note_of, room.events), period)
    told = measure(map(notes.note_of, room.events[before:]), period, listed)
    assert len(whole.standing) == 1
    assert [one.alarm for one in told.standing] == [one.alarm for one in whole.standing]
    for name in ("standing-at-end", "unacknowledged-at-end"):
        assert value(told, name) == value(whole, name)
    assert value(told, "standing-average") == pytest.approx(value(whole, "standing-average"))
    assert whole.counts.raised == told.counts.raised == 0
    assert whole.counts.cleared == told.counts.cleared == 1
    assert (whole.counts.uncertain, told.counts.uncertain) == (0, 1)


def test_times_to_acknowledge_and_to_clear() -> None:
    """Nearest rank: durations that occurred; by severity, the most severe first."""
    tape = Tape()
    for number, took in enumerate([10, 20, 30, 40]):
        tape.raised(1000 * number, f"a{number}", Severity.CRITICAL if number == 3 else Severity.MINOR)
        tape.acknowledged(1000 * number + took, f"a{number}")
        tape.cleared(1000 * number + 500, f"a{number}")
    quality = tape.measured()
    assert [(one.severity, one.count, one.median, one.p90) for one in quality.acknowledge_times] == [
        ("critical", 1, 40, 40),
        ("minor", 3, 20, 30),
    ]
    assert value(quality, "time-to-acknowledge-median") == 20
    assert value(quality, "time-to-clear-p90") == 500
    assert verdict(quality, "time-to-clear-p90") == "not judged"


def test_an_acknowledgement_after_the_clear_counts_too() -> None:
    """Someone looked at last; until then it waits, and is not standing."""
    tape = Tape()
    tape.raised(0)
    tape.cleared(100)
    quality = tape.measured(end=HOUR)
    assert (value(quality, "unacknowledged-at-end"), len(quality.standing)) == (1, 0)
    tape.acknowledged(200)
    quality = tape.measured(end=HOUR)
    assert (value(quality, "unacknowledged-at-end"), quality.acknowledge_times[0].median) == (0, 200)


@pytest.mark.parametrize(
    ("given", "expected"),
    [(10, "fine"), (10.01, "above"), (30, "above"), (30.01, "far above"), (None, "not judged")],
)
def test_verdicts(given: float | None, expected: str) -> None:
    """The limit itself is fine, and what is far above begins beyond the second one."""
    assert judge(given, Recommendation(10, 30, "EEMUA 191")).value == expected


def test_top_sources_and_priorities() -> None:
    """The ten most frequent with their share, ties by id; shares are judged only where there are enough raises."""
    tape = Tape()
    for number in range(60):
        severity = (Severity.WARNING, Severity.MINOR, Severity.MAJOR, Severity.CRITICAL)[number % 4]
        tape.raised(number * 1000, f"a{number % 12:02}", severity)
        tape.cleared(number * 1000 + 500, f"a{number % 12:02}")
    quality = tape.measured()
    assert [one.alarm for one in quality.top] == [f"ups-1.a{number:02}" for number in range(10)]
    assert (quality.top[0].count, quality.top[0].share) == (5, 5 / 60)
    assert verdict(quality, "top-10-share") == "far above"
    spread = {one.priority: (one.count, one.severities, one.verdict.value) for one in quality.priorities}
    assert spread == {
        "low": (30, ("warning", "minor"), "not judged"),
        "medium": (15, ("major",), "above"),
        "high": (15, ("critical",), "far above"),
    }
    few = cycles("a", (0, 100)).measured()
    assert verdict(few, "top-10-share") == "not judged"
    assert {one.verdict.value for one in few.priorities} == {"not judged"}


def test_a_period_must_have_a_length() -> None:
    """Neither empty, nor backwards, nor endless."""
    for begin, end in ((1.0, 1.0), (2.0, 1.0), (0.0, float("inf")), (float("nan"), 1.0)):
        with pytest.raises(ValueError, match="a period ends after it begins"):
            Period(begin, end)
