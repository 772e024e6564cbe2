"""Shared by all tests: where recorded devices are."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is slow, not wrong: properties are judged by what they say.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def devices() -> Path:
    """The folder of recorded devices; the suites that need it skip in one line where it is absent."""
    path = Path(os.environ.get("LINEWARDEN_DEVICES", ROOT.parent / "shared" / "devices"))
    if not path.is_dir():
        pytest.skip("no recorded devices here (LINEWARDEN_DEVICES)")
    return path
