"""Shared by all tests: the folders of helpers, and where recorded devices are."""

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
for folder in ("", "core"):
    sys.path.insert(0, str(Path(__file__).parent / folder))


@pytest.fixture(scope="session")
def devices() -> Path:
    """The folder of recorded devices; the suites that need it skip in one line where it is absent."""
    path = Path(os.environ.get("LINEWARDEN_DEVICES", ROOT.parent / "shared" / "devices"))
    if not path.is_dir():
        pytest.skip("no recorded devices here (LINEWARDEN_DEVICES)")
    return path
