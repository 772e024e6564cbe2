"""One branch from wire to lamp, journal, broker and command line; written against the rig alone."""

import json

import pytest

from agent import api
from agent.core.inputs import Verb
from tests.e2e.rig import SITE, Rig
from tests.parts.subscriber import Subscriber
from tests.waiting import wait_for

pytestmark = pytest.mark.slow

BROKEN = "pbx-1.service-down"


def stands(rig: Rig, alarm: str) -> bool:
    """Whether the agent lists an alarm that is not cleared."""
    return any(one.id == alarm and not one.is_cleared for one in rig.branch().alarms)


def wait_listed(rig: Rig, alarm: str, *, listed: bool = True) -> None:
    """Wait until the agent lists an alarm, or no longer does."""
    wait_for(
        lambda: (alarm in {one.id for one in rig.branch().alarms}) == listed,
        timeout=30,
        what=f"{alarm} {'listed' if listed else 'gone'}",
    )


def wait_lamp(rig: Rig, lamp: str, shown: str) -> None:
    """Wait until a lamp's pin shows something."""
    wait_for(lambda: rig.lamp(lamp) == shown, timeout=30, what=f"{lamp} {shown}")


def test_a_quiet_branch_is_green_and_published(rig: Rig) -> None:
    """Status, devices with units, no alarm; green steady, nothing else."""
    wait_for(lambda: rig.subscriber.retained.get("status", {}).get("online"), what="birth")
    wait_for(lambda: "device/pbx-1" in rig.subscriber.retained, what="the PBX's readings")
    wait_for(lambda: "device/ups-2" in rig.subscriber.retained, what="the UPS's readings")
    readings = rig.subscriber.retained["device/ups-2"]["points"]
    assert readings["input.voltage"]["unit"] == "V"
    assert readings["input.voltage"]["quality"] == "good"
    wait_lamp(rig, "green", "steady")
    assert [rig.lamp(lamp) for lamp in ("red", "horn")] == ["off", "off"]


def test_a_changed_answer_goes_all_the_way_and_back(rig: Rig) -> None:
    """SNMP to lamp, list and topic; acknowledged on the command line; cleared by the next good answer."""
    rig.service(2)
    message = rig.subscriber.wait_for_alarm(BROKEN, is_cleared=False, perceived_severity="critical")
    assert message["durable"] is True
    assert message["epoch"]
    assert message["operator-state"] == "none"
    assert rig.lamp("red") == "flash"
    assert rig.lamp("horn") == "steady"
    listing = rig.cli("alarms").stdout
    assert message["code"] in listing
    acknowledged = rig.cli("ack", message["code"], "--note", "on my way")
    assert acknowledged.stdout.strip() == "acknowledged", acknowledged.stderr
    rig.subscriber.wait_for_alarm(BROKEN, operator_state="ack")
    wait_lamp(rig, "red", "steady")
    assert rig.lamp("horn") == "off"
    told = rig.cli("why", message["code"]).stdout
    for word in ("at the decision", "down", "on-delay", "acknowledged by", "on my way", "first action"):
        assert word in told, told
    rig.service(1)
    rig.subscriber.wait_until_gone(BROKEN)
    wait_lamp(rig, "red", "off")
    of_it = [event for event in rig.subscriber.events if event.get("subject") == BROKEN]
    assert [event["type"].removeprefix("linewarden.alarm.") for event in of_it] == [
        "raised",
        "acknowledged",
        "cleared",
    ]
    assert [event["seq"] for event in of_it] == sorted(event["seq"] for event in of_it)


def test_an_alarm_that_is_over_unseen_stays_locked_in(rig: Rig) -> None:
    """It left no trace but the lamp and the list: they wait for somebody."""
    rig.service(2)
    rig.subscriber.wait_for_alarm(BROKEN, is_cleared=False)
    rig.service(1)
    rig.subscriber.wait_for_alarm(BROKEN, is_cleared=True, operator_state="none")
    assert rig.lamp("red") == "flash"
    assert isinstance(rig.order(Verb.ACKNOWLEDGE, BROKEN), api.Done)
    rig.subscriber.wait_until_gone(BROKEN)
    wait_lamp(rig, "red", "off")


def test_an_snmp_agent_that_is_stopped_and_started(rig: Rig) -> None:
    """Unreachable with its cause and stale points; nothing else of that device; then good again."""
    rig.snmp(running=False)
    rig.subscriber.wait_for_alarm("pbx-1.unreachable", is_cleared=False, perceived_severity="critical")
    assert [one.id for one in rig.branch().alarms if one.resource == "pbx-1"] == ["pbx-1.unreachable"]
    assert "stale" in rig.cli("devices", "pbx-1").stdout
    rig.snmp(running=True)
    rig.subscriber.wait_for_alarm("pbx-1.unreachable", is_cleared=True)
    wait_for(lambda: "stale" not in rig.cli("devices", "pbx-1").stdout, what="fresh points")


def test_a_serial_wire_that_is_unplugged_and_plugged(rig: Rig) -> None:
    """The line is opened again by itself."""
    rig.serial(plugged=False)
    rig.subscriber.wait_for_alarm("ups-2.unreachable", is_cleared=False)
    rig.serial(plugged=True)
    rig.subscriber.wait_for_alarm("ups-2.unreachable", is_cleared=True)


def test_a_mains_failure_at_the_serial_ups(rig: Rig) -> None:
    """On battery while the mains are away, cleared when they are back."""
    rig.mains(present=False)
    rig.subscriber.wait_for_alarm("ups-2.on-battery", is_cleared=False, perceived_severity="major")
    rig.mains(present=True)
    rig.subscriber.wait_for_alarm("ups-2.on-battery", is_cleared=True)


