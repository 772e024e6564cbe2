"""Fixtures of the store's tests."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.store.state import Limits
from tests.store.parts import Rig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Callable[..., Rig]]:
    """Makes writers and ends them after the test."""
    rigs: list[Rig] = []

    def make(limits: Limits | None = None, *, start_open: bool = True) -> Rig:
        rigs.append(Rig(tmp_path / "data", limits, start_open=start_open))
        return rigs[-1]

    yield make
    for one in rigs:
        one.stop()
