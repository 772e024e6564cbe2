"""Killed at any moment: what was acknowledged is there, once, in order."""

import random
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import pytest

from agent.store import reader
from agent.store.opening import Found
from tests.store.children import run_and_kill
from tests.store.parts import check_numbers, one_engine

KILLS = 60


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_whatever_was_acknowledged_survives_any_kill(tmp_path: Path) -> None:
    """Sixty kills at random moments: each acknowledged id once, in order; no gaps; a sound chain; one epoch."""
    chance = random.Random(4207)
    acknowledged: list[str] = []
    for run in range(KILLS):
        acknowledged += run_and_kill(tmp_path, run, chance)
        if acknowledged:
            assert reader.verify(tmp_path) is None
    assert len(acknowledged) > 10 * KILLS, "the load did not get far enough to prove anything"
    with closing(one_engine(tmp_path)) as engine:
        assert engine.opened.found is Found.EXISTING
        assert engine.verify() is None
        state, tail = engine.load()
        rest = list(tail)
    story = list(reader.iterate(tmp_path))
    check_numbers(story)
    assert {record.epoch for record in story} == {story[0].epoch}, "a kill is no reason for a new epoch"
    told = [f"{record.id} {record.entry.body.decode()}" for record in story]
    assert len(set(told)) == len(told)
    known = set(acknowledged)
    assert [line for line in told if line in known] == acknowledged, "lost, doubled or out of order"
    runs = defaultdict(list)
    for record in story:
        runs[record.entry.subject].append(int(record.entry.body.split(b":")[1]))
    assert all(numbers == list(range(len(numbers))) for numbers in runs.values())
    assert all(len(numbers) % 2 == 0 for numbers in runs.values()), "a submission was torn"
    assert state == story[-len(rest) - 1].entry.body, "state and tail do not join"
