"""Windows, designs and shelving of the site file: what they become, and every mistake with its path and remedy."""

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.config.load import check, load
from agent.config.suppression import _RULE
from agent.core.suppression.nouns import DAY
from agent.core.suppression.windows import next_begin, next_change, open_at
from tests.config.test_site_mistakes import DOOR, SERIAL_UPS, SITE

WINDOW = """
[[window]]
id = "batteries"
devices = ["ups-1"]
begins = 2027-01-03T01:00:00
rrule = "FREQ=MONTHLY;BYDAY=1SU"
duration = "2h"
reason = "battery test"
responsible = "Li Na"
"""
DESIGN = """
[[suppress]]
id = "generator-test"
alarms = ["ups-1.on-battery"]
while = { device = "room", point = "door", in = [true] }
reason = "the generator is tested"
responsible = "facility"
"""
GOOD = SITE + SERIAL_UPS + DOOR + WINDOW + DESIGN
LOAD = 'device = "ups-1", point = "ups.load"'
WHILE = 'device = "room", point = "door", in = [true]'
RULE, TWO_HOURS = "FREQ=MONTHLY;BYDAY=1SU", 'duration = "2h"'


def written(folder: Path, text: str) -> Path:
    """A site file."""
    path = folder / "site.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_is_written_is_what_the_core_goes_by(tmp_path: Path) -> None:
    """The first Sunday of a month at one in Shanghai, whoever answers for it, and the generator."""
    branch = load(written(tmp_path, GOOD + '[shelving]\nlongest = "2h"\n')).branch
    window, design = branch.windows[0], branch.designs[0]
    zone = window.zone
    second = datetime(2027, 2, 7, 1, tzinfo=zone).timestamp()
    assert next_begin(window, datetime(2027, 1, 3, 1, tzinfo=zone).timestamp()) == second
    assert open_at(window, second + 7199) == (second, second + 7200)
    assert (window.responsible, window.reason) == ("Li Na", "battery test")
    assert (design.alarms, design.device, design.rule.point) == (("ups-1.on-battery",), "room", "door")
    assert branch.shelving.longest == 7200.0


def test_without_a_rule_a_window_opens_once(tmp_path: Path) -> None:
    """Planned work of one night."""
    once = GOOD.replace('rrule = "FREQ=MONTHLY;BYDAY=1SU"\n', "")
    window = load(written(tmp_path, once)).branch.windows[0]
    begin = datetime(2027, 1, 3, 1, tzinfo=window.zone).timestamp()
    assert next_begin(window, 0.0) == begin
    assert next_begin(window, begin) is None


