"""The recorder against a naive model, and what belongs into which bucket."""

from hypothesis import given
from hypothesis import strategies as st

from agent.core.model import Bad, ClockQuality
from agent.store.trends.bucket import BUCKET, OTHER_WORDS, WORDS_MAX, Bucket, Kind
from agent.store.trends.recorder import FOLD, Recorder
from tests.store.trends.naive import NTP, START, Poll, alike, instant, mappings, rolled_up, start_of


def merged(buckets: list[Bucket]) -> dict[int, Bucket]:
    """Buckets by start, as whoever stores them merges them."""
    by_start: dict[int, Bucket] = {}
    for bucket in buckets:
        if bucket.start in by_start:
            by_start[bucket.start].merge(bucket)
        else:
            by_start[bucket.start] = bucket
    return by_start


@st.composite
def polls(draw: st.DrawFn) -> list[Poll]:
    """Answers of one device over some time, some of them the very same mapping, under a clock that may step."""
    known = draw(st.lists(mappings(), min_size=1, max_size=6))
    passed = step = 0.0
    told: list[Poll] = []
    for _ in range(draw(st.integers(1, 12))):
        values, times = draw(st.sampled_from(known)), draw(st.sampled_from([1, 2, 30, 100]))
        pause, quality = draw(st.sampled_from([0.5, 7.0, 400.0])), draw(st.sampled_from(list(ClockQuality)))
        step += draw(st.sampled_from([0.0, 0.0, 0.0, 90.0, -90.0, 86_400.0]))
        for _ in range(times):
            passed += pause
            told.append((values, instant(passed, quality, step)))
    return told


@given(polls())
def test_it_rolls_up_as_anybody_would(told: list[Poll]) -> None:
    """Count, bad, lowest, highest, mean, words, polls and the worst clock, whatever came in which order."""
    recorder = Recorder()
    got: list[Bucket] = []
    for number, (values, now) in enumerate(told):
        recorder.take("ups-1", values, now)
        if number % 50 == 0:
            got += recorder.harvest(now)
    got = list(merged(got + recorder.flush()).values())
    expected = rolled_up("ups-1", told)
    assert {bucket.start for bucket in got} == set(expected)
    for bucket in got:
        assert alike(bucket, expected[bucket.start]), (bucket, expected[bucket.start])


def test_a_bucket_is_aligned_to_wall_time_and_closed_by_the_first_poll_after_it() -> None:
    """Not by the time since the start of the agent."""
    recorder = Recorder()
    recorder.take("ups-1", {"v": 1}, instant(10))
    assert recorder.harvest(instant(20)) == []
    recorder.take("ups-1", {"v": 3}, instant(310))
    [bucket] = recorder.harvest(instant(311))
    assert (bucket.start, bucket.polls) == (start_of(START), 1)
    assert bucket.start % BUCKET == 0


def test_a_device_that_went_silent_is_harvested_too() -> None:
    """Its last bucket ends with the others."""
    recorder = Recorder()
    recorder.take("ups-1", {"v": 1}, instant(10))
    [bucket] = recorder.harvest(instant(400))
    assert bucket.columns["v"].count == 1
    assert recorder.harvest(instant(800)) == []


def test_a_step_of_the_clock_closes_the_bucket() -> None:
    """Forward within the same five minutes, and back into those before; a slow drift does not."""
    recorder = Recorder()
    for seconds, step in ((10, 0.0), (11, 0.5), (12, 30.0), (13, -300.0)):
        recorder.take("ups-1", {"v": 1}, instant(seconds, step=step))
    first, second, third = recorder.flush()
    assert [first.polls, second.polls, third.polls] == [2, 1, 1]
    assert first.start == second.start == third.start + 300


def test_a_bucket_keeps_the_worst_that_the_clock_was() -> None:
    """Also when it became better meanwhile."""
    recorder = Recorder()
    for seconds, quality in ((1, NTP), (2, ClockQuality.RTC), (3, NTP)):
        recorder.take("ups-1", {"v": 1}, instant(seconds, quality))
    [bucket] = recorder.flush()
    assert bucket.quality is ClockQuality.RTC


def test_what_is_not_written_yet_can_be_looked_at() -> None:
    """The closed ones of the device and the one being filled, which goes on being filled."""
    recorder = Recorder()
    assert recorder.unwritten("ups-1") == []
    for seconds in (10, 310, 311):
        recorder.take("ups-1", {"v": seconds}, instant(seconds))
        recorder.take("ups-2", {"v": 0}, instant(seconds))
    closed, filling = recorder.unwritten("ups-1")
    assert (closed.polls, filling.polls) == (1, 2)
    recorder.take("ups-1", {"v": 312}, instant(312))
    assert sum(one.polls for one in recorder.flush() if one.device == "ups-1") == 4


def test_many_words_are_told_apart_only_up_to_a_bound() -> None:
    """A point that tells the time in words must not fill the memory; what is too much is still counted."""
    recorder = Recorder()
    for number in range(3 * FOLD):
        recorder.take("pbx-1", {"word": f"at {number} o'clock" * 20, "v": 1}, instant(number))
    [bucket] = recorder.flush()
    column = bucket.columns["word"]
    assert column.words is not None
    assert len(column.words) == WORDS_MAX + 1
    assert column.words[OTHER_WORDS] == 3 * FOLD - WORDS_MAX
    assert max(map(len, column.words)) == 40


def test_a_point_that_was_never_good_has_no_numbers() -> None:
    """But says how often it was bad."""
    recorder = Recorder()
    for seconds in range(40):
        recorder.take("ups-1", {"v": Bad("missing"), "w": 1.5}, instant(seconds))
    [bucket] = recorder.flush()
    assert (bucket.columns["v"].kind, bucket.columns["v"].count, bucket.columns["v"].bad) == (
        Kind.NONE,
        0,
        40,
    )
