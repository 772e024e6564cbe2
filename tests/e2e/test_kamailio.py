"""A real Kamailio in the branch: killed, full, hung, restarted and cut off, each told as what it is, and ended rightly."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.core.inputs import Verb
from agent.core.model import Quality
from tests.e2e.kamailio_rig import DEVICE, PATIENCE, KamailioRig, kamailio_rig
from tests.parts import kamailio, sipp
from tests.waiting import wait_for

MISSING = kamailio.MISSING or sipp.MISSING
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(400),
    pytest.mark.skipif(bool(MISSING), reason=MISSING or "all is here"),
]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[KamailioRig]:
    """A branch whose Kamailio works."""
    with kamailio_rig(tmp_path) as one:
        yield one


def wait_lamp(rig: KamailioRig, lamp: str, shown: str) -> None:
    """Wait until a lamp's pin shows something."""
    wait_for(lambda: rig.lamp(lamp) == shown, 30, f"{lamp} {shown}")


def acknowledge_all(rig: KamailioRig) -> None:
    """Acknowledge what is on the PBX's list, so that what is over leaves it."""
    for type_ in rig.listed():
        rig.order(Verb.ACKNOWLEDGE, f"{DEVICE}.{type_}")
    wait_for(lambda: not rig.listed(), PATIENCE, "the list is empty")


def wait_told(rig: KamailioRig, type_: str) -> None:
    """Wait until the NOC's stream of events said that an alarm was raised and cleared, once."""
    wait_for(lambda: of_it(rig, type_)[-1:] == ["cleared"], PATIENCE, f"the end of {type_} in the events")
    assert of_it(rig, type_) == ["raised", "cleared"]


def of_it(rig: KamailioRig, type_: str) -> list[str]:
    """What the NOC's stream of events said of one alarm, in order."""
    events = [event for event in rig.subscriber.events if event.get("subject") == f"{DEVICE}.{type_}"]
    assert [event["seq"] for event in events] == sorted(event["seq"] for event in events)
    return [event["type"].removeprefix("linewarden.alarm.") for event in events]


def test_a_good_day(rig: KamailioRig) -> None:
    """Every point is good and true: phones, version, memory; a call is seen while it lasts; nothing is raised."""
    assert rig.point("registrations.users").value == 12
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", rig.point("service.version").value)
    assert rig.point("memory.free").value > 2**22
    assert rig.point("service.processes").value >= 5
    calls = rig.customers.call(3, 5.0)
    wait_for(lambda: rig.point("dialogs.confirmed").value == 3, 30, "the calls")
    rig.customers.wait(calls)
    wait_for(lambda: rig.point("dialogs.current").value == 0, 30, "their end")
    assert rig.listed() == set()
    wait_lamp(rig, "green", "steady")
    wait_for(lambda: rig.subscriber.retained[f"device/{DEVICE}"]["points"], 30, "its readings at the NOC")
    readings = rig.subscriber.retained[f"device/{DEVICE}"]["points"]
    assert {one["quality"] for one in readings.values()} == {"good"}


def test_killed_and_restarted(rig: KamailioRig) -> None:
    """Killed: its service is down, and its server is not; restarted: no phone is there yet; then all is well again."""
    rig.pbx.kill()
    wait_for(lambda: rig.point("dialogs.current").quality is not Quality.GOOD, 30, "its points are missing")
    assert rig.point("dialogs.current").cause == "missing"
    rig.wait_standing("service-down", "service-silent")
    view = next(one for one in rig.branch().devices if one.id == DEVICE)
    assert view.reachable, "the server answers"
    message = rig.subscriber.wait_for_alarm(f"{DEVICE}.service-down", is_cleared=False)
    assert message["perceived-severity"] == "critical"
    assert rig.lamp("red") == "flash"
    assert rig.lamp("horn") == "steady"
    assert "Kamailio has stopped" in rig.page()
    assert "Kamailio has stopped" in rig.page(f"/device/{DEVICE}")
    assert "systemctl restart kamailio" in rig.cli("why", f"{DEVICE}.service-down").stdout
    rig.pbx.start()
    rig.wait_standing("phones-unregistered")
    rig.register()
    rig.wait_standing()
    wait_told(rig, "service-down")
    wait_told(rig, "phones-unregistered")
    assert of_it(rig, "unreachable") == []
    acknowledge_all(rig)
    wait_lamp(rig, "red", "off")
    wait_lamp(rig, "green", "steady")
    assert "Kamailio has stopped" not in rig.page()


def test_overloaded(rig: KamailioRig) -> None:
    """More calls than it is made for: full while they last, red for that and amber for the warning, then over."""
    calls = rig.customers.call(2 * kamailio.MAJOR, 12.0)
    rig.wait_standing("dialogs-full", "dialogs-many")
    assert rig.point("dialogs.current").value >= kamailio.MAJOR
    assert rig.point("dialogs.usage").value == "busy"
    message = rig.subscriber.wait_for_alarm(f"{DEVICE}.dialogs-full", is_cleared=False)
    assert message["perceived-severity"] == "major"
    assert (rig.lamp("red"), rig.lamp("amber")) == ("flash", "flash")
    assert "Kamailio is full" in rig.page()
    rig.customers.wait(calls)
    rig.wait_standing()
    wait_told(rig, "dialogs-full")
    acknowledge_all(rig)
    wait_lamp(rig, "red", "off")
    wait_lamp(rig, "amber", "off")


def test_hung(rig: KamailioRig) -> None:
    """Its workers hang while its sub-agent goes on: the SIP messages that pile up tell it."""
    rig.pbx.hang()
    try:
        rig.customers.flood(300)
        rig.wait_standing("sip-stalled")
        assert rig.lamp("red") == "flash"
        assert rig.point("queue.bytes").value > 50_000
        assert "SIP messages pile up" in rig.page()
    finally:
        rig.pbx.go_on()
    rig.wait_standing()
    wait_told(rig, "sip-stalled")


def test_server_away(rig: KamailioRig) -> None:
    """Its server answers nothing any more: that, and not a word about the service, which nobody can know."""
    rig.pbx.stop_server()
    rig.wait_standing("unreachable")
    message = rig.subscriber.wait_for_alarm(f"{DEVICE}.unreachable", is_cleared=False)
    assert message["perceived-severity"] == "critical"
    assert "Server of Kamailio does not answer" in rig.page()
    assert rig.point("dialogs.current").quality is Quality.STALE
    rig.pbx.start_server()
    rig.wait_standing()
    wait_for(lambda: rig.point("registrations.users").value == 12, PATIENCE, "the sub-agent joins again")
    wait_told(rig, "unreachable")
    assert of_it(rig, "service-down") == []


def test_frozen(rig: KamailioRig) -> None:
    """All of it hangs: it still runs, but tells nothing, and that is told; when it goes on, all is good again."""
    rig.pbx.freeze()
    try:
        rig.wait_standing("service-silent")
        assert rig.point("service.processes").quality is Quality.GOOD
        # The poll that raised it may have found only some of its points gone.
        wait_for(lambda: rig.point("dialogs.current").cause == "missing", PATIENCE, "its points are missing")
        assert rig.lamp("red") == "flash"
        assert "no longer tells its state" in rig.page()
    finally:
        rig.pbx.thaw()
    wait_for(lambda: rig.point("registrations.users").value == 12, PATIENCE, "it joins again")
    rig.wait_standing()
    wait_told(rig, "service-silent")
    assert of_it(rig, "unreachable") == []
    assert of_it(rig, "service-down") == []
