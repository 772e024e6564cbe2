"""Alarm quality on any journal: the same numbers again, periods that add up, no negative durations, whole shares."""

from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.core.model import Severity
from agent.core.quality.figures import Quality
from agent.core.quality.meter import Meter, measure
from agent.core.quality.notes import Moment, Note
from agent.core.quality.rates import FLOOD_BEGINS, FLOOD_ENDS, WINDOW
from agent.core.quality.spans import Period, span
from tests.core.tape import BEGIN, Tape

STEPS = st.sampled_from([0.0, 0.5, 3.0, 20.0, 60.0, 600.0, 7200.0, 100_000.0])
DEEDS = (
    "raise",
    "consequence",
    "clear",
    "acknowledge",
    "restart",
    "step back",
    "step on",
    "unknown",
    "lose",
    "explain",
    "free",
)


@st.composite
def tapes(draw: st.DrawFn, deeds: tuple[str, ...] = DEEDS) -> Tape:
    """A journal in which everything may happen in any order, with clocks that step and boxes that boot."""
    tape, time = Tape(), 0.0
    for deed, after, alarm in draw(
        st.lists(st.tuples(st.sampled_from(deeds), STEPS, st.sampled_from("abc")), max_size=60)
    ):
        time += after
        _do(tape, deed, time, alarm)
    return tape


def _do(tape: Tape, deed: str, time: float, alarm: str) -> None:
    known = alarm in tape._occurrences
    match deed:
        case "raise" | "consequence":
            severity = list(Severity)[ord(alarm) % 4]
            tape.raised(time, alarm, severity, explained=deed == "consequence")
        case "clear" if known:
            tape.cleared(time, alarm, off_delay=2.0)
        case "acknowledge" if known:
            tape.acknowledged(time, alarm)
        case "explain" | "free" if known:
            tape.cause_changed(time, alarm, explained=deed == "explain")
        case "restart":
            tape.restart(time)
        case "step back" | "step on":
            tape.step += -5000.0 if deed == "step back" else 5000.0
        case "unknown":
            tape.notes.append(Note("plan.due", Moment(1.0, BEGIN + time + tape.step, "elsewhere")))
        case "lose":
            tape.overflowed(time, 3)


PERIODS = st.builds(
    lambda begin, length: Period(BEGIN + begin, BEGIN + begin + length),
    st.sampled_from([-50_000.0, 0.0, 600.0, 8000.0]),
    st.sampled_from([0.5, 600.0, 10_000.0, 500_000.0]),
)


def numbers(given: object) -> Iterator[float]:
    """All numbers of a report but wall times, which its caller leaves out."""
    match given:
        case bool() | None | str():
            return
        case int() | float():
            yield given
        case dict():
            for key, value in given.items():
                if key not in ("begin", "end", "raised", "peak_begin"):
                    yield from numbers(value)
        case list() | tuple():
            for value in given:
                yield from numbers(value)


@settings(deadline=None)
@given(tapes(), PERIODS)
def test_the_same_journal_gives_the_same_numbers(tape: Tape, period: Period) -> None:
    """Recomputed, with a report in the middle, and without the entries that say nothing of alarms."""
    first = measure(tape.notes, period)
    meter = Meter(period)
    for note in tape.notes:
        meter.take(note)
        meter.report()
    assert meter.report() == first
    assert msgspec.json.encode(measure(list(tape.notes), period)) == msgspec.json.encode(first)
    assert msgspec.json.decode(msgspec.json.encode(first), type=Quality) == first


@settings(deadline=None)
@given(tapes(), st.lists(st.integers(-20_000, 400_000), min_size=3, max_size=3, unique=True))
def test_counts_of_periods_add_up(tape: Tape, bounds: list[int]) -> None:
    """What happened from a to b and from b to c happened from a to c, also with a clock that stepped."""
    a, b, c = (BEGIN + bound for bound in sorted(bounds))
    parts = [measure(tape.notes, Period(a, b)).counts, measure(tape.notes, Period(b, c)).counts]
    whole = measure(tape.notes, Period(a, c)).counts
    for field in whole.__struct_fields__:
        assert sum(getattr(part, field) for part in parts) == getattr(whole, field), field
    for table in ("top", "acknowledge_times", "clear_times"):
        halves = [
            sum(one.count for one in getattr(measure(tape.notes, Period(*p)), table))
            for p in ((a, b), (b, c))
        ]
        assert sum(halves) == sum(one.count for one in getattr(measure(tape.notes, Period(a, c)), table))


