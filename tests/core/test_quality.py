"""Alarm quality: floods, nuisances, what stands and how long people take, at the exact boundaries of their definitions."""

import pytest

from agent.core import alarms as alarm_list
from agent.core.events import AnnunciationSilenced
from agent.core.model import Severity
from agent.core.quality import notes
from agent.core.quality.figures import Recommendation, Verdict, judge
from agent.core.quality.meter import measure
from agent.core.quality.notes import read
from agent.core.quality.occurrences import carried
from agent.core.quality.spans import Period
from tests.core.branch import Room
from tests.core.chain import Chain
from tests.core.tape import BEGIN, DAY, LI, Tape, value, verdict

MINUTE, HOUR = 60.0, 3600.0


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


def test_across_boots_nothing_is_called_a_nuisance() -> None:
    """Only the wall clock could tell that it was quick, and it may have stepped."""
    tape = Tape()
    for number in range(3):
        tape.restart(number * 10)
        tape.raised(number * 10 + 1)
        if number == 2:
            tape.restart(number * 10 + 2)
        tape.cleared(number * 10 + 3)
    quality = tape.measured()
    assert quality.chattering == ()
    assert sum(one.count for one in quality.fleeting) == 2


def test_a_consequence_that_clears_enters_no_figure() -> None:
    """Neither how long it stood, nor that it was quick, nor that it was stale, nor who acknowledged it."""
    tape = Tape()
    for number in range(3):
        tape.raised(number, "a", explained=True)
        tape.cleared(number + 0.5, "a")
    tape.raised(10, "b", explained=True)
    tape.acknowledged(20, "b")
    tape.cleared(2 * DAY, "b")
    quality = tape.measured(end=3 * DAY)
    assert (quality.counts.cleared, quality.counts.acknowledged, quality.counts.explained) == (0, 0, 4)
    assert (quality.chattering, quality.fleeting, quality.stale) == ((), (), ())
    assert (quality.clear_times, quality.acknowledge_times) == ((), ())
    assert value(quality, "standing-average") == 0


def test_a_cleared_one_calls_nobody_when_its_cause_ends() -> None:
    """There is nothing left to look at."""
    tape = Tape()
    tape.raised(0, explained=True)
    tape.cleared(10)
    tape.cause_changed(20, explained=False)
    assert tape.measured().counts.raised == 0


@pytest.mark.parametrize(
    ("given", "expected"),
    [(10, "fine"), (10.01, "above"), (30, "above"), (30.01, "far above"), (None, "not judged")],
)
def test_verdicts(given: float | None, expected: str) -> None:
    """The limit itself is fine, and what is far above begins beyond the second one."""
    assert judge(given, Recommendation(10, 30, "EEMUA 191")).value == expected


def test_consequences_of_a_root_cause_are_no_load() -> None:
    """Counted apart; they stand in no list and no figure, until they turn out to be causes of their own."""
    tape = Tape()
    tape.raised(0, "root", Severity.MAJOR)
    for number in range(20):
        tape.raised(1, f"c{number}", explained=True)
    quality = tape.measured(end=2 * HOUR)
    assert (quality.counts.raised, quality.counts.explained) == (1, 20)
    assert quality.floods == ()
    assert [one.alarm for one in quality.standing] == ["ups-1.root"]
    assert value(quality, "unacknowledged-at-end") == 1
    tape.cause_changed(600, "c7", explained=False)
    freed = tape.measured(end=2 * HOUR)
    assert [one.alarm for one in freed.standing] == ["ups-1.root", "ups-1.c7"]
    assert (freed.counts.raised, freed.counts.explained) == (2, 20)


