"""Levels at which an alarm becomes worse: each that could hold while the alarm itself does not is a mistake."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config.errors import ConfigError
from agent.config.load import load_profile
from tests.config.test_profile_mistakes import GOOD, LIMITS, PORTS, of_point

WHERE = "alarm[overload]"
PORT = "table[port].alarm[port-down]"


def with_level(level: str, bounds: str = "", limits: str = LIMITS) -> str:
    """The good profile, its alarm critical at this level, its numbers adjustable within these bounds."""
    more = f'\nworse = [{{ severity = "critical", {level} }}]\nadjustable = {{ {bounds} }}'
    return GOOD.replace(LIMITS, limits + more)


BELOW = of_point(
    "ups.load",
    'raise_below = 40\nclear_above = 45\nworse = [{ severity = "critical", raise_below = 20, clear_above = 30 }]\n'
    "adjustable = { raise_below = [20, 50], clear_above = [29, 60] }",
)
CASES = {
    "a limit that may be set beyond the level": (
        with_level("raise_above = 95", "raise_above = [80, 95]"),
        [f"{WHERE}.adjustable.raise_above: at 95 its level critical would raise nothing — stay below 95"],
    ),
    "an end that may be set beyond the end of the level": (
        with_level("raise_above = 95, clear_below = 86", "clear_below = [80, 87]"),
        [f"{WHERE}.adjustable.clear_below: at 87 its level critical would raise nothing — write at most 86"],
    ),
    "an end that may be set beyond a level without a deadband": (
        with_level("raise_above = 95", "clear_below = [80, 96]"),
        [f"{WHERE}.adjustable.clear_below: at 96 its level critical would raise nothing — write at most 95"],
    ),
    "a limit without a deadband beyond the end of the level": (
        with_level("raise_above = 98, clear_below = 94", "raise_above = [80, 96]", "raise_above = 90"),
        [f"{WHERE}.adjustable.raise_above: at 96 its level critical would raise nothing — stay below 94"],
    ),
    "limits below": (
        BELOW,
        [
            f"{WHERE}.adjustable.raise_below: at 20 its level critical would raise nothing — stay above 20",
            f"{WHERE}.adjustable.clear_above: at 29 its level critical would raise nothing — write at least 30",
        ],
    ),
    "a delay that may be longer than that of the level": (
        with_level('raise_above = 95, on_delay = "10s"', 'on_delay = ["0s", "1m"]'),
        [f"{WHERE}.adjustable.on_delay: at 60 its level critical would raise nothing — write at most 10"],
    ),
    "a delay shorter than the alarm's": (
        with_level('raise_above = 95, on_delay = "10s"', limits=f'{LIMITS}\non_delay = "30s"'),
        [
            f'{WHERE}.worse[0].on_delay: 10 s is shorter than the alarm\'s own — write at least "30s", or remove it'
        ],
    ),
    "an end at which the alarm is over already": (
        with_level("raise_above = 95, clear_below = 80"),
        [
            f"{WHERE}.worse[0].clear_below: at 80 the alarm is cleared already — write at least 85, or remove it"
        ],
    ),
    "the same of a limit below": (
        BELOW.replace("clear_above = 30 }]", "clear_above = 46 }]").partition("adjustable")[0]
        + BELOW.partition("[29, 60] }")[2],
        [
            f"{WHERE}.worse[0].clear_above: at 46 the alarm is cleared already — write at most 45, or remove it"
        ],
    ),
    "a word that the alarm has not": (
        of_point("ups.status", 'in = ["OB"]\nworse = [{ severity = "critical", in = ["OB", "OL"] }]'),
        [f'{WHERE}.worse[0].in[1]: "OL" raises no alarm — write one of "OB", or add it to the alarm\'s in'],
    ),
    "a word that the point cannot say": (
        of_point("ups.status", 'in = ["OB"]\nworse = [{ severity = "critical", in = ["OF"] }]'),
        [f'{WHERE}.worse[0].in[0]: "OF" is no value of ups.status — write one of OB, OL'],
    ),
    "the same of words": (
        of_point("span.1.status", 'has = ["LOS"]\nworse = [{ severity = "critical", has = ["LOF"] }]'),
        [
            f'{WHERE}.worse[0].has[0]: "LOF" raises no alarm — write one of "LOS", or add it to the alarm\'s has'
        ],
    ),
    "a word of a row": (
        GOOD
        + PORTS.replace('in = ["down"]', 'in = ["down"]\nworse = [{ severity = "critical", in = ["up"] }]'),
        [
            f'{PORT}.worse[0].in[0]: "up" raises no alarm — write one of "down", or add it to the alarm\'s in',
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


@given(
    level=st.tuples(st.integers(91, 120), st.integers(70, 119)),
    highest=st.tuples(st.integers(90, 130), st.integers(85, 120)),
    value=st.integers(60, 130),
)
def test_where_a_level_holds_the_alarm_holds_wherever_it_is_set(
    level: tuple[int, int], highest: tuple[int, int], value: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever bounds pass, no value is in a level and not in the alarm, once both have begun."""
    path = tmp_path_factory.mktemp("level") / "own.toml"
    text = with_level(
        f"raise_above = {level[0]}, clear_below = {level[1]}",
        f"raise_above = [86, {highest[0]}], clear_below = [60, {highest[1]}]",
    )
    path.write_text(text, encoding="utf-8")
    try:
        load_profile(path)
    except ConfigError:
        return
    assert not level[0] < value <= highest[0]
    assert not level[1] < value <= highest[1]
