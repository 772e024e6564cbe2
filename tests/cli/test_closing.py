"""`linewarden close`: alarms that a reading ends, and those that only a person does."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from agent.cli import main
from agent.config.site import Role
from tests.web.panel_room import Room, serving

SEAL = "ups-1.overload"
"""Here an alarm that no reading ends."""


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """A branch on battery, with an overload that wants a person to close it."""
    room = Room(tmp_path).keep("ups-1", "overload").live(30)
    room.values["ups-1"] |= {"ups.status": "OB", "ups.load": 95}
    with serving(room.live(60)):
        yield room


def run(room: Room, *arguments: str) -> str:
    """What a command prints."""
    result = CliRunner().invoke(main, list(arguments), env={"LINEWARDEN_SOCKET": str(room.socket)})
    assert result.exit_code == 0, result.output
    return result.output


def fail(room: Room, *arguments: str, **environment: str) -> str:
    """What a command prints that is refused."""
    given = {"LINEWARDEN_SOCKET": str(room.socket), **environment}
    result = CliRunner().invoke(main, list(arguments), env=given)
    assert result.exit_code == 1, result.output
    return result.output


def test_an_alarm_is_closed_by_its_code(room: Room) -> None:
    """With a note; it stays on the list as closed until it is over."""
    code = next(one.code for one in room.branch().alarms if one.id == "ups-1.on-battery")
    said = run(room, "close", code, "--note", "known works")
    assert said == "ups-1.on-battery: closed; it leaves the list when it is over\n"
    assert room.orders[-1].note == "known works"
    assert re.search(r"^\d+ +major +closed .+ups-1\.on-battery$", run(room, "alarms"), re.MULTILINE)
    assert "closed already" in fail(room, "close", "ups-1.on-battery")
    assert "该告警已有人关闭。" in fail(room, "close", "ups-1.on-battery", LINEWARDEN_LANGUAGE="zh")
    room.values["ups-1"]["ups.status"] = "OL"
    room.live(60)
    assert "ups-1.on-battery" not in run(room, "alarms")


def test_what_is_over_leaves_the_list_when_it_is_closed(room: Room) -> None:
    """As by an acknowledgement; a technician may not."""
    room.values["ups-1"]["ups.status"] = "OL"
    room.live(60)
    room.entitle(Role.TECHNICIAN)
    assert "a technician may not close" in fail(room, "close", "ups-1.on-battery")
    room.entitle(Role.SUPERVISOR)
    assert run(room, "close", "ups-1.on-battery") == "ups-1.on-battery: closed; it is off the list\n"


def test_what_no_reading_ends_is_closed_by_a_person(room: Room) -> None:
    """Not while it is still so; then for good."""
    assert SEAL in run(room, "alarms")
    assert "it is still so; closing does not end it" in fail(room, "close", SEAL)
    assert "故障仍在" in fail(room, "close", SEAL, LINEWARDEN_LANGUAGE="zh")
    room.values["ups-1"]["ups.load"] = 40
    room.live(300)
    assert SEAL in run(room, "alarms")
    assert run(room, "close", SEAL) == f"{SEAL}: closed; it is off the list\n"
    assert SEAL not in run(room, "alarms")


def test_a_closing_that_the_disk_does_not_take_yet_says_so(room: Room) -> None:
    """It is done all the same."""
    room.durable = False
    assert "when it is over; the disk does not take it yet" in run(room, "close", "ups-1.on-battery")


def test_an_occurrence_that_is_gone_is_not_closed(room: Room) -> None:
    """Somebody may look at an old list."""
    assert "occurrence 7 is gone" in fail(room, "close", SEAL, "--occurrence", "7")


def test_what_is_not_on_the_list_cannot_be_closed(room: Room) -> None:
    """By no code and no id."""
    assert "no alarm 999 is on the list" in fail(room, "close", "999")
