"""What a UPS does with its mains, from the serial wire to the NOC, the panel's socket and the command line."""

import pytest

from agent import api
from agent.control_client import ControlClient
from tests.e2e.rig import HostRig
from tests.waiting import wait_for

pytestmark = pytest.mark.slow

LOST = "ups-2.lost-on-battery"


def passed(rig: HostRig) -> list[dict]:
    """The data of the events of what passed."""
    return [
        event["data"] for event in rig.subscriber.events if event["type"] == "linewarden.condition.passed"
    ]


def test_a_self_test_is_told_and_raises_nothing(rig: HostRig) -> None:
    """An event at the NOC, a line on the command line and in the device's view; the list stays empty."""
    rig.ups.model.test_tells_failure = True
    rig.ups.test(5.0)
    told = wait_for(lambda: passed(rig), timeout=60, what="the self-test is told")[0]
    assert told["text"] == {"en": "Self-test", "zh": "自检"}
    assert told["excused"] is True
    assert told["alarm"]["type"] == "on-battery"
    assert rig.branch().alarms == []
    with ControlClient(rig.socket) as client:
        view = client.ask(api.AskDevice("ups-2"))
    assert isinstance(view, api.DeviceView)
    assert view.passed[0].text.en.startswith("Self-test of ")
    assert "Self-test of " in rig.cli("devices", "ups-2").stdout


def test_a_link_that_drops_with_the_mains_is_probably_on_battery(rig: HostRig) -> None:
    """Critical at the NOC; the silence stands behind it; `why` says what came before; an answer ends it."""
    rig.mains(present=False)
    rig.subscriber.wait_for_alarm("ups-2.on-battery", is_cleared=False)
    rig.serial(plugged=False)
    message = rig.subscriber.wait_for_alarm(LOST, is_cleared=False, perceived_severity="critical")
    assert "probably on battery" in message["alarm-text"]
    assert "does it beep" in message["action"]["en"]
    silence = rig.subscriber.wait_for_alarm("ups-2.unreachable", is_cleared=False)
    wait_for(
        lambda: rig.subscriber.alarms()["ups-2.unreachable"]["root-cause-alarm"] == [LOST],
        timeout=30,
        what=f"the silence is explained: {silence}",
    )
    assert "before, a reading said: Mains failed" in rig.cli("why", LOST).stdout
    rig.serial(plugged=True)
    rig.subscriber.wait_for_alarm(LOST, is_cleared=True)
