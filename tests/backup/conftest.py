"""Fixtures of the backup's tests."""

from pathlib import Path

import pytest

from tests.backup.parts import Box


@pytest.fixture
def box(tmp_path: Path) -> Box:
    """A box with fifty events."""
    return Box(tmp_path / "box")
