"""Killed at any moment: what was acknowledged is there, once, in order."""

import random
import subprocess
import sys
from collections import defaultdict
from contextlib import closing, suppress
from pathlib import Path

import pytest

from agent.store import reader
from agent.store.opening import Found
from tests.store.parts import check_numbers, one_engine

ROOT = Path(__file__).parents[2]
KILLS = 60


def run_and_kill(path: Path, run: int, chance: random.Random) -> list[str]:
    """Starts the load, kills it after some acknowledgements or some time, and returns what it printed."""
    command = [sys.executable, "-m", "tests.store.load", path, str(run)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        lines: list[bytes] = []
        if run % 2:
            lines = [child.stdout.readline() for _ in range(chance.randrange(300))]
        else:
            with suppress(subprocess.TimeoutExpired):
                child.wait(chance.uniform(0.0, 0.8))
        child.kill()
        lines += child.stdout.readlines()
    assert child.returncode == -9, "the child ended by itself"
    return [line.decode().strip() for line in lines if line.endswith(b"\n") and line != b"open\n"]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_whatever_was_acknowledged_survives_any_kill(tmp_path: Path) -> None:
    """Sixty kills at random moments: each acknowledged id once, in order; no gaps; a sound chain; one epoch."""
    chance = random.Random(4207)
    acknowledged: list[str] = []
    for run in range(KILLS):
        acknowledged += run_and_kill(tmp_path, run, chance)
        assert reader.verify(tmp_path) is None if (tmp_path / "journal.db").exists() else run < KILLS // 2
    assert len(acknowledged) > 10 * KILLS, "the load did not get far enough to prove anything"
    with closing(one_engine(tmp_path)) as engine:
        assert engine.opened.found is Found.EXISTING
        assert engine.verify() is None
        assert engine.epoch.number == 1
        state, tail = engine.load()
        rest = list(tail)
    story = list(reader.iterate(tmp_path))
    check_numbers(story)
    told = [f"{record.id} {record.entry.body.decode()}" for record in story]
    assert len(set(told)) == len(told)
    there = set(told)
    assert [line for line in acknowledged if line not in there] == []
    assert [line for line in told if line in set(acknowledged)] == acknowledged
    runs = defaultdict(list)
    for record in story:
        runs[record.entry.subject].append(int(record.entry.body.split(b":")[1]))
    assert all(numbers == list(range(len(numbers))) for numbers in runs.values())
    assert all(len(numbers) % 2 == 0 for numbers in runs.values()), "a submission was torn"
    assert state == story[-len(rest) - 1].entry.body, "state and tail do not join"
