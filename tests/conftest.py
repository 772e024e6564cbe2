"""Shared by all tests: where recorded devices are."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def devices() -> Path:
    """The folder of recorded devices; the suites that need it skip in one line where it is absent."""
    path = Path(os.environ.get("LINEWARDEN_DEVICES", ROOT.parent / "shared" / "devices"))
    if not path.is_dir():
        pytest.skip("no recorded devices here (LINEWARDEN_DEVICES)")
    return path
