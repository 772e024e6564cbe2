"""Bytes a day out of a counter: told when there is enough to go by, of the last day, and not of a restart."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config.convert import convert_all
from agent.config.load import SHIPPED, load_profile
from agent.core.inputs import Polled
from agent.sources.keeping import Keeping
from agent.write_budget import DAY, WriteBudget
from tests.cli.journals import Branch
from tests.firmware.test_writes import GROUP, tree


def follow(pace: list[float], step: float = 60.0) -> list[float | None]:
    """What is told step by step of a counter that moves by so many bytes a step."""
    budget, told, counted = WriteBudget(), [], 0.0
    for number, moved in enumerate(pace):
        counted += moved
        budget.count(number * step, int(counted))
        told.append(budget.a_day(number * step, int(counted)))
    return told


def test_nothing_is_told_within_the_first_hour() -> None:
    """A start is not what a day is like."""
    told = follow([1000.0] * 70)
    assert told[:60] == [None] * 60
    assert told[60] == pytest.approx(1000 * 1440)


def test_a_steady_pace_is_told_as_it_is() -> None:
    """For days."""
    assert follow([1000.0] * 5000)[-1] == pytest.approx(1000 * 1440, rel=0.02)


def test_what_was_written_a_day_ago_is_forgotten() -> None:
    """A storm counts for a day, then no more."""
    quiet, storm = [10.0] * 1500, [1e6] * 60
    told = follow([*quiet, *storm, *quiet, *quiet])
    assert told[1559] == pytest.approx(60e6, rel=0.05)
    assert told[-1] == pytest.approx(10 * 1440, rel=0.02)


def test_a_counter_that_begins_anew_begins_the_day_anew() -> None:
    """Nothing negative is told, and nothing twice."""
    budget = WriteBudget()
    budget.count(0.0, 10**9)
    budget.count(7200.0, 100)
    assert budget.a_day(7200.0, 100) is None
    budget.count(7200.0 + DAY / 2, 5100)
    assert budget.a_day(7200.0 + DAY / 2, 5100) == pytest.approx(10_000)


@given(moves=st.lists(st.tuples(st.floats(1, 1e5), st.integers(-(10**6), 10**6)), max_size=60))
def test_no_counter_makes_it_negative(moves) -> None:
    """However it jumps."""
    budget, mono, counted = WriteBudget(), 0.0, 0
    for after, moved in moves:
        mono, counted = mono + after, max(0, counted + moved)
        budget.count(mono, counted)
        told = budget.a_day(mono, counted)
        assert told is None or told >= 0


def test_too_much_is_an_alarm_of_the_box(tmp_path: Path) -> None:
    """From the kernel's file to the alarm, by the shipped profile."""
    root, mono = tree(tmp_path / "root", ""), [0.0]
    keeping = Keeping(tmp_path, root, backups=lambda: None, is_believed=lambda: True, mono=lambda: mono[0])
    profile = load_profile(SHIPPED / "raspberry-pi.toml")
    branch = Branch(tmp_path, 1_800_000_000.0)
    for number in range(120):
        mono[0] = number * 300.0
        (root / "sys/fs/cgroup" / GROUP / "io.stat").write_text(f"179:0 wbytes={number * 200_000}\n")
        branch.give(Polled("box", convert_all(profile.point, keeping.readings())))
        branch.live(300, every=300)
    assert keeping.readings() == {"card.written": 57.6}
    assert "box.card-writes-high" in branch.state.durable.alarms.alarms