@settings(deadline=None)
@given(tapes(), PERIODS)
def test_no_duration_is_negative_and_shares_are_whole(tape: Tape, period: Period) -> None:
    """However often the clock steps and the box boots."""
    quality = measure(tape.notes, period)
    assert min(numbers(msgspec.to_builtins(quality)), default=0) >= 0
    assert all(one.begin <= one.end <= max(period.end, one.begin) for one in quality.floods)
    raised = quality.counts.raised
    assert sum(one.count for one in quality.top) == raised  # three alarms are fewer than ten
    if raised:
        assert sum(one.share for one in quality.top) == pytest.approx(1)
        assert sum(one.share for one in quality.priorities) == pytest.approx(1)
    assert 0 <= quality.covered <= period.length
    shares = {one.name: one.value for one in quality.figures if one.unit == "1" and one.value is not None}
    assert all(0 <= share <= 1 for share in shares.values())


@settings(deadline=None)
@given(
    tapes(("raise", "consequence", "clear", "acknowledge", "restart", "explain", "free")),
    st.sampled_from([0.0, 700.0, 9000.0, 150_000.0]),
)
def test_a_period_needs_only_what_stands_at_its_beginning(tape: Tape, begin: float) -> None:
    """The journal may be pruned before it: counts and lists are those of the whole journal."""
    period = Period(BEGIN + begin, BEGIN + begin + 200_000)
    past = Meter(period)
    older = [note for note in tape.notes if note.at.wall < period.begin]
    for note in older:
        past.take(note)
    listed = past._roll.listed.values()
    whole = measure(tape.notes, period)
    told = measure(tape.notes[len(older) :], period, listed)
    assert told.counts == whole.counts
    assert told.standing == whole.standing
    assert (told.floods, told.chattering, told.fleeting) == (whole.floods, whole.chattering, whole.fleeting)
    assert told.acknowledge_times == whole.acknowledge_times


@given(st.lists(st.sampled_from([0.0, 10.0, 60.0, 119.0, 150.0, 600.0]), max_size=60))
def test_floods_are_those_of_a_count_by_hand(gaps: list[float]) -> None:
    """Against a search that looks at the whole list at each raise."""
    tape, times, time = Tape(), [], 0.0
    for number, gap in enumerate(gaps):
        time += gap
        times.append(time)
        tape.raised(time, f"a{number}")
    found = tape.measured(end=1e6).floods
    assert [(one.begin - BEGIN, one.end - BEGIN, one.count) for one in found] == by_hand(times)


def by_hand(times: list[float]) -> list[tuple[float, float, int]]:
    """Floods, the slow way: no state but where the last one ended."""
    floods, start = [], 0
    while start < len(times):
        tenth = next(
            (
                at
                for at in range(start + FLOOD_BEGINS - 1, len(times))
                if times[at] - times[at - FLOOD_BEGINS + 1] < WINDOW
            ),
            None,
        )
        if tenth is None:
            break
        last = tenth
        while last + 1 < len(times) and times[last + 1] - times[last - FLOOD_ENDS + 1] <= WINDOW:
            last += 1
        first = tenth - FLOOD_BEGINS + 1
        floods.append((times[first], times[last - FLOOD_ENDS + 1] + WINDOW, last - first + 1))
        start = last + 1
    return floods


@given(st.floats(0, 1e9), st.floats(0, 4e9), st.floats(0, 1e9), st.floats(0, 4e9), st.booleans())
def test_a_span_is_never_negative(mono: float, wall: float, mono2: float, wall2: float, same: bool) -> None:
    """Whatever the clocks say; and certain only within one boot."""
    one = span(Moment(mono, wall, "a"), Moment(mono2, wall2, "a" if same else "b"))
    assert one.seconds >= 0
    assert not one.certain or (same and mono2 >= mono)
