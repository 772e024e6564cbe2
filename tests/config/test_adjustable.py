"""Bounds within which limits may be changed on site: each mistake of a profile, and what the shipped ones allow."""

from pathlib import Path

import pytest

from agent.config.errors import ConfigError
from agent.config.load import SHIPPED, load_profile
from agent.core.adjustments import misfit, numbers_of
from agent.core.model import Bounds, Rule, Text
from tests.config.test_profile_mistakes import GOOD, HEAD, LIMITS, LOAD, PORTS, of_point

LOAD_WITH_RANGE = GOOD.replace('unit = "%"', 'unit = "%"\nminimum = 0\nmaximum = 100')


def with_bounds(bounds: str, profile: str = GOOD) -> str:
    """The good profile, its alarm with these bounds."""
    return profile.replace(LIMITS, f"{LIMITS}\nadjustable = {{ {bounds} }}")


PORT = "table[port].alarm[port-down].adjustable"
A_DURATION = 'a duration such as "500ms", "10s", "5m" or 10 (seconds)'
WHERE = "alarm[overload].adjustable"
CASES = {
    "a number that no rule has": (
        with_bounds("raise_abov = [60, 95]"),
        [f'{WHERE}.raise_abov: unknown key — did you mean "raise_above"?'],
    ),
    "a number that this rule has not": (
        with_bounds("raise_below = [60, 95]"),
        [
            f"{WHERE}.raise_below: this alarm has no raise_below — name one of raise_above, clear_below, on_delay, off_delay"
        ],
    ),
    "a number of a limit of states": (
        of_point("ups.status", 'in = ["OB"]\nadjustable = { raise_above = [1, 2] }'),
        [f"{WHERE}.raise_above: this alarm has no raise_above — name one of on_delay, off_delay"],
    ),
    "bounds the wrong way round": (
        with_bounds("raise_above = [95, 60]"),
        [f"{WHERE}.raise_above: [95, 60] does not fit — write the least and the greatest raise_above"],
    ),
    "one bound": (
        with_bounds("raise_above = [95]"),
        [f"{WHERE}.raise_above: [95] does not fit — write the least and the greatest raise_above"],
    ),
    "no bound": (
        with_bounds("raise_above = []"),
        [f"{WHERE}.raise_above: [] does not fit — write the least and the greatest raise_above"],
    ),
    "bounds that leave out what is configured": (
        with_bounds("raise_above = [91, 95]"),
        [f"{WHERE}.raise_above: [91, 95] leaves out 90, which is configured — write bounds around it"],
    ),
    "a delay that leaves out what is configured by not being there": (
        with_bounds('on_delay = ["10s", "1m"]'),
        [f"{WHERE}.on_delay: [10, 60] leaves out 0, which is configured — write bounds around it"],
    ),
    "a bound that is no number": (
        with_bounds('raise_above = [60, "95"]'),
        [f'{WHERE}.raise_above[1]: "95" does not fit — write a number'],
    ),
    "a bound without end": (
        with_bounds("raise_above = [60, inf]"),
        [f"{WHERE}.raise_above[1]: inf does not fit — write a finite number"],
    ),
    "a delay that is none": (
        with_bounds('on_delay = [0, "1w"]'),
        [
            f'{WHERE}.on_delay[1]: "1w" is not a duration — write {A_DURATION}',
        ],
    ),
    "a limit above which nothing is believed": (
        with_bounds("raise_above = [60, 100]", LOAD_WITH_RANGE),
        [f"{WHERE}.raise_above: above 100 it could never be raised — stay below 100"],
    ),
    "a limit at which it would stay for ever": (
        with_bounds("clear_below = [-1, 88]", LOAD_WITH_RANGE),
        [f"{WHERE}.clear_below: at -1 it could never be cleared — write at least 0"],
    ),
    "the same of a limit below": (
        of_point(
            "ups.load",
            "raise_below = 5\nclear_above = 10\nadjustable = { raise_below = [0, 8], clear_above = [7, 101] }",
        ).replace('unit = "%"', 'unit = "%"\nminimum = 0\nmaximum = 100'),
        [
            f"{WHERE}.raise_below: below 0 it could never be raised — stay above 0",
            f"{WHERE}.clear_above: at 101 it could never be cleared — write at most 100",
        ],
    ),
    "the alarm of a table": (
        GOOD + PORTS.replace('in = ["down"]', 'in = ["down"]\nadjustable = { on_delay = [1, 2] }'),
        [
            f"{PORT}.on_delay: [1, 2] leaves out 0, which is configured — write bounds around it",
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_mistake_has_its_line(case: str, tmp_path: Path) -> None:
    """With its path and what to write."""
    text, expected = CASES[case]
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_profile(path)
    assert str(caught.value).replace(str(path), "own.toml").splitlines() == [
        f"own.toml: {line}" for line in expected
    ]


def test_good_bounds_reach_the_core(tmp_path: Path) -> None:
    """Delays may be written as durations; what is not named cannot be changed."""
    path = tmp_path / "own.toml"
    path.write_text(with_bounds('raise_above = [60, 95], on_delay = ["0s", "5m"]'), encoding="utf-8")
    (alarm,) = load_profile(path).alarm
    assert alarm.bounds == {"raise_above": Bounds(60, 95), "on_delay": Bounds(0, 300)}


def test_the_alarm_of_the_paper_is_one(tmp_path: Path) -> None:
    """As it stands there."""
    paper = (Path(__file__).parents[2] / "docs" / "limits.md").read_text(encoding="utf-8")
    path = tmp_path / "own.toml"
    path.write_text(HEAD + LOAD + paper.partition("```toml")[2].partition("```")[0], encoding="utf-8")
    (alarm,) = load_profile(path).alarm
    assert alarm.bounds["on_delay"] == Bounds(0, 600)


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.toml")), ids=lambda path: path.stem)
def test_each_end_of_shipped_bounds_can_be_set(path: Path) -> None:
    """By itself, or with the other side of its deadband moved along as far as that may go."""
    profile = load_profile(path)
    for alarm in (*profile.alarm, *(one for table in profile.table for one in table.alarm)):
        rule = Rule(
            alarm.type,
            alarm.point,
            alarm.severity,
            alarm.limit,
            Text("", ""),
            adjustable=alarm.bounds,
            on_delay=alarm.on_delay,
            off_delay=alarm.off_delay,
        )
        ends = [
            {name: one.low for name, one in alarm.bounds.items()},
            {name: one.high for name, one in alarm.bounds.items()},
        ]
        for numbers in ends:
            assert misfit(rule, numbers_of(rule) | numbers) == "", (alarm.type, numbers)


@pytest.mark.parametrize("profile", ["apc-ups", "megatec", "ups-mib"])
def test_nobody_on_site_may_put_off_that_the_mains_have_failed(profile: str) -> None:
    """Nor that the battery is low."""
    alarms = {alarm.type: alarm for alarm in load_profile(SHIPPED / f"{profile}.toml").alarm}
    assert not alarms["on-battery"].bounds
    assert not alarms["battery-low"].bounds
    assert alarms["temperature-high"].bounds
