"""Brokers and boxes for the tests of the MQTT output."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.outputs.box import Box
from tests.parts.mosquitto import PROGRAM, Mosquitto


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """Give a running Mosquitto, or skip where there is none."""
    if PROGRAM is None:
        pytest.skip("no mosquitto here: make parts")
    with Mosquitto(tmp_path) as running:
        yield running


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Callable[..., Box]]:
    """Make boxes on one journal, one at a time, and end them after the test."""
    made: list[Box] = []

    def make(port: int, **settings: Any) -> Box:
        made.append(Box(tmp_path / "data", port, **settings))
        return made[-1]

    yield make
    for one in made:
        one.stop()
