"""The rig that the end-to-end tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.rig import HostRig, host_rig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[HostRig]:
    """A branch of its own for each test, with an agent that has heard every device."""
    with host_rig(tmp_path) as one:
        yield one
