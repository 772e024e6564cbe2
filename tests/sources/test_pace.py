"""When to poll: the grid, the breaker, the skipping of missed slots."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.sources.pace import BREAKER_AFTER, SLOWEST, next_due, phase, spacing, wants_new_session

intervals = st.floats(min_value=0.5, max_value=600)
moments = st.floats(min_value=0, max_value=1e7)
names = st.text(min_size=1, max_size=12)


@given(names, intervals)
def test_a_device_has_its_own_place_in_the_interval(device: str, interval: float) -> None:
    """The same after each restart, and within the interval."""
    assert 0 <= phase(device, interval) < interval
    assert phase(device, interval) == phase(device, interval)


def test_a_hundred_devices_are_spread() -> None:
    """No tenth of the interval has more than a quarter of the devices."""
    tenths = [int(phase(f"device-{n}", 10.0)) for n in range(100)]
    assert max(tenths.count(tenth) for tenth in range(10)) <= 25


@given(names, intervals, moments, st.floats(min_value=0, max_value=2000))
def test_the_next_poll_is_ahead_and_not_late(device: str, interval: float, began: float, took: float) -> None:
    """Never in the past, never more than an interval and a half after the last one or one after its end."""
    now = began + took
    due = next_due(began, interval, device, 0, now)
    assert due >= now - 1e-6
    assert due <= max(began + 1.5 * interval, now + interval) + 1e-6


@given(names, intervals, st.integers(min_value=1, max_value=50))
def test_polls_on_the_grid_stay_on_it(device: str, interval: float, count: int) -> None:
    """Lateness within a slot does not add up: n polls after the first slot, n intervals have passed."""
    first = due = next_due(0.0, interval, device, 0, 0.0)
    for _ in range(count):
        due = next_due(due + interval * 0.01, interval, device, 0, due + interval * 0.02)
    assert due == pytest.approx(first + count * interval, rel=1e-6)


@pytest.mark.parametrize(
    ("interval", "failures", "expected"),
    [
        (1.0, 0, 1),
        (1.0, 2, 1),
        (1.0, 3, 2),
        (1.0, 4, 4),
        (1.0, 5, 8),
        (1.0, 50, 30),
        (10.0, 3, 2),
        (10.0, 9, 3),
        (60.0, 9, 1),
    ],
)
def test_a_dead_device_is_polled_less_but_not_forgotten(
    interval: float, failures: int, expected: int
) -> None:
    """The distance doubles up to half a minute; a slow device keeps its interval."""
    assert spacing(interval, failures) == expected
    assert spacing(interval, failures) * interval <= max(SLOWEST, interval)


def test_a_new_session_is_wanted_every_few_failures() -> None:
    """Not at the first, and again and again."""
    assert [n for n in range(10) if wants_new_session(n)] == [
        BREAKER_AFTER,
        2 * BREAKER_AFTER,
        3 * BREAKER_AFTER,
    ]
