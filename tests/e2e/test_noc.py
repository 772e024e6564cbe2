"""What somebody in the NOC can tell who has the MQTT topics of a branch and nothing else."""

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agent import api
from tests.e2e.rig import SITE, HostRig
from tests.parts.subscriber import Subscriber
from tests.waiting import wait_for

pytestmark = pytest.mark.slow

UPS, PBX, DOOR = "ups-2.unreachable", "pbx-1.unreachable", "room.door-open"
WINDOW = """
[[window]]
id = "battery-test"
devices = ["ups-2"]
begins = 2090-01-01T01:00:00
rrule = "FREQ=MONTHLY;BYDAY=1SU"
duration = "2h"
reason = "battery test"
responsible = "facility"
"""
FIRST = datetime(2090, 1, 1, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
"""A Sunday, and the first of its month."""


def seconds(when: str | None) -> int | None:
    """A time of a message, to the second."""
    return None if when is None else int(datetime.fromisoformat(when).timestamp())


def as_the_noc_reads_it(message: dict[str, Any]) -> dict[str, Any]:
    """Everything of an alarm that matters in the NOC, by its topic alone."""
    return {
        "cleared": message["is-cleared"],
        "since": seconds(message["last-raised"]),
        "severity": message["perceived-severity"],
        "root cause": message["root-cause-alarm"],
        "cause since": seconds(message["root-cause-since"]),
        "impacted": message["impacted-resource"],
        "operator": message["operator-state"],
        "people": [
            (seconds(one["time"]), one["operator"], one["state"].replace("ack", "acknowledged"), one["text"])
            for one in message["operator-state-change"]
        ],
        "shelved": message["shelved"],
        "quiet": [(one["kind"], one["responsible"], one["reason"]) for one in message["suppressed"]],
        "quiet since": seconds(message["suppressed-since"]),
    }


def as_the_box_has_it(rig: HostRig, alarm: api.AlarmView) -> dict[str, Any]:
    """The same, as the agent says at its socket."""
    step = [one for one in rig.why(alarm.id).steps if one.text.en.startswith("root cause:")]
    quiet = [one for one in rig.why(alarm.id).steps if one.text.en.startswith("not annunciated")]
    return {
        "cleared": alarm.is_cleared,
        "since": int(alarm.last_raised),
        "severity": alarm.severity,
        "root cause": [one.alarm for one in alarm.root_cause],
        "cause since": int(step[0].time) if step else None,
        "impacted": [one.resource for one in alarm.impacted],
        "operator": alarm.operator_state,
        "people": [
            (int(one.time), one.by.name if one.by else "", one.state, one.text) for one in alarm.notes
        ],
        "shelved": any(one.kind is api.Kind.SHELVED for one in alarm.suppressed),
        "quiet": [(one.kind.value, one.responsible, one.reason) for one in alarm.suppressed],
        "quiet since": int(quiet[0].time) if quiet else None,
    }


def test_the_topics_alone_tell_cause_impact_operator_shelf_and_since_when(tmp_path: Path) -> None:
    """A late subscriber knows of every alarm what the box itself knows; and what is suppressed without an alarm."""
    with HostRig(tmp_path) as rig:
        text = rig.site.read_text().replace(
            'address = "127.0.1.1"', 'address = "127.0.1.1"\ndepends_on = ["ups-2"]'
        )
        rig.site.write_text(text + WINDOW)
        rig.start()
        rig.contact("door", active=True)
        rig.serial(plugged=False)
        rig.snmp(running=False)
        rig.subscriber.wait_for_alarm(PBX, is_cleared=False, root_cause_alarm=[UPS])
        rig.subscriber.wait_for_alarm(DOOR, is_cleared=False)
        for command in (
            ("ack", UPS, "--note", "fetching the spare"),
            ("shelve", DOOR, "--for", "2h", "--reason", "painters"),
            ("shelve", "ups-2.battery-low", "--for", "1h", "--reason", "known weak"),
        ):
            assert rig.cli(*command).returncode == 0, command
        rig.subscriber.wait_for_alarm(DOOR, shelved=True)
        rig.subscriber.wait_for_alarm(UPS, operator_state="ack", impacted_resource=["pbx-1"])
        known = {alarm.id: as_the_box_has_it(rig, alarm) for alarm in rig.branch().alarms}
        assert {UPS, PBX, DOOR} <= set(known)
        with Subscriber(rig.mosquitto.port, SITE) as noc:
            wait_for(lambda: set(noc.alarms()) == set(known), what="the whole list")
            assert {id_: as_the_noc_reads_it(one) for id_, one in noc.alarms().items()} == known
            wait_for(lambda: "maintenance" in noc.retained, what="the maintenance status")
            told = noc.retained["maintenance"]
            assert [(one["id"], one["reason"]) for one in told["suppressions"]] == [
                (f"shelved:{DOOR}", "painters"),
                ("shelved:ups-2.battery-low", "known weak"),
            ]
            assert [(one["id"], one["open"], seconds(one["next"])) for one in told["windows"]] == [
                ("battery-test", False, int(FIRST.timestamp()))
            ]
            assert rig.cli("unshelve", DOOR).returncode == 0
            noc.wait_for_alarm(DOOR, shelved=False, suppressed=[])
            wait_for(lambda: len(noc.retained["maintenance"]["suppressions"]) == 1, what="one is over")