CASES = {
    "unknown device": (
        ('devices = ["ups-1"]', 'devices = ["ups-7"]'),
        'window[batteries].devices[0]: "ups-7" is no device that can be worked on — did you mean "ups-1"?',
    ),
    "the box itself": (
        ('devices = ["ups-1"]', 'devices = ["journal"]'),
        'window[batteries].devices[0]: "journal" is no device that can be worked on — write one of room, ups-1',
    ),
    "no devices": (
        ('devices = ["ups-1"]', "devices = []"),
        "window[batteries].devices: names nothing — write which devices are worked on",
    ),
    "an offset": (
        ("2027-01-03T01:00:00", "2027-01-03T01:00:00+08:00"),
        (
            "window[batteries].begins: has an offset, but it is the site's own time — write a local date and time"
            " without quotes or offset, such as 2027-01-03T01:00:00"
        ),
    ),
    "a date as text": (
        ("2027-01-03T01:00:00", '"2027-01-03"'),
        (
            'window[batteries].begins: "2027-01-03" is no date with a time — write a local date and time without'
            " quotes or offset, such as 2027-01-03T01:00:00"
        ),
    ),
    "a year of long ago": (
        ("2027-01-03T01:00:00", "0027-01-03T01:00:00"),
        (
            "window[batteries].begins: 27 is no year to begin in — write a local date and time without quotes or"
            " offset, such as 2027-01-03T01:00:00"
        ),
    ),
    "no duration": (
        ('duration = "2h"', 'duration = "0s"'),
        'window[batteries].duration: is no time to work in — write "1m" to "7d"',
    ),
    "no rule": (
        ("FREQ=MONTHLY;BYDAY=1SU", "every month"),
        (
            'window[batteries].rrule: "every month" is no rule for days — write FREQ=DAILY, WEEKLY, MONTHLY or YEARLY'
            " first, then ;BYDAY=1SU and the like, in capitals"
        ),
    ),
    "a rule of minutes": (
        ("FREQ=MONTHLY;BYDAY=1SU", "FREQ=MINUTELY"),
        (
            'window[batteries].rrule: "FREQ=MINUTELY" is no rule for days — write FREQ=DAILY, WEEKLY, MONTHLY or YEARLY'
            " first, then ;BYDAY=1SU and the like, in capitals"
        ),
    ),
    "a day that there is not": (
        ("FREQ=MONTHLY;BYDAY=1SU", "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2"),
        "window[batteries].rrule: never comes up — write a day that there is",
    ),
    "a second of one day": (
        ("FREQ=MONTHLY;BYDAY=1SU", "FREQ=DAILY;BYSETPOS=2"),
        "window[batteries].rrule: never comes up — write a day that there is",
    ),
    "an end before the first": (
        ("FREQ=MONTHLY;BYDAY=1SU", "FREQ=WEEKLY;BYDAY=MO;UNTIL=20270103"),
        "window[batteries].rrule: never comes up — write a day that there is",
    ),
    "a bad until": (
        ("FREQ=MONTHLY;BYDAY=1SU", "FREQ=DAILY;UNTIL=20279999"),
        (
            "window[batteries].rrule: \"FREQ=DAILY;UNTIL=20279999\" is no rule: invalid 'UNTIL': 20279999 — write it as"
            " RFC 5545 does"
        ),
    ),
    "two ends": (
        ("FREQ=MONTHLY;BYDAY=1SU", "FREQ=DAILY;COUNT=1;UNTIL=20280101"),
        "window[batteries].rrule: has both COUNT and UNTIL — write one of them, as RFC 5545 does",
    ),
    "no reason": (
        ('reason = "battery test"\n', ""),
        "window[batteries].reason: is missing — add reason: one line of text, not empty",
    ),
    "a reason that cannot be seen": (
        ('reason = "battery test"', 'reason = "\\u200b"'),
        'window[batteries].reason: "\\u200b" does not fit — write one line of text, not empty',
    ),
    "nobody": (
        ('responsible = "Li Na"\n', ""),
        "window[batteries].responsible: is missing — add responsible: one line of text, not empty",
    ),
    "unknown alarm": (
        ("ups-1.on-battery", "ups-1.on-batery"),
        (
            'suppress[generator-test].alarms[0]: "ups-1.on-batery" is no alarm of this site — did you mean'
            ' "ups-1.on-battery"?'
        ),
    ),
    "unknown point": (
        ('point = "door"', 'point = "dor"'),
        'suppress[generator-test].while.point: "dor" is no point of room — did you mean "door"?',
    ),
    "no limit": (
        (", in = [true]", ""),
        "suppress[generator-test].while: needs one of in, has, raise_above and raise_below — write when it is so",
    ),
    "a numbered day of weeks": (
        (RULE, "FREQ=WEEKLY;BYDAY=1SU"),
        (
            'window[batteries].rrule: "FREQ=WEEKLY;BYDAY=1SU" counts days of a week, which has each once — write'
            " FREQ=MONTHLY or YEARLY, or the day without its number"
        ),
    ),
    "a numbered day of days": (
        (RULE, "FREQ=DAILY;INTERVAL=2;BYDAY=MO,-1SU"),
        (
            'window[batteries].rrule: "FREQ=DAILY;INTERVAL=2;BYDAY=MO,-1SU" counts days of a week, which has each once —'
            " write FREQ=MONTHLY or YEARLY, or the day without its number"
        ),
    ),
    "open for ever": (
        (f'"{RULE}"\n{TWO_HOURS}', '"FREQ=DAILY"\nduration = "7d"'),
        'window[batteries].duration: it opens again after 1d, before it has shut — write less than "1d"',
    ),
    "open all day and every day": (
        (f'"{RULE}"\n{TWO_HOURS}', '"FREQ=DAILY;UNTIL=20280101"\nduration = "24h"'),
        'window[batteries].duration: it opens again after 1d, before it has shut — write less than "1d"',
    ),
    "two days next to each other": (
        (f'"{RULE}"\n{TWO_HOURS}', '"FREQ=WEEKLY;BYDAY=MO,FR,SU"\nduration = "2d"'),
        'window[batteries].duration: it opens again after 1d, before it has shut — write less than "1d"',
    ),
    "a clear value on the wrong side": (
        ('device = "room", point = "door", in = [true]', f"{LOAD}, raise_above = 5, clear_below = 6"),
        (
            "suppress[generator-test].while.clear_below: does not go with raise_above — write it on the other side of"
            " raise_above"
        ),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_mistake_has_its_line(case: str, tmp_path: Path) -> None:
    """Path, problem and remedy."""
    (old, new), line = CASES[case]
    assert old in GOOD
    path = written(tmp_path, GOOD.replace(old, new))
    assert [str(one).removeprefix(f"{path}: ") for one in check(path)] == [line]


@pytest.mark.parametrize(
    ("rule", "duration"),
    [
        ("FREQ=DAILY;COUNT=1", "7d"),
        ("FREQ=DAILY;UNTIL=20270103T020000", "7d"),
        ("FREQ=DAILY", "23h"),
        ("FREQ=WEEKLY;BYDAY=SA", "6d"),
        ("FREQ=YEARLY;BYMONTH=2;BYDAY=5SU", "7d"),
        ("FREQ=MONTHLY;BYDAY=-1SU,1SA", "5d"),
    ],
)
def test_a_window_that_shuts_before_it_opens_again_is_let_through(
    rule: str, duration: str, tmp_path: Path
) -> None:
    """Also where it never opens again, or every 28 years."""
    text = GOOD.replace(RULE, rule).replace(TWO_HOURS, f'duration = "{duration}"')
    assert check(written(tmp_path, text)) == []


def test_an_id_that_is_used_twice_is_a_mistake(tmp_path: Path) -> None:
    """Windows and designs are told apart by theirs."""
    path = written(tmp_path, GOOD + WINDOW + DESIGN)
    assert [one.path for one in check(path)] == ["window[batteries].id", "suppress[generator-test].id"]


@given(
    rule=st.from_regex(_RULE, fullmatch=True, alphabet=st.characters(codec="ascii")),
    later=st.floats(-DAY, 3650 * DAY),
)
@settings(max_examples=80, deadline=None)
def test_every_rule_that_is_let_through_can_be_reckoned_with(
    rule: str, later: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever people write: a mistake, or a window of which the calendar can be asked."""
    path = written(tmp_path_factory.mktemp("rule"), GOOD.replace("FREQ=MONTHLY;BYDAY=1SU", rule))
    if not check(path):
        window = load(path).branch.windows[0]
        wall = window.begins.replace(tzinfo=window.zone).timestamp() + later
        span = open_at(window, wall)
        assert span is None or (span[0] <= wall < span[1] and span[1] == span[0] + window.seconds)
        assert wall < next_change(window, wall) <= wall + DAY