def test_the_buttons_of_the_room(rig: Rig) -> None:
    """Silence stops the horn only; acknowledge makes the lamp steady and no more; test lights everything for a while."""
    rig.contact("door", active=True)
    rig.subscriber.wait_for_alarm("room.door-open", is_cleared=False)
    wait_lamp(rig, "horn", "steady")
    rig.press("silence")
    wait_lamp(rig, "horn", "off")
    assert rig.lamp("amber") == "flash"
    rig.press("acknowledge")
    wait_lamp(rig, "amber", "steady")
    assert rig.subscriber.alarms()["room.door-open"]["operator-state"] == "none"
    rig.press("test")
    wait_lamp(rig, "red", "steady")
    assert rig.lamp("horn") == "steady"
    wait_lamp(rig, "red", "off")
    rig.contact("door", active=False)
    rig.subscriber.wait_for_alarm("room.door-open", is_cleared=True)
    wait_lamp(rig, "amber", "off")
    wait_for(lambda: "annunciation.tested" in rig.subscriber.kinds(), what="the test is journalled")
    by = [
        event["data"]["by"]
        for event in rig.subscriber.events
        if event["type"].startswith("linewarden.annunciation")
    ]
    assert [(one["door"], one["place"]) for one in by] == [
        ("button", "silence"),
        ("button", "acknowledge"),
        ("button", "test"),
    ]


def test_a_late_subscriber_sees_the_whole_alarm_list(rig: Rig) -> None:
    """Without asking the box for anything."""
    rig.service(2)
    rig.contact("door", active=True)
    for alarm in (BROKEN, "room.door-open"):
        rig.subscriber.wait_for_alarm(alarm, is_cleared=False)
    with Subscriber(rig.mosquitto.port, SITE) as late:
        wait_for(lambda: {BROKEN, "room.door-open"} <= set(late.alarms()), what="the list")
        assert late.alarms() == rig.subscriber.alarms()


def test_a_broker_that_is_away_for_a_while_loses_nothing(rig: Rig) -> None:
    """Meanwhile the box alarms on its own lamps; afterwards the list is right and every event is there once, in order."""
    wait_for(lambda: "box.started" in rig.subscriber.kinds(), what="the first event")
    rig.broker(running=False)
    wait_for(lambda: rig.branch().status.broker == "lost", timeout=60, what="the link is lost")
    rig.service(2)
    wait_listed(rig, BROKEN)
    wait_lamp(rig, "red", "flash")
    for active in (True, False, True):
        rig.contact("door", active=active)
        wait_for(lambda active=active: stands(rig, "room.door-open") == active, what=f"door {active}")
    wait_listed(rig, "broker.broker-lost")
    rig.broker(running=True)
    rig.subscriber.wait_for_alarm(BROKEN, is_cleared=False)
    rig.subscriber.wait_for_alarm("room.door-open", is_cleared=False)
    wait_for(lambda: rig.branch().status.backlog == 0, timeout=60, what="the backlog is told")
    exported = [json.loads(line) for line in rig.cli("export").stdout.splitlines()]
    ids = [event["id"] for event in exported]
    wait_for(lambda: len(rig.subscriber.events) >= len(ids), what="all events")
    assert [event["id"] for event in rig.subscriber.events][: len(ids)] == ids


@pytest.mark.timeout(300)
def test_what_is_old_when_it_is_told_is_marked_so(rig: Rig) -> None:
    """After a minute without the broker: the alarm as it is now comes first, then the backlog in order, historical."""
    wait_for(lambda: "box.started" in rig.subscriber.kinds(), what="the first event")
    rig.broker(running=False)
    rig.service(2)
    wait_listed(rig, BROKEN)
    raised = next(one.last_raised for one in rig.branch().alarms if one.id == BROKEN)
    wait_for(lambda: rig.branch().status.now > raised + 62, timeout=90, what="a minute passes")
    arrived = len(rig.subscriber.arrivals)
    rig.broker(running=True)
    rig.subscriber.wait_for_alarm(BROKEN, is_cleared=False)
    event = wait_for(
        lambda: [one for one in rig.subscriber.events if one.get("subject") == BROKEN],
        timeout=90,
        what="its event",
    )[0]
    assert event["historical"] is True
    fresh = rig.subscriber.arrivals[arrived:]
    # What the broker itself repeats of the time before is not ours to order.
    assert fresh.index(f"alarm/{BROKEN}") < fresh.index(f"event {event['id']}")
    rig.contact("door", active=True)
    door = wait_for(
        lambda: [one for one in rig.subscriber.events if one.get("subject") == "room.door-open"],
        timeout=30,
        what="door",
    )[0]
    assert door["historical"] is False


def test_the_journal_can_be_verified_beside_the_running_agent(rig: Rig) -> None:
    """And an order without the right is refused and journalled."""
    assert rig.cli("export", "--verify").stdout.startswith("the chain holds up to ")
    refused = rig.order(Verb.ACKNOWLEDGE, "nothing.at-all")
    assert refused == api.Failed("refused", "no alarm nothing.at-all is on the list")
    exported = [json.loads(line) for line in rig.cli("export").stdout.splitlines()]
    assert exported[-1]["type"] == "linewarden.order.refused"
    assert exported[-1]["data"]["by"]["door"] == "cli"


def test_a_second_agent_on_the_same_data_is_refused(rig: Rig) -> None:
    """With a message that names the one that runs; the first is not disturbed."""
    second = rig.cli("run")
    assert second.returncode != 0
    assert str(rig.agent.pid) in second.stderr, second.stderr
    assert rig.branch().status.journal == "healthy"
