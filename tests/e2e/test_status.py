"""What `linewarden status` says of the link to the broker, as a person types it."""

import pytest

from tests.e2e.rig import Rig
from tests.waiting import wait_for

pytestmark = pytest.mark.slow


def test_the_link_and_why_it_is_lost(rig: Rig) -> None:
    """The version while it stands; the word, the reason and the next attempt while it does not; then the version again."""
    wait_for(lambda: "connected (MQTT 5)" in rig.cli("status").stdout, 30, "the version")
    rig.broker(running=False)
    wait_for(lambda: "lost (unreachable: " in rig.cli("status").stdout, 30, "the word")
    wait_for(lambda: "tried again at 20" in rig.cli("status").stdout, 30, "the next attempt")
    wait_for(lambda: "unreachable" in rig.cli("devices", "broker").stdout, 30, "the word at the device")
    rig.broker(running=True)
    wait_for(lambda: "connected (MQTT 5)" in rig.cli("status").stdout, 90, "the version again")
