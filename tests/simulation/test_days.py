"""Virtual days of branches against the real core and the real store: `make simulate` runs many more."""

from pathlib import Path

import pytest

from agent.core.events import kind, subject
from tests.simulation.__main__ import trouble, with_only
from tests.simulation.day import Day
from tests.simulation.scenario import scenario


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 50, 5))
def test_days_hold(first: int) -> None:
    """Faults, people, kills and steps of the clock: every invariant after every step."""
    for seed in range(first, first + 5):
        found = trouble(scenario(seed))
        assert not found, f"seed {seed}: {found} — python -m tests.simulation --first {seed} --seeds 1"


STEPPED = [seed for seed in range(50) if any(fault.kind == "clock" for fault in scenario(seed).faults)][:3]
"""Days on which the wall clock is set."""


@pytest.mark.slow
@pytest.mark.parametrize("seed", STEPPED)
def test_nothing_depends_on_the_wall_clock(seed: int, tmp_path: Path) -> None:
    """The same day with and without steps of ten years: the same events at the same monotonic seconds."""
    days = []
    for steady in (False, True):
        day = Day(scenario(seed), tmp_path / str(steady), steady=steady)
        day.run()
        days.append(day.told)
    stepping, steady = (
        [(kind(one), subject(one), one.at.mono) for one in told if not kind(one).startswith("clock.")]
        for told in days
    )
    assert stepping == steady
    walls = zip(*([event.at.wall for event in told] for told in days), strict=True)
    assert any(one != other for one, other in walls)  # until a time server is found, at least


def test_a_day_without_faults_is_quiet(tmp_path: Path) -> None:
    """Nothing is raised where nothing is wrong."""
    day = Day(with_only(scenario(1), []), tmp_path)
    day.run()
    assert not [event for event in day.told if kind(event) == "alarm.raised"]
