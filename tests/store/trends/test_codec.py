"""Buckets as bytes and back."""

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.store.trends.bucket import Bucket, Column, Kind
from agent.store.trends.codec import Torn, decode, encode
from agent.store.trends.recorder import Recorder
from tests.store.trends.naive import NTP, alike, instant, mappings

SHAPE = ("flag.1", "number.1", "gone", "number.2", "word.1", "other")
WORDS = ["", "OL"]


def shape_of(_number: int) -> tuple[str, ...]:
    """There is but one."""
    return SHAPE


def number_of(word: str) -> int:
    """Only one word is known."""
    return WORDS.index(word) if word in WORDS else 0


@st.composite
def buckets(draw: st.DrawFn) -> Bucket:
    """What a recorder might hand over."""
    recorder = Recorder()
    for seconds, values in enumerate(draw(st.lists(mappings(), min_size=1, max_size=40))):
        recorder.take("ups-1", values, instant(seconds))
    return recorder.flush()[0]


@given(buckets())
@example(Bucket("ups-1", 0, NTP, 2, {"number.1": Column(Kind.NUMBER, 2, 0, 0.5, 2**53 + 1, 2.0**53)}))
def test_what_was_stored_comes_back(bucket: Bucket) -> None:
    """Exactly, but for the mean, which is within a share of the range."""
    body = encode(bucket, 1, SHAPE, number_of)
    back = decode(body, "ups-1", bucket.start, shape_of, WORDS.__getitem__)
    assert alike(back, bucket, share=1 / 65_535)


@given(st.binary(max_size=60))
def test_torn_bytes_are_told_as_such(body: bytes) -> None:
    """Whatever a card made of them: a bucket or `Torn`, nothing else."""
    with suppress(Torn):
        decode(body, "ups-1", 0, shape_of, WORDS.__getitem__)


@given(buckets(), st.data())
def test_a_cut_bucket_is_torn(bucket: Bucket, data: st.DataObject) -> None:
    """No part of one passes for a whole."""
    body = encode(bucket, 1, SHAPE, number_of)
    cut = data.draw(st.integers(0, len(body) - 1))
    with pytest.raises(Torn):
        decode(body[:cut], "ups-1", 0, shape_of, WORDS.__getitem__)


def test_twenty_points_take_some_hundred_bytes() -> None:
    """Half of them constant, as in life."""
    recorder = Recorder()
    for seconds in range(30):
        values = {f"p{n}": 230.1 if n % 2 else 2300 + seconds * n for n in range(20)}
        recorder.take("ups-1", values, instant(seconds))
    [bucket] = recorder.flush()
    assert len(encode(bucket, 1, tuple(bucket.columns), number_of)) < 130
