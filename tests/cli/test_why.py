"""`linewarden why` of a bad day in both languages: each alarm names reading, limit, delay, cause chain and first action."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from agent.cli import main
from tests.web.panel_room import Room, serving

TEN = (
    "ups-1.battery-low",
    "ups-1.overload",
    "ups-1.runtime-short",
    "ups-1.temperature-high",
    "ups-2.lost-on-battery",
    "ups-2.unreachable",
    "room.door-open",
    "broker.broker-lost",
    "trunk-1.los.span-1",
    "pbx-1.unreachable",
)
"""Of several devices, kinds of limits and kinds of causes; one is shelved, one has a limit that was changed on site."""
FIRST = {"en": "first action: ", "zh": "先做: "}
WORDS = {
    "en": {"delay": "on-delay of", "limit": "raised ", "cause": "root cause: "},
    "zh": {"delay": "告警延时", "limit": "告警", "cause": "根源："},
}


def bad_day(room: Room) -> None:
    """What happens."""
    room.values["ups-1"].update({"ups.load": 97, "battery.temperature": 52})
    room.values["room"]["cabinet-door"] = True
    room.live(60)
    room.values["ups-2"]["ups.status"] = "OB"
    room.live(2)
    room.silent["ups-2"] = "timeout"
    room.values["broker"]["broker.connected"] = False
    room.values["trunk-1"]["span.1.fault"] = "LOS"
    room.live(60)
    room.values["ups-1"].update({"ups.status": "OB", "battery.status": "low", "battery.runtime": 200})
    room.live(20)
    room.silent["pbx-1"] = "timeout"
    room.live(60)


@pytest.fixture
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Room]:
    """A branch on that day; its language is the parameter."""
    room = Room(tmp_path, request.param).live(30)
    with serving(room):
        changed = run(
            room,
            "limits",
            "set",
            "ups-1.overload",
            "raise_above=80",
            "clear_below=75",
            "--reason",
            "old cells",
        )
        assert changed
        bad_day(room)
        run(room, "ack", "trunk-1.los.span-1", "--note", "carrier is told")
        run(room, "shelve", "room.door-open", "--for", "2h", "--reason", "painters")
        yield room


def run(room: Room, *arguments: str) -> str:
    """What a command prints."""
    given = {"LINEWARDEN_SOCKET": str(room.socket)}
    result = CliRunner().invoke(main, list(arguments), env=given)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("room", ["en", "zh"], indirect=True)
def test_why_names_reading_limit_delay_chain_and_first_action(room: Room) -> None:
    """Of each alarm; kept for a reader where `LINEWARDEN_WHY` names a folder."""
    language = room.branch().status.language
    told = {alarm: run(room, "why", alarm) for alarm in TEN}
    if folder := os.environ.get("LINEWARDEN_WHY"):
        Path(folder, f"why-{language}.txt").write_text("\n".join(told.values()), encoding="utf-8")
    words = WORDS[language]
    for alarm, text in told.items():
        lines = text.splitlines()
        assert lines[0].startswith(f"{alarm}: "), text
        assert words["delay"] in text, text
        assert FIRST[language] in text, text
        assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", lines[1]), text
        if not alarm.endswith((".unreachable", ".lost-on-battery")):
            assert words["limit"] in lines[1], text
    for alarm, cause in (("pbx-1.unreachable", "ups-1"), ("ups-2.unreachable", "ups-2")):
        [view] = [one for one in room.branch().alarms if one.id == alarm]
        assert [one.resource for one in view.root_cause] == [cause]
        assert words["cause"] in told[alarm]
        assert view.root_cause[0].text.in_language(language) in told[alarm]
    assert "old cells" in told["ups-1.overload"]
    assert "painters" in told["room.door-open"]
    assert "carrier is told" in told["trunk-1.los.span-1"]
