"""Numbers, units, limits and times as a reader wants them."""

import zoneinfo
from datetime import UTC

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from tests.web.panel_room import EPOCH
from web.format import Times, duration, value, zone

HOUR, DAY = 3600.0, 86400.0


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-5, "0 s"),
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3660, "1 h 1 min"),
        (7200, "2 h"),
        (30 * DAY, "30 d"),
        (DAY - 1, "23 h 59 min"),
        (2 * DAY + 3 * HOUR, "2 d 3 h"),
    ],
)
def test_a_duration_is_told_in_its_two_largest_units(seconds: float, expected: str) -> None:
    """And never below zero, which only a stepped clock could make."""
    assert duration(seconds) == expected


@pytest.mark.parametrize(
    ("given_", "unit", "expected"),
    [
        (None, "V", "–"),
        (True, "", "yes"),
        (False, "", "no"),
        (231.4, "V", "231.4 V"),
        (27.0, "Cel", "27 °C"),
        (42, "%", "42 %"),
        (0.1 + 0.2, "A", "0.3 A"),
        (90, "s", "90 s"),
        (2460, "s", "41 min"),
        (512, "By", "512 B"),
        (3 * 2**30, "By", "3 GiB"),
        (4.194e6, "KiBy", "4 GiB"),
        (90, "min", "1 h 30 min"),
        (4194304.0, "", "4194304"),
        (5, "furlong", "5 furlong"),
        ("OL BOOST", "", "on mains, boosts low mains (OL BOOST)"),
        ("noAlarm", "", "no alarm"),
        ("Smart-UPS 3000", "", "Smart-UPS 3000"),
        ("", "", ""),
    ],
)
def test_a_value_is_told_with_its_unit(given_: float | bool | str | None, unit: str, expected: str) -> None:
    """Flags, enumerated words, status words and numbers."""
    assert value(given_, unit) == expected


@given(
    st.floats(allow_nan=True, allow_infinity=True) | st.integers() | st.text(),
    st.sampled_from(["", "s", "By", "V"]),
)
def test_whatever_a_device_tells_can_be_shown(given_: float | str, unit: str) -> None:
    """No reading breaks the page."""
    assert isinstance(value(given_, unit), str)


def test_moments_are_as_short_as_they_are_clear() -> None:
    """In the time zone of the site: today, this year, another year."""
    times = Times("Asia/Shanghai", EPOCH)
    assert times.moment(EPOCH - HOUR) == "15:00"
    assert times.moment(EPOCH - DAY) == "01-14 16:00"
    assert times.moment(EPOCH - 30 * DAY) == "2026-12-16 16:00"
    assert times.exact(EPOCH) == "2027-01-15 16:00:00"
    assert times.iso(EPOCH) == "2027-01-15T16:00:00+08:00"
    assert times.ago(EPOCH - 90) == "1 min"


def test_a_zone_that_nobody_knows_is_utc_and_said_to_be() -> None:
    """Rather a true time in another zone than a page that fails."""
    assert zone("Nowhere/At_all") is UTC
    assert zone("../../etc/passwd") is UTC
    assert Times("Nowhere/At_all", EPOCH).zone_name == "UTC"
    assert Times("Nowhere/At_all", EPOCH).moment(EPOCH) == "08:00"


def test_without_the_systems_time_zones_the_bundled_ones_serve() -> None:
    """A minimal system has none; what Flask-Babel brings along is enough."""
    try:
        zoneinfo.reset_tzpath(to=[])
        zoneinfo.ZoneInfo.clear_cache()
        zone.cache_clear()
        assert Times("Asia/Shanghai", EPOCH).moment(EPOCH) == "16:00"
        assert zone("../zone.tab") is UTC
    finally:
        zoneinfo.reset_tzpath()
        zone.cache_clear()


def test_units_and_durations_speak_chinese(app: Flask) -> None:
    """As the rest of the page does."""
    with app.test_request_context(headers={"Accept-Language": "zh"}):
        assert value(90, "s") == "90 秒"
        assert duration(3660) == "1 小时 1 分"
        assert value("OB LB") == "电池供电、电池电量低 (OB LB)"
