"""A silent wire: when its adapter is reset, and that the one who may is asked for it."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.inputs import Input, Polled, PollFailed
from agent.sources.revival import FIRST, RAREST, Revival
from agent.sources.serial_ups import serial_ups
from firmware.line import SerialLine
from firmware.simulator.megatec_ups import MegatecUpsSimulator
from tests.waiting import wait_for


@given(st.lists(st.floats(1, 3600), max_size=200))
def test_a_wire_that_stays_silent_is_reset_ever_more_rarely(waits: list[float]) -> None:
    """Never before five minutes, each wait at least as long as the last, and never given up."""
    revival, now, resets = Revival(0.0), 0.0, [0.0]
    for wait in waits:
        now += wait
        if revival.is_due(now):
            resets.append(now)
    gaps = [after - before for before, after in pairwise(resets)]
    assert all(gap >= min(FIRST * 2**number, RAREST) for number, gap in enumerate(gaps))
    assert now - resets[-1] <= max(2 * FIRST * 2 ** len(gaps), RAREST)


def test_an_answer_ends_the_silence() -> None:
    """The count begins anew, with the first wait."""
    revival = Revival(0.0)
    assert revival.is_due(FIRST)
    revival.heard(FIRST + 1)
    assert not revival.is_due(2 * FIRST)
    assert revival.is_due(2 * FIRST + 1)


@pytest.fixture
def ups(tmp_path: Path) -> Iterator[MegatecUpsSimulator]:
    """On a pty."""
    with MegatecUpsSimulator(tmp_path / "ups") as one:
        yield one


@pytest.mark.usefixtures("ups")
def test_the_adapter_of_a_silent_ups_is_reset_and_that_of_a_talking_one_is_not(tmp_path: Path) -> None:
    """A real line at a pty, and one that leads nowhere."""
    for wire, silent in ((tmp_path / "ups", False), (tmp_path / "nowhere", True)):
        posted: list[Input] = []
        resets: list[str] = []

        def reset(url: str, resets: list[str] = resets) -> bool:
            resets.append(url)
            return True

        worker = serial_ups(
            "ups",
            SerialLine(str(wire)),
            lambda _readings: {},
            0.05,
            posted.append,
            revival=Revival(0.0, first=0.0),
            reset=reset,
        )
        worker.start()
        kind = PollFailed if silent else Polled
        wait_for(lambda posted=posted, kind=kind: any(isinstance(one, kind) for one in posted), what="a poll")
        worker.stop()
        worker.join(5)
        assert bool(resets) == silent
