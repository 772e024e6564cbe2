"""Show 1, continued: issue A's end-to-end tests, unchanged, around the agent in its sandbox on the booted machine."""

import pytest

from tests.e2e import test_corridor
from tests.e2e.test_corridor import *  # noqa: F403  # the same tests around another rig

pytestmark = pytest.mark.timeout(1800)


def test_all_of_them_are_here() -> None:
    """None is left out because its name is not public."""
    told = {name for name in vars(test_corridor) if name.startswith("test_")}
    assert told <= set(globals())
    assert len(told) >= 10
