"""Durations, severities and secrets as a site file writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config.words import MisreadError, Secret, read_duration, read_severity, show, suggest
from agent.core.model import Severity

SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}


@given(number=st.integers(0, 10**6), unit=st.sampled_from(sorted(SECONDS)))
def test_a_whole_duration_is_number_times_unit(number: int, unit: str) -> None:
    """Every unit multiplies as it should."""
    assert read_duration(f"{number}{unit}") == pytest.approx(number * SECONDS[unit])


@given(st.floats(0, 1e9) | st.integers(0, 10**9))
def test_a_number_is_seconds(number: float) -> None:
    """A bare number stands for itself."""
    assert read_duration(number) == number


@given(st.integers(0, 10**6))
def test_the_same_time_in_other_words_is_the_same(seconds: int) -> None:
    """Seconds and milliseconds of one duration agree exactly."""
    assert read_duration(f"{seconds}s") == read_duration(
        f"{seconds * 1000}ms" if seconds < 10**5 else seconds
    )


@given(st.text() | st.floats(max_value=-1e-9) | st.booleans() | st.none() | st.just(float("nan")))
def test_anything_else_is_misread_or_a_duration(given_value: object) -> None:
    """Arbitrary input ends in a finite duration of at least 0, or in the one error of readers."""
    try:
        seconds = read_duration(given_value)
    except MisreadError:
        return
    assert isinstance(given_value, str)
    assert 0 <= seconds < float("inf")


@pytest.mark.parametrize("word", ["", "s", "5", "5 s", "-5s", "5s5", "1e3s", "٣s", "5S", "5s\n"])
def test_what_only_looks_like_a_duration(word: str) -> None:
    """No guessing: spaces, signs, exponents, other digits and capitals are refused."""
    with pytest.raises(MisreadError):
        read_duration(word)


def test_severities_are_words_not_numbers() -> None:
    """Each word of RFC 8632 is read, its number is not, and neither is `cleared`."""
    assert [read_severity(word) for word in ("warning", "minor", "major", "critical")] == list(Severity)
    for other in (5, "MAJOR", "cleared", None):
        with pytest.raises(MisreadError):
            read_severity(other)


def test_a_secret_is_told_only_on_request() -> None:
    """Neither `str`, `repr` nor a format shows it; the word comes out by one named method."""
    secret = Secret("hunter2")
    assert "hunter2" not in f"{secret} {secret!r} {[secret]}"
    assert secret.reveal() == "hunter2"
    assert secret == Secret("hunter2") != Secret("hunter3")


@given(st.text())
def test_quoted_text_is_one_short_line(text: str) -> None:
    """Whatever stands in a file, a message about it stays one line a terminal can show."""
    quoted = show(text)
    assert quoted.isprintable()
    assert len(quoted) <= 62


def test_a_word_like_nothing_known_lists_what_is_known() -> None:
    """The remedy is the closest word, or all of them."""
    assert suggest("prot", ["port", "host"]) == 'did you mean "port"?'
    assert suggest("zzz", ["port", "host"]) == "write one of host, port"
