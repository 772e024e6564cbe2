"""Values and durations: written for people, and read back as they type them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.values import in_chinese, read_duration, read_number, show_exactly


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("500ms", 0.5),
        ("30s", 30),
        ("7m", 420),
        ("1h30m", 5400),
        ("1d12h", 129_600),
        ("1.5h", 5400),
        ("0s", 0),
        ("2m500ms", 120.5),
    ],
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    """In one unit or several, the larger first."""
    assert read_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "7", "m", "30m1h", "7m7m", "-7m", "7 m", "7w", "１m", "1e3m", "7m\n", "infs"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    """Rather than guessed."""
    with pytest.raises(ValueError, match="is no duration"):
        read_duration(text)


@pytest.mark.parametrize(
    ("typed", "unit", "number"),
    [
        ("600", "s", 600),
        ("7m", "s", 420),
        ("7m", "min", 7),
        ("1 h 30 min", "s", 5400),
        ("1 小时 30 分", "s", 5400),
        ("10 分钟", "s", 600),
        ("2 天", "min", 2880),
        (" 95 ", "%", 95),
    ],
)
def test_a_number_is_read_in_its_unit(typed: str, unit: str, number: float) -> None:
    """And where that is one of time, also as it is shown."""
    assert read_number(typed, unit) == number


@pytest.mark.parametrize(("typed", "unit"), [("7m", "%"), ("7m", ""), ("", "s"), ("many", "s"), ("7 %", "s")])
def test_what_is_no_number_of_the_unit_is_refused(typed: str, unit: str) -> None:
    """A duration is no load."""
    with pytest.raises(ValueError, match=r"number|duration|float"):
        read_number(typed, unit)


@given(st.integers(0, 10**8), st.sampled_from(["s", "min"]))
def test_what_is_shown_exactly_is_read_back(number: int, unit: str) -> None:
    """In both languages: a form holds what it showed."""
    shown = show_exactly(number, unit)
    assert read_number(shown, unit) == pytest.approx(number, abs=1e-9)
    assert read_number(in_chinese(shown), unit) == pytest.approx(number, abs=1e-9)


@given(st.text(max_size=12), st.sampled_from(["s", "min", "%", ""]))
def test_reading_a_number_ends_in_a_number_or_a_value_error(typed: str, unit: str) -> None:
    """Whatever is typed."""
    with suppress(ValueError):
        assert isinstance(read_number(typed, unit), float)


@pytest.mark.parametrize(
    ("value", "unit", "english", "chinese"),
    [
        (60.0, "s", "1 min", "1 分钟"),
        (5400.0, "s", "1 h 30 min", "1 小时 30 分"),
        (3661.0, "s", "1 h 1 min 1 s", "1 小时 1 分 1 秒"),
        (90.0, "s", "1 min 30 s", "1 分钟 30 秒"),
        (0.5, "s", "0.5 s", "0.5 秒"),
        (150.5, "s", "150.5 s", "150.5 秒"),
        (120.0, "min", "2 h", "2 小时"),
        (86_400.0, "s", "1 d", "1 天"),
        (60.0, "%", "60 %", "60 %"),
        (40.0, "Cel", "40 °C", "40 °C"),
    ],
)
def test_a_bound_is_shown_exactly(value: float, unit: str, english: str, chinese: str) -> None:
    """In both languages."""
    assert (show_exactly(value, unit), in_chinese(english)) == (english, chinese)
