"""What modems say of the time: every line that is known, every way to mean it, and nothing believed that cannot be."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.errors import FrameError
from firmware.modem.clock import CONVENTIONS, Convention, NetworkTime, fitting, parse_time, to_sample, utc_of

BUILT = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
NOON = datetime(2026, 7, 1, 4, tzinfo=UTC).timestamp()
"""At noon in Shanghai."""
LOCAL, UTC_TOLD, HOURS = Convention(), Convention(is_utc=True), Convention(zone_unit=3600)


@pytest.mark.parametrize(
    "line",
    [
        '+CCLK: "26/07/01,12:00:00+32"',
        '+CCLK: "2026/07/01,12:00:00+32"',
        '+CCLK:"26/07/01,12:00:00+32"\r',
        '+QLTS: "2026/07/01,12:00:00+32,0"',
        '+CTZE: "+32",0,"2026/07/01,12:00:00"',
        '+CTZE: +32,0,"26/07/01,12:00:00"',
        '+CTZV: 32,"26/07/01,12:00:00"',
        '*PSUTTZ: 2026,7,1,12,0,0,"+32",0',
        '*PSUTTZ: 2026, 7, 1, 12, 0, 0, "+32", 0',
    ],
)
def test_every_line_that_tells_the_time(line: str) -> None:
    """Local time of Shanghai, thirty-two quarters of an hour ahead of UTC."""
    assert utc_of(parse_time(line), LOCAL, built=BUILT) == NOON


@pytest.mark.parametrize(
    ("line", "convention"),
    [
        ('+CCLK: "26/07/01,12:00:00+32"', LOCAL),
        ('+CCLK: "26/07/01,04:00:00+32"', UTC_TOLD),
        ('+CCLK: "26/07/01,12:00:00+08"', HOURS),
        ('+CCLK: "26/07/01,04:00:00+08"', Convention(is_utc=True, zone_unit=3600)),
        ('+CCLK: "26/07/01,04:00:00"', UTC_TOLD),
        ('+CCLK: "26/06/30,19:00:00-36"', LOCAL),
        ('+CCLK: "26/07/01,09:45:00+23"', LOCAL),
    ],
)
def test_every_way_to_mean_it(line: str, convention: Convention) -> None:
    """Each is found where the time is known from elsewhere; Kathmandu and the west included."""
    told = parse_time(line)
    assert utc_of(told, convention, built=BUILT) == NOON
    assert convention in fitting(told, NOON + 30)
    assert convention not in fitting(told, NOON + 1800)


def test_in_london_in_winter_every_way_is_the_same() -> None:
    """Zone zero tells nothing: 3GPP's comes first."""
    assert fitting(parse_time('+CCLK: "26/07/01,04:00:00+00"'), NOON) == CONVENTIONS
    assert CONVENTIONS[0] == LOCAL


@pytest.mark.parametrize(
    "line",
    [
        '+CCLK: "80/01/06,00:00:10+00"',
        '+CCLK: "70/01/01,00:00:00+00"',
        '+CCLK: "04/01/01,00:00:00+00"',
        '+CCLK: "15/01/01,00:00:19+00"',
        '+CCLK: "25/12/31,23:59:59+00"',
        '+CCLK: "2080/01/06,00:00:10+00"',
    ],
)
def test_a_clock_that_was_never_set_is_not_believed(line: str) -> None:
    """Modems have no word for it: they begin at epochs of their own, all before our build."""
    with pytest.raises(FrameError, match="never set"):
        utc_of(parse_time(line), LOCAL, built=BUILT)


@pytest.mark.parametrize("zone", ["+57", "-49", "+96", "-96", "+127", "+999", ""])
def test_what_is_no_zone_is_not_believed(zone: str) -> None:
    """No place is more than fourteen hours ahead, or twelve behind; local time of nowhere is no time."""
    told = parse_time(f'+CCLK: "26/07/01,12:00:00{zone}"')
    with pytest.raises(FrameError, match="zone"):
        utc_of(told, LOCAL, built=BUILT)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "OK",
        "+CME ERROR: 3",
        "+CCLK: ",
        '+CCLK: ""',
        '+CTZV: "+32",0',
        '+CCLK: "26/13/01,12:00:00+32"',
        '+CCLK: "26/02/30,12:00:00+32"',
        '+CCLK: "26/07/01,24:00:00+32"',
        '+CCLK: "26/07/01,12:00:60+32"',
        '+CCLK: "00/00/00,00:00:00+00"',
        '+CCLK: "26/07/01,12:00:00+3',
        '+CCLK: "٢٦/07/01,12:00:00+32"',
        "*PSUTTZ: 0,0,0,0,0,0,+0,0",
        '+CCLK: "26/07/01,12:00:00+32"' + " " * 200,
    ],
)
def test_what_tells_no_time_is_none(line: str) -> None:
    """A month of thirteen, half a line, an error, another line."""
    with pytest.raises(FrameError):
        parse_time(line)


PIECES = st.sampled_from(
    ["+CCLK: ", "+CTZE: ", "+QLTS: ", "*PSUTTZ: ", '"', ",", "/", ":", "+", "-", "26", "2026"]
)
LINES = st.text(max_size=120) | st.lists(PIECES | st.integers(-1, 99).map(str), max_size=25).map("".join)


@given(LINES, st.sampled_from(CONVENTIONS))
def test_no_line_does_any_harm(line: str, convention: Convention) -> None:
    """Whatever comes over the wire is a believable time or a frame error."""
    try:
        utc = utc_of(parse_time(line), convention, built=BUILT)
    except FrameError:
        return
    assert BUILT <= utc < 3e9


WHOLE = st.datetimes(datetime(2026, 1, 2), datetime(2055, 1, 1)).map(lambda at: at.replace(microsecond=0))  # noqa: DTZ001


@given(WHOLE, st.integers(-48, 56))
def test_what_a_modem_says_is_what_is_meant(at: datetime, quarters: int) -> None:
    """There and back in every zone, by 3GPP's convention."""
    local = at + timedelta(minutes=15 * quarters)
    told = parse_time(f'+CCLK: "{local:%y/%m/%d,%H:%M:%S}{quarters:+03d}"')
    assert told == NetworkTime(local, quarters)
    assert utc_of(told, LOCAL, built=BUILT) == at.replace(tzinfo=UTC).timestamp()


def test_a_sample_for_chrony_allows_for_the_fraction_that_is_cut_off() -> None:
    """A whole second was true half a second ago, on average."""
    sample = to_sample(NOON, 1000.25)
    assert (sample.at, sample.offset) == (1000.25, NOON + 0.5 - 1000.25)