def test_a_freed_consequence_calls_from_then_on() -> None:
    """Its raise bothered nobody; the time to acknowledge runs from when it stood alone. One that was seen to calls nobody."""
    tape = Tape()
    tape.raised(0, "a", explained=True)
    tape.raised(0, "b", explained=True)
    tape.acknowledged(5, "b")
    tape.cause_changed(600, "a", explained=False)
    tape.cause_changed(600, "b", explained=False)
    tape.acknowledged(660, "a")
    quality = tape.measured()
    assert (quality.counts.raised, quality.acknowledge_times[0].median) == (1, 60)
    assert tape.measured(begin=300).counts.raised == 1


def test_what_turns_out_to_be_a_consequence_asks_for_nothing_more() -> None:
    """It called when it was raised; since then its cause does."""
    tape = Tape()
    tape.raised(0)
    tape.cause_changed(30, explained=True)
    quality = tape.measured()
    assert (quality.counts.raised, quality.counts.explained, quality.standing) == (1, 0, ())


def test_a_dead_ups_is_one_alarm_of_load() -> None:
    """On the core itself: the switch, the PBX and the gateway behind it are consequences."""
    room = Chain()
    room.dead = {"ups-1", "switch-1", "pbx-1", "gw-1"}
    begin = room.now.wall
    room.run(60)
    quality = measure(map(notes.note_of, room.events), Period(begin, begin + HOUR))
    assert (quality.counts.raised, quality.counts.explained) == (1, 3)
    assert [one.alarm for one in quality.standing] == ["ups-1.unreachable"]
    [told] = [one for one in carried(room.state.durable.alarms) if not one.explained]
    assert told.alarm == "ups-1.unreachable"


@pytest.mark.parametrize(
    ("root_cause", "explained"),
    [
        (b"[]", False),
        (b'[{"resource":"ups-1","alarm":"ups-1.on-battery"}]', True),
        (b'""', False),
        (b'"ups-1"', True),
        (b"null", False),
        (b'{"resource":"","alarm":""}', False),
        (b'{"resource":"ups-1","alarm":""}', True),
    ],
)
def test_a_root_cause_is_read_in_any_shape(root_cause: bytes, explained: bool) -> None:
    """Empty in any way means a root cause; the word of RFC 8632 is what counts."""
    body = b'{"type":"alarm.raised","at":{"mono":1,"wall":2},"alarm":{"resource":"a","type":"b"},"root_cause":%s}'
    note = read(body % root_cause)
    assert note is not None
    assert note.explained is explained


def test_entries_of_other_versions_do_no_harm() -> None:
    """Unknown kinds, fields and words pass; what cannot be read is counted where its time lies."""
    at = b'"at":{"mono":1,"wall":1800000005,"quality":"sundial","boot":"b","more":1}'
    future = read(b'{"type":"plan.due",%s,"alarm":"x","text":7,"severity":"odd"}' % at)
    assert (future and future.kind) == "plan.due"
    odd = read(
        b'{"type":"alarm.raised",%s,"alarm":{"resource":"r","type":"t","new":1},"severity":9,"new":{}}' % at
    )
    assert odd is not None
    quality = measure([future, odd], Period(BEGIN, BEGIN + HOUR))
    assert (quality.counts.raised, quality.standing[0].severity, quality.priorities[0].count) == (1, "9", 1)
    for damaged in (b"", b"{}", b"\xff\xfe", b'{"type":"alarm.raised"}', b'{"type":"alarm.raised",%s}' % at):
        assert read(damaged) is None


def test_what_the_journal_lost_is_told() -> None:
    """Figures of such a period are too low."""
    tape = Tape()
    tape.overflowed(10, 7)
    tape.overflowed(2 * DAY, 100)
    assert tape.measured().counts.lost == 7


def test_a_journal_with_holes_is_measured_as_far_as_it_goes() -> None:
    """A clear without its raise, a raise upon a raise, an acknowledgement of another occurrence."""
    tape = Tape()
    tape.raised(0)
    del tape.notes[-1]
    tape.cleared(10)
    tape.raised(20)
    tape.raised(50)
    tape._occurrences["a"] = 1
    tape.acknowledged(60)
    quality = tape.measured(end=HOUR)
    assert (quality.counts.raised, quality.counts.cleared, quality.counts.acknowledged) == (2, 1, 0)
    assert len(quality.standing) == 1
    assert value(quality, "standing-average") == pytest.approx((HOUR - 20) / HOUR)


