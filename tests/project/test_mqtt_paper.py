"""The paper on MQTT names every field that leaves the box, and none that does not."""

import re
from pathlib import Path

import msgspec
import pytest

from agent import mqtt_contract as contract

PAPER = (Path(__file__).parents[2] / "docs" / "mqtt.md").read_text()

SECTIONS = {
    "`status`": contract.StatusMessage,
    "`alarm/<alarm>`": contract.AlarmMessage,
    "`device/<device>`": contract.DeviceMessage,
    "`limits`": contract.LimitsMessage,
    "`maintenance`": contract.MaintenanceMessage,
    "What suppresses": contract.SuppressionMessage,
    "Windows": contract.WindowMessage,
    "What people did": contract.OperatorChangeMessage,
    "`event`": contract.CloudEvent,
}


@pytest.mark.parametrize("title", SECTIONS)
def test_every_field_is_explained(title: str) -> None:
    """In the section of its topic, in the left column of the table."""
    section = PAPER.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("|")][2:]
    named = {word for row in rows for word in re.findall(r"`([^`]+)`", row)}
    assert named == {field.encode_name for field in msgspec.structs.fields(SECTIONS[title])}
