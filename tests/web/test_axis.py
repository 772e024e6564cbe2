"""Axes that a technician reads: round values within what is shown, told as everywhere else."""

import math
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from web.axis import NEAR_ZERO, TICKS_MAX, value_axis
from web.curve import time_ticks
from web.format import UNITS, value

DAY = 86400.0


def labels(low: float, high: float, unit: str) -> list[str]:
    """What stands beside the ticks."""
    return [words for _, words in value_axis(low, high, unit).ticks]


@pytest.mark.parametrize(
    ("low", "high", "unit", "expected"),
    [
        (93, 100, "%", ["0 %", "25 %", "50 %", "75 %", "100 %"]),
        (0, 130, "%", ["0 %", "50 %", "100 %"]),
        (1200, 2460, "s", ["20 min", "25 min", "30 min", "35 min", "40 min"]),
        (240, 2460, "s", ["0 s", "10 min", "20 min", "30 min", "40 min"]),
        (30 * DAY, 31 * DAY, "s", ["30 d", "30 d 6 h", "30 d 12 h", "30 d 18 h", "31 d"]),
        (0, 35 * DAY, "s", ["0 s", "10 d", "20 d", "30 d"]),
        (49.92, 50.08, "Hz", ["49.95 Hz", "50 Hz", "50.05 Hz"]),
        (221.4, 239.3, "V", ["225 V", "230 V", "235 V", "240 V"]),
        (3.9 * 2**20, 4.2 * 2**20, "KiBy", ["3.9 GiB", "4 GiB", "4.1 GiB", "4.2 GiB"]),
        (0, 600 * 2**20, "By", ["0 B", "200 MiB", "400 MiB", "600 MiB"]),
        (-12, 31, "Cel", ["-10 °C", "0 °C", "10 °C", "20 °C", "30 °C"]),
        (1, 4, "", ["0", "1", "2", "3", "4"]),
    ],
)
def test_ticks_are_round_and_within_what_is_shown(
    low: float, high: float, unit: str, expected: list[str]
) -> None:
    """Zero only where it is near; percent from 0 to 100; durations and bytes in their own steps."""
    assert labels(low, high, unit) == expected


@given(
    st.floats(-1e13, 1e13, allow_subnormal=False),
    st.floats(1e-6, 1e13, allow_subnormal=False),
    st.sampled_from(["", *UNITS, "By"]),
)
def test_whatever_a_device_tells_has_an_axis(low: float, span: float, unit: str) -> None:
    """It shows all values and has a few ticks, none of them told twice."""
    high = low + max(span, abs(low) * 1e-4)
    axis = value_axis(low, high, unit)
    assert axis.low <= low < high <= axis.high
    assert 1 <= len(axis.ticks) <= TICKS_MAX
    assert all(axis.low - span * 1e-6 <= tick <= axis.high + span * 1e-6 for tick, _ in axis.ticks)
    if low > NEAR_ZERO * high and unit != "%":
        assert axis.low > 0


@pytest.mark.parametrize("days", [1, 7, 35])
def test_no_date_stands_where_it_would_be_cut(days: int) -> None:
    """A label is centred below its tick, so none is at the right edge."""
    zone = ZoneInfo("Asia/Shanghai")
    for hour in range(24):
        end = datetime(2026, 11, 22, hour, 10, tzinfo=UTC).timestamp()
        ticks = time_ticks(end - days * DAY, end, zone)
        assert 3 <= len(ticks) <= 8
        assert all(time <= end - 0.04 * days * DAY for time, _ in ticks)
        assert all(math.isfinite(time) for time, _ in ticks)


def test_axes_speak_chinese(app: Flask) -> None:
    """As the tables do."""
    with app.test_request_context(headers={"Accept-Language": "zh"}):
        assert labels(0, 40 * 60, "s")[1:] == ["10 分钟", "20 分钟", "30 分钟", "40 分钟"]
        assert value(2592000.0, "s") == "30 天"