def test_a_stepped_clock_changes_no_duration() -> None:
    """Within one boot the monotonic clock tells, whichever way the wall clock went."""
    for step in (-5000.0, 5000.0):
        tape = Tape()
        tape.raised(10_000)
        tape.step = step
        tape.acknowledged(10_030)
        tape.cleared(10_060)
        quality = tape.measured()
        assert (quality.acknowledge_times[0].median, quality.clear_times[0].median) == (30, 60)
        assert quality.counts.uncertain == 0


def test_across_boots_wall_time_tells_and_says_so() -> None:
    """Never below 0; counted as uncertain."""
    tape = Tape()
    tape.raised(100, "a")
    tape.raised(100, "b")
    tape.restart(200)
    tape.cleared(300, "a")
    tape.step = -1000.0
    tape.cleared(310, "b")
    quality = tape.measured(begin=-DAY)
    assert quality.counts.uncertain == 2
    assert (quality.clear_times[0].median, quality.clear_times[0].p90) == (0, 200)
    assert quality.fleeting == ()


def test_an_alarm_from_before_the_clock_was_set_is_not_old() -> None:
    """A box that woke up in 1970: the age of what stands is taken from the monotonic clock as far as the journal goes."""
    tape = Tape()
    tape.step = -BEGIN
    tape.raised(10)
    tape.step = 0
    tape.started(100)
    quality = tape.measured(end=HOUR)
    assert (len(quality.standing), quality.stale) == (1, ())
    assert value(quality, "standing-average") == pytest.approx((HOUR - 10) / HOUR)


def test_entries_of_after_the_end_move_nothing() -> None:
    """Also when the wall clock steps back from there: what happened meanwhile is then history."""
    tape = Tape()
    tape.raised(100, "a")
    tape.raised(100, "b")
    tape.cleared(2 * DAY, "a")
    assert [one.alarm for one in tape.measured().standing] == ["ups-1.a", "ups-1.b"]
    tape.step = -2 * DAY
    tape.started(2 * DAY + 200)
    quality = tape.measured()
    assert [one.alarm for one in quality.standing] == ["ups-1.b"]
    assert value(quality, "standing-average") <= 2


def test_a_young_journal_is_not_diluted() -> None:
    """Rates are over the time that the journal knows, and not judged before an hour of it."""
    tape = Tape()
    tape.notes = []
    tape.started(DAY - 2 * HOUR)
    tape.raised(DAY - HOUR)
    quality = tape.measured()
    assert quality.covered == 2 * HOUR
    assert value(quality, "raised-per-hour") == 0.5
    assert verdict(quality, "raised-per-hour") == "fine"
    assert verdict(tape.measured(end=DAY - 2 * HOUR + 60), "raised-per-hour") == "not judged"


def test_an_empty_journal_has_no_rates() -> None:
    """Nothing measured is not zero, and not judged."""
    quality = measure([], Period(BEGIN, BEGIN + DAY))
    assert quality.covered == 0
    assert value(quality, "raised-per-hour") is None
    assert {one.verdict for one in quality.figures if one.value is None} == {Verdict.NONE}
    assert sum(one.share for one in quality.priorities) == 0


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


def test_the_kinds_are_those_of_the_core() -> None:
    """Every alarm event that the alarm list knows is one that quality knows by name, and nothing else is."""
    known = {str(kind.__struct_config__.tag) for row in alarm_list.TRANSITIONS.values() for kind in row}
    assert known <= notes.ALARM_KINDS
    tape = Tape()
    tape.add(AnnunciationSilenced(at=tape.at(1), by=LI))
    assert tape.notes[-1].kind not in notes.ALARM_KINDS
